/**
 * Directives as routes (Caddy's `builtins.go`, and the `caddyfile.go` of its modules).
 *
 * Rules of this file: directives that change nothing that an application sees are known and do nothing.
 */

import { type Place, unknownDirective } from '../reading.js';
import { fileServer } from './file-server.js';
import { fileTest, StatusError } from './files.js';
import { HeaderOps } from './header-ops.js';
import { defineMatcher, type MatcherSet, type Matchers, pathSet } from './matchers.js';
import { phpRoutes } from './php.js';
import { replaceAll, replaceKnown } from './placeholders.js';
import { passOn, readProxy } from './proxy.js';
import {
  type Change,
  replaceExpression,
  replaceText,
  rewriteTo,
  stripPrefix,
  stripSuffix,
} from './rewrite.js';
import {
  buildSubroute,
  changing,
  type DirectiveRoutes,
  type Handler,
  type Route,
  subroute,
} from './routes.js';
import type { Segment } from './segments.js';

const ignored = [
  ...[
    'bind',
    'tls',
    'log',
    'skip_log',
    'encode',
    'push',
    'templates',
    'tracing',
    'request_body',
    'handle_errors',
  ],
];

/** The routes of a block, each directive with the matchers that are known there. */
export function readBlock(segments: readonly Segment[], outer: Matchers): readonly DirectiveRoutes[] {
  const matchers = new Map(outer);
  for (const segment of segments) {
    const [name = ''] = segment.words;
    if (name.startsWith('@')) matchers.set(name, defineMatcher(segment));
  }
  return segments
    .filter(({ words }) => !words[0]?.startsWith('@'))
    .flatMap((each) => readDirective(each, matchers));
}

function readDirective(segment: Segment, matchers: Matchers): readonly DirectiveRoutes[] {
  const { words, block = [], place } = segment;
  const [directive = '', ...all] = words;
  if (ignored.includes(directive)) return [];
  const one = (route: Route): readonly DirectiveRoutes[] => [
    { directive, routes: [route], staysTogether: false },
  ];
  if (directive === 'handle_path') {
    const [path = ''] = all;
    if (!path.startsWith('/')) return unknownDirective(place, `handle_path ${path}`);
    const strip: Route = { handlers: [changing(stripPrefix(path.replace(/\/?\*$/, '')))] };
    return one({
      matcher: pathSet(path),
      handlers: [subroute([strip, ...buildSubroute(readBlock(block, matchers))])],
    });
  }
  const { matcher, parameters } = withoutMatcher(all, matchers, place);
  if (directive === 'php_fastcgi') {
    const routes = phpRoutes(parameters, block);
    if (matcher !== undefined) return one({ matcher, handlers: [subroute(routes)] });
    return [{ directive, routes, staysTogether: true }];
  }
  if (directive === 'try_files') return tryFiles(all);
  return one({ matcher, handlers: [handlerOf(directive, parameters, block, matchers, place)] });
}

/** A matcher is the first parameter: `*`, a path, or a name. */
function withoutMatcher(
  all: readonly string[],
  matchers: Matchers,
  place: Place,
): { readonly matcher: MatcherSet | undefined; readonly parameters: readonly string[] } {
  const [first = '', ...rest] = all;
  if (first === '*') return { matcher: undefined, parameters: rest };
  if (first.startsWith('/')) return { matcher: pathSet(first), parameters: rest };
  if (!first.startsWith('@')) return { matcher: undefined, parameters: all };
  return { matcher: matchers.get(first) ?? unknownDirective(place, first), parameters: rest };
}

function handlerOf(
  directive: string,
  parameters: readonly string[],
  block: readonly Segment[],
  matchers: Matchers,
  place: Place,
): Handler {
  const [first = '', second = ''] = parameters;
  switch (directive) {
    case 'handle':
      return subroute(buildSubroute(readBlock(block, matchers)));
    case 'route':
      return subroute(readBlock(block, matchers).flatMap(({ routes }) => routes));
    case 'reverse_proxy': {
      const proxy = readProxy(parameters, block);
      return (state) => passOn(proxy, state);
    }
    case 'root':
      if (first === '') return unknownDirective(place, 'root without a matcher');
      return changing((state) => state.variables.set('root', replaceAll(first, state)));
    case 'vars':
      return variables(parameters, block);
    case 'rewrite':
      if (first === '') return unknownDirective(place, 'rewrite without a matcher');
      return changing(rewriteTo(first));
    case 'method':
      return changing((state) => {
        state.method = replaceAll(first, state).toUpperCase();
      });
    case 'uri':
      return changing(uriChange(parameters, place));
    case 'redir':
      return redirect(first, second, place);
    case 'respond':
      return respond(parameters, block);
    case 'error': {
      const status = [second, first].find((each) => /^\d{3}$/.test(each));
      return () => ({ kind: 'refused', status: Number(status ?? 500) });
    }
    case 'request_header': {
      const ops = new HeaderOps();
      ops.read(first, second, parameters[2]);
      return changing((state) => ops.applyToRequest(state));
    }
    case 'header':
      return responseHeader(parameters, block);
    case 'file_server':
      return fileServer(block);
    case 'metrics':
      return () => ({ kind: 'refused', status: 200 });
    default:
      return unknownDirective(place, directive);
  }
}

