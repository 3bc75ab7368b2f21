/**
 * Routes: what matches, and what is done then (Caddy's `routes.go`, and of `httpcaddyfile` how directives are put in order).
 *
 * Rules of this file: a handler that answers does not call what is next; who calls it to the end gets an empty answer with 200.
 */

import type { Passed } from '../../model.js';
import type { MatcherSet } from './matchers.js';
import type { State } from './state.js';

export type Next = () => Passed;

export type Handler = (state: State, next: Next) => Passed;

export interface Route {
  /** None: it matches always. */
  readonly matcher?: MatcherSet | undefined;
  /** Of the routes of a group only the first that matches is gone. */
  readonly group?: object | undefined;
  readonly handlers: readonly Handler[];
}

/** What a directive stands for: a route, or several that stay together. */
export interface DirectiveRoutes {
  readonly directive: string;
  readonly routes: readonly Route[];
  readonly staysTogether: boolean;
}

/** The answer where nobody answers. */
export const emptyAnswer: Passed = { kind: 'refused', status: 200 };

/** A handler that changes a request, and lets it pass. */
export function changing(change: (state: State) => void): Handler {
  return (state, next) => {
    change(state);
    return next();
  };
}

export function subroute(routes: readonly Route[]): Handler {
  return (state, next) => runRoutes(routes, 0, state, next);
}

function runRoutes(routes: readonly Route[], index: number, state: State, next: Next): Passed {
  const route = routes[index];
  if (route === undefined) return next();
  const others: Next = () => runRoutes(routes, index + 1, state, next);
  if (route.matcher !== undefined && !route.matcher.test(state)) return others();
  if (route.group !== undefined) {
    if (state.groups.has(route.group)) return others();
    state.groups.add(route.group);
  }
  return runHandlers(route.handlers, 0, state, others);
}

function runHandlers(handlers: readonly Handler[], index: number, state: State, next: Next): Passed {
  const handler = handlers[index];
  if (handler === undefined) return next();
  return handler(state, () => runHandlers(handlers, index + 1, state, next));
}

/** The order in which directives are gone, however they stand in the Caddyfile. */
export const directiveOrder = [
  ...[
    'tracing',
    'map',
    'vars',
    'root',
    'skip_log',
    'header',
    'copy_response_headers',
    'request_body',
    'redir',
  ],
  ...[
    'method',
    'rewrite',
    'uri',
    'try_files',
    'basicauth',
    'forward_auth',
    'request_header',
    'encode',
    'push',
  ],
  ...['templates', 'handle', 'handle_path', 'route', 'abort', 'error', 'copy_response', 'respond', 'metrics'],
  ...['reverse_proxy', 'php_fastcgi', 'file_server', 'acme_server'],
];

/** Sorts, groups and joins the routes of a block; those of `route` stay as they are. */
export function buildSubroute(given: readonly DirectiveRoutes[]): readonly Route[] {
  const sorted = sortRoutes(given);
  const groups = new Map<string, object>();
  for (const directive of ['rewrite', 'handle', 'root']) {
    const { length } = sorted.filter((each) => nameOf(each) === directive);
    if (length > 1 || directive === 'rewrite') groups.set(directive, {});
  }
  const routes = sorted.flatMap((each) => {
    const group = groups.get(nameOf(each));
    return group === undefined ? each.routes : each.routes.map((route) => ({ ...route, group }));
  });
  return consolidate(routes);
}

/** `handle_path` is a `handle` that strips. */
function nameOf({ directive }: DirectiveRoutes): string {
  return directive === 'handle_path' ? 'handle' : directive;
}

/** By insertion, as Go sorts what is short: the comparison is no order in the strict sense, and another way would end otherwise. */
function sortRoutes(given: readonly DirectiveRoutes[]): readonly DirectiveRoutes[] {
  const sorted = [...given];
  for (let index = 1; index < sorted.length; index++) {
    for (
      let at = index;
      at > 0 && isBefore(sorted[at] as DirectiveRoutes, sorted[at - 1] as DirectiveRoutes);
      at--
    ) {
      [sorted[at - 1], sorted[at]] = [sorted[at] as DirectiveRoutes, sorted[at - 1] as DirectiveRoutes];
    }
  }
  return sorted;
}

function isBefore(one: DirectiveRoutes, other: DirectiveRoutes): boolean {
  const [name, otherName] = [nameOf(one), nameOf(other)];
  if (name !== otherName) return directiveOrder.indexOf(name) < directiveOrder.indexOf(otherName);
  if (one.staysTogether || other.staysTogether) return false;
  const [matcher, otherMatcher] = [one.routes[0]?.matcher, other.routes[0]?.matcher];
  const [length, otherLength] = [matcher?.pathLength ?? 0, otherMatcher?.pathLength ?? 0];
  // Variables are set again by what is more specific.
  if (name === 'vars') {
    if (length > 0 && otherLength > 0) return length < otherLength;
    return matcher === undefined && otherMatcher !== undefined;
  }
  if (length > 0 && otherLength > 0) return length > otherLength;
  return matcher !== undefined && otherMatcher === undefined;
}

/** Neighbours that match the same are one route: it is asked once whether it matches. */
function consolidate(routes: readonly Route[]): readonly Route[] {
  const joined: Route[] = [];
  for (const route of routes) {
    const last = joined.at(-1);
    if (last !== undefined && last.matcher?.key === route.matcher?.key && last.group === route.group) {
      joined[joined.length - 1] = { ...last, handlers: [...last.handlers, ...route.handlers] };
    } else joined.push(route);
  }
  return joined;
}
