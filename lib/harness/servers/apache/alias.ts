/**
 * mod_alias: Alias, AliasMatch, ScriptAlias, ScriptAliasMatch, Redirect.
 *
 * Source: `modules/mappers/mod_alias.c` of Apache 2.4.
 *
 * Rules of this file: redirects are tried before aliases, those of a virtual host before those of the main server, each in the
 * order of the file; in a Location the section's own alias is tried first.
 */

import type { Passed } from '../../model.js';
import type { Configuration } from './configuration.js';
import { type ApacheModule, type ApacheRequest, everyOf, lastOf, once } from './module.js';
import { escapeUri } from './normal.js';
import { expressionOf, substitute } from './pattern.js';
import { type Directive, misconfigured } from './read.js';
import { originOf } from './variables.js';

const aliases = ['alias', 'aliasmatch', 'scriptalias', 'scriptaliasmatch'];
const redirects = ['redirect', 'redirectmatch', 'redirectpermanent', 'redirecttemp'];

/** What a line says. */
interface Alias {
  /** `undefined` in a Location, whose own path it is. */
  readonly from: string | undefined;
  readonly expression: RegExp | undefined;
  readonly to: string;
  readonly isScript: boolean;
  /** Redirect: the status. */
  readonly status: number;
}

const aliasOf = once((directive: Directive): Alias => {
  const { name, args } = directive;
  if (args.length < 1 || args.length > 2) throw misconfigured('name what an alias is for', directive);
  const [first = '', second] = args;
  const isMatch = name.endsWith('match');
  const from = second === undefined ? undefined : first;
  if (isMatch && from === undefined) throw misconfigured('name what an alias is for', directive);
  return {
    ...{ from, to: second ?? first, isScript: name.startsWith('script'), status: 0 },
    expression: isMatch && from !== undefined ? expressionOf(from, directive) : undefined,
  };
});

const statuses: Readonly<Record<string, number>> = { permanent: 301, temp: 302, seeother: 303, gone: 410 };

const redirectOf = once((directive: Directive): Alias => {
  const { name, args } = directive;
  const byName = { redirectpermanent: 301, redirecttemp: 302 }[name];
  const [first = ''] = args;
  const written = byName === undefined ? (statuses[first.toLowerCase()] ?? Number(first)) : Number.NaN;
  const rest = Number.isNaN(written) ? args : args.slice(1);
  const status = byName ?? (Number.isNaN(written) ? 302 : written);
  const hasTarget = status >= 300 && status < 400;
  const [from, to = ''] = rest.length === 1 && hasTarget ? [undefined, rest[0]] : rest;
  if (rest.length > 2 || (hasTarget && to === ''))
    throw misconfigured('say where a redirect goes', directive);
  const isMatch = name === 'redirectmatch' && from !== undefined;
  return {
    ...{ from, to, isScript: false, status },
    expression: isMatch ? expressionOf(from, directive) : undefined,
  };
});

export const alias: ApacheModule = {
  name: 'alias_module',
  directives: [...aliases, ...redirects, 'AliasPreservePath', 'RedirectRelative'],
  hooks: (configuration) => {
    configuration.every(...aliases).forEach(aliasOf);
    configuration.every(...redirects).forEach(redirectOf);
    return {
      translateName: (request) => redirected(request) ?? translate(request, configuration),
      fixups: (request) => {
        const found = everyOf(request, ...redirects).filter(
          (each) => !request.server.directives.includes(each),
        );
        return firstRedirect(request, found);
      },
    };
  },
};

/** Lines of the virtual host, then those that it inherits. */
function linesOf({ server }: ApacheRequest, names: readonly string[]): readonly Directive[] {
  return [...server.own, ...server.inherited].filter(({ name }) => names.includes(name));
}

function redirected(request: ApacheRequest): Passed | undefined {
  return request.uri.startsWith('/') ? firstRedirect(request, linesOf(request, redirects)) : undefined;
}

function firstRedirect(request: ApacheRequest, lines: readonly Directive[]): Passed | undefined {
  for (const line of lines) {
    const made = redirectOf(line);
    const to = made.from === undefined ? made.to : substituted(made, request.uri, true);
    if (to === undefined) continue;
    if (made.status < 300 || made.status > 399) return { kind: 'refused', status: made.status };
    const url = to.startsWith('/') ? `${originOf(request)}${to}` : to;
    const query = request.args === undefined || url.includes('?') ? '' : `?${request.args}`;
    return { kind: 'refused', status: made.status, location: url + query };
  }
  return undefined;
}

function translate(request: ApacheRequest, configuration: Configuration): 'done' | number | undefined {
  if (!request.uri.startsWith('/') && request.uri !== '') return undefined;
  const own = lastOf(request, 'Alias') ?? lastOf(request, 'ScriptAlias');
  const inSection = own !== undefined && !request.server.directives.includes(own) ? [own] : [];
  for (const line of [...inSection, ...linesOf(request, aliases)]) {
    const made = aliasOf(line);
    const to = made.from === undefined ? made.to : substituted(made, request.uri, false);
    if (to === undefined) continue;
    if (made.isScript) {
      request.handler = 'cgi-script';
      request.forcedHandler = 'cgi-script';
    }
    const isPlain = made.expression === undefined && made.from !== undefined;
    if (isPlain) request.context = { prefix: made.from as string, documentRoot: made.to };
    request.filename = to.startsWith('/') ? to : `${rootOf(configuration)}/${to}`;
    return 'done';
  }
  return undefined;
}

function rootOf({ servers }: Configuration): string {
  return servers[0]?.directives.find(({ name }) => name === 'serverroot')?.args[0] ?? '/etc/apache2';
}

/** What a path becomes by a line; `undefined` where it is not meant. */
function substituted(
  { expression, from = '', to }: Alias,
  uri: string,
  isRedirect: boolean,
): string | undefined {
  if (expression === undefined) {
    const length = aliasLength(uri, from);
    if (length === 0) return undefined;
    const rest = uri.slice(length);
    return to + (isRedirect ? escapeUri(rest) : rest);
  }
  const found = expression.exec(uri);
  if (found === null) return undefined;
  const made = substitute(to, found);
  if (!isRedirect) return made;
  // Neither a query nor a fragment is escaped.
  const end = made.search(/[?#]/);
  return end === -1 ? escapeUri(made) : escapeUri(made.slice(0, end)) + made.slice(end);
}

/** `alias_matches()`: how much of a path an alias takes; runs of slashes are one, and it ends where a segment does. */
export function aliasLength(uri: string, prefix: string): number {
  let at = 0;
  let of = 0;
  while (of < prefix.length) {
    if (prefix[of] === '/') {
      if (uri[at] !== '/') return 0;
      while (prefix[of] === '/') of++;
      while (uri[at] === '/') at++;
    } else if (at >= uri.length || uri[at++] !== prefix[of++]) {
      return 0;
    }
  }
  if (prefix[of - 1] !== '/' && at < uri.length && uri[at] !== '/') return 0;
  return at;
}