function variables(parameters: readonly string[], block: readonly Segment[]): Handler {
  const pairs = [parameters, ...block.map(({ words }) => words)].filter(({ length }) => length === 2);
  return changing((state) => {
    for (const [name = '', value = ''] of pairs)
      state.variables.set(replaceAll(name, state), replaceAll(value, state));
  });
}

function uriChange([kind = '', target = '', by = '', limit = '0']: readonly string[], place: Place): Change {
  switch (kind) {
    case 'strip_prefix':
      return stripPrefix(target.startsWith('/') ? target : `/${target}`);
    case 'strip_suffix':
      return stripSuffix(target);
    case 'replace':
      return replaceText(target, by, Number(limit));
    case 'path_regexp':
      return replaceExpression(target, by);
    default:
      return unknownDirective(place, `uri ${kind}`);
  }
}

const named: Readonly<Record<string, number>> = { '': 302, temporary: 302, permanent: 301, html: 200 };

function redirect(to: string, code: string, place: Place): Handler {
  const status = Object.hasOwn(named, code) ? named[code] : Number(code);
  if (status === undefined || !Number.isInteger(status))
    return unknownDirective(place, `redir ${to} ${code}`);
  return (state) => {
    return { kind: 'refused', status, ...(status !== 200 && { location: replaceKnown(to, state) }) };
  };
}

/** `respond [<status>|<body> [<status>]]`. */
function respond(parameters: readonly string[], block: readonly Segment[]): Handler {
  const isStatus = (text: string): boolean => /^\d{3}$/.test(text);
  const status = parameters.length > 1 ? parameters[1] : parameters.find(isStatus);
  const closes = block.some(({ words }) => words[0] === 'close');
  return () => ({ kind: 'refused', status: Number(status ?? 200), ...(closes && {}) });
}

/** What deletes or has defaults is done when the answer is there; the rest before. */
function responseHeader(parameters: readonly string[], block: readonly Segment[]): Handler {
  const lines = parameters.length > 0 ? [parameters] : block.map(({ words }) => words);
  const ops = new HeaderOps();
  let isDeferred = false;
  for (const [field = '', value, replacement] of lines) {
    if (field === 'defer') isDeferred = true;
    else ops.read(field, value, replacement);
  }
  return changing((state) => {
    state.responseOps.push({ ops, isDeferred: isDeferred || ops.deletes || ops.hasDefaults });
  });
}

/** One route for those without a query, and one for each with one; they are one group. */
function tryFiles(tries: readonly string[]): readonly DirectiveRoutes[] {
  const runs: { readonly files: string[]; readonly query: string }[] = [];
  let isRun = false;
  for (const each of tries) {
    const mark = each.indexOf('?');
    if (mark >= 0) runs.push({ files: [each.slice(0, mark)], query: each.slice(mark) });
    else if (isRun) runs.at(-1)?.files.push(each);
    else runs.push({ files: [each], query: '' });
    isRun = mark < 0;
  }
  const group = runs.length > 1 ? {} : undefined;
  return runs.map(({ files, query }) => {
    const test = fileTest({ tries: files });
    const matcher: MatcherSet = { key: JSON.stringify(['try_files', files]), test, pathLength: 0 };
    const handlers = [changing(rewriteTo(`{http.matchers.file.relative}${query}`))];
    return { directive: 'try_files', routes: [{ matcher, group, handlers }], staysTogether: false };
  });
}

/** A status instead of a file ends the way of a request. */
export function guarded(handler: Handler): Handler {
  return (state, next) => {
    try {
      return handler(state, next);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { kind: 'refused', status: error.status };
    }
  };
}
