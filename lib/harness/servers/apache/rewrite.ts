/**
 * mod_rewrite: RewriteRule and RewriteCond, of servers, directories and .htaccess files.
 *
 * Source: `hook_uri2file()`, `hook_fixup()`, `apply_rewrite_list()` and `apply_rewrite_rule()` of
 * `modules/mappers/mod_rewrite.c`, Apache 2.4.
 *
 * Rules of this file: maps are not modelled; a virtual host inherits no rules, unless RewriteOptions says so.
 */

import type { Passed } from '../../model.js';
import type { Configuration } from './configuration.js';
import { type ApacheModule, type ApacheRequest, everyOf, type HookResult } from './module.js';
import { escapeUri } from './normal.js';
import { type Directive, sectionOf } from './read.js';
import {
  conditionOf,
  type GuardedRule,
  guardedRules,
  type RewriteCondition,
  ruleOf,
} from './rewrite-rule.js';
import { expand, type Found } from './rewrite-text.js';
import { originOf } from './variables.js';

const names = ['RewriteEngine', 'RewriteRule', 'RewriteCond', 'RewriteBase', 'RewriteOptions'];
const handlerName = 'redirect-handler';

/** How often rules may begin anew. */
const mostRounds = 10_000;

export const rewrite: ApacheModule = {
  name: 'rewrite_module',
  directives: names,
  hooks: (configuration) => {
    configuration.every('RewriteRule').forEach(ruleOf);
    configuration.every('RewriteCond').forEach(conditionOf);
    return {
      translateName: (request) => ofServer(request, configuration),
      fixups: (request) => ofDirectory(request, configuration),
      handler: (request) => {
        if (request.handler !== handlerName || !request.filename?.startsWith('redirect:')) return undefined;
        const query = request.args === undefined ? '' : `?${request.args}`;
        return request.redirect(request.filename.slice(9) + query);
      },
    };
  },
};

function isEnabled(directives: readonly Directive[]): boolean {
  const line = directives.findLast(({ name }) => name === 'rewriteengine');
  return line?.args[0]?.toLowerCase() === 'on';
}

function inherits(directives: readonly Directive[]): boolean {
  return hasOption(directives, 'Inherit') || hasOption(directives, 'InheritBefore');
}

function hasOption(directives: readonly Directive[], option: string): boolean {
  return directives.some(
    ({ name, args }) =>
      name === 'rewriteoptions' && args.some((word) => word.toLowerCase() === option.toLowerCase()),
  );
}

function ofServer(request: ApacheRequest, configuration: Configuration): HookResult {
  const { server } = request;
  const lines = inherits(server.own) ? [...server.own, ...server.inherited] : server.own;
  if (!isEnabled(lines) || !request.uri.startsWith('/')) return undefined;
  request.env.set('SCRIPT_URL', request.uri);
  request.env.set('SCRIPT_URI', `${originOf(request)}${request.uri}`);
  request.filename = request.uri;
  const result = applyRules(request, guardedRules(lines), undefined, configuration);
  if (result.action === 'none') {
    request.filename = undefined;
    return undefined;
  }
  const ended = endOf(request, result);
  if (ended !== undefined) return ended;
  const path = request.filename;
  if (result.isPassedThrough) {
    request.uri = path;
    request.filename = undefined;
    return undefined;
  }
  if (!path.startsWith('/')) return 400;
  if (!isPlace(path, configuration)) request.filename = server.documentRoot + path;
  return 'done';
}

/** `prefix_stat()`: whether the first component of a path is there on the disk. */
function isPlace(path: string, { exists, isAbove }: Configuration): boolean {
  const second = path.indexOf('/', 1);
  if (second === -1) return false;
  const first = path.slice(0, second);
  return exists(first) !== undefined || isAbove(first);
}

interface Result {
  action: 'none' | 'changed' | 'escaped';
  status: number | undefined;
  isPassedThrough: boolean;
  isProxied: boolean;
  /** The redirect's status, where there is one. */
  redirect: number | undefined;
}

/** What ends a request in a server's rules and in a directory's alike. */
function endOf(request: ApacheRequest, result: Result): Passed | 'done' | undefined {
  const { status, redirect, action } = result;
  if (status !== undefined) return { kind: 'refused', status };
  const path = request.filename as string;
  const query = request.args === undefined ? '' : `?${request.args}`;
  if (result.isProxied) {
    // mod_proxy adds the query itself, unless it is to leave the URL as it is.
    if (action === 'escaped') request.notes.set('proxy-nocanon', '1');
    request.filename = `proxy:${path}${action === 'escaped' ? query : ''}`;
    request.isProxy = true;
    request.handler = 'proxy-server';
    return 'done';
  }
  if (!isAbsolute(path)) return undefined;
  const location = action === 'escaped' ? path : escapeAbsolute(path);
  const escapedQuery = action === 'escaped' ? query : query.replace(/[^!-~]/g, escapeUri);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what no field may hold
  if (/[\x00-\x1f\x7f]/.test(location)) return { kind: 'refused', status: 500 };
  return { kind: 'refused', status: redirect ?? 302, location: location + escapedQuery };
}

function escapeAbsolute(url: string): string {
  const [, head = '', path = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)(.*)$/is.exec(url) ?? [];
  return head + escapeUri(path);
}

function isAbsolute(path: string): boolean {
  return /^(?:ajp|balancer|fcgi|ftp|gopher|https?|h2c?|ldaps?|mailto|news|nntp|scgi|wss?|unix):/i.test(path);
}

/** Rules of the last section that has any; `directory` ends with a slash. */
function ofDirectory(request: ApacheRequest, configuration: Configuration): HookResult {
  if (request.isProxy || request.notes.has('rewrite-end')) return undefined;
  const lines = everyOf(request, ...names).filter((line) => !request.server.directives.includes(line));
  const section = lines.length === 0 ? undefined : sectionOf(lines.at(-1) as Directive);
  if (section === undefined || !isEnabled(lines)) return undefined;
  const own = inherits(lines) ? lines : lines.filter((line) => sectionOf(line) === section);
  const directory = `${(section.args[0] ?? '').replace(/\/+$/, '')}/`;
  const before = request.filename ?? request.uri;
  // Before the slash is there, the request is not in the directory; mod_dir sends it there.
  if (`${before}/` === directory && !hasOption(lines, 'AllowNoSlash')) return undefined;
  const path = { filename: before, pathInfo: request.pathInfo };
  request.filename = before;
  const result = applyRules(request, guardedRules(own), directory, configuration);
  if (result.action === 'none') {
    Object.assign(request, path);
    return undefined;
  }
  const base = own.findLast(({ name }) => name === 'rewritebase')?.args[0];
  if (isAbsolute(request.filename) && base !== undefined) {
    const [, origin = '', rest = ''] = /^([a-z]+:\/\/[^/]*)(.*)$/is.exec(request.filename) ?? [];
    request.filename = origin + withBase(rest, directory, base);
  }
  const ended = endOf(request, result);
  if (ended !== undefined) return ended === 'done' ? undefined : ended;
  if (!request.filename.startsWith('/')) return 400;
  // The same file again would go round for ever.
  if (request.filename === before) return undefined;
  request.filename = `redirect:${urlOf(request, directory, base)}`;
  request.handler = handlerName;
  return undefined;
}

function urlOf(request: ApacheRequest, directory: string, base: string | undefined): string {
  const path = request.filename as string;
  if (base !== undefined) return withBase(path, directory, base);
  const { server, context } = request;
  if (path.startsWith(`${server.documentRoot}/`)) return path.slice(server.documentRoot.length);
  return context === undefined ? path : withBase(path, context.documentRoot, context.prefix);
}

/** `subst_prefix_path()`. */
function withBase(path: string, directory: string, base: string): string {
  const from = `${directory.replace(/\/+$/, '')}/`;
  if (!path.startsWith(from)) return path;
  return `${base.replace(/\/+$/, '')}/${path.slice(from.length)}`;
}

function applyRules(
  request: ApacheRequest,
  rules: readonly GuardedRule[],
  directory: string | undefined,
  configuration: Configuration,
): Result {
  const result: Result = {
    ...{ action: 'none', status: undefined, isPassedThrough: false, isProxied: false, redirect: undefined },
  };
  let rounds = 0;
  for (let at = 0; at < rules.length; at++) {
    const rule = rules[at] as GuardedRule;
    const { flags } = rule;
    if (request.isSubrequest && (flags.has('NS') || flags.has('R'))) continue;
    const found = matches(rule, request, directory, configuration);
    if (found === undefined) {
      while ((rules[at] as GuardedRule | undefined)?.flags.has('C')) at++;
      continue;
    }
    const isChanged = applyRule(rule, found, request, directory, result);
    if (result.status !== undefined) return { ...result, action: 'changed' };
    if (isChanged) result.action = flags.has('NE') ? 'escaped' : 'changed';
    if (flags.has('PT') && isChanged) {
      result.isPassedThrough = true;
      break;
    }
    if (flags.has('END')) request.notes.set('rewrite-end', '1');
    if (flags.has('END') || flags.has('L') || flags.has('P')) break;
    if (flags.has('N') && rounds++ < mostRounds) at = -1;
    else at += Number(flags.get('S') ?? 0);
  }
  return result;
}

/** What a rule and its conditions find; `undefined` where it does not apply. */
function matches(
  { expression, isNot, conditions }: GuardedRule,
  request: ApacheRequest,
  directory: string | undefined,
  configuration: Configuration,
): Found | undefined {
  const full = directory === undefined ? request.filename : request.filename + request.pathInfo;
  const path = directory !== undefined && full?.startsWith(directory) ? full.slice(directory.length) : full;
  const match = expression.exec(path ?? '');
  if ((match === null) !== isNot) return undefined;
  const found: Found = { rule: match ?? [], condition: [] };
  for (let at = 0; at < conditions.length; at++) {
    const condition = conditions[at] as RewriteCondition;
    if (holds(condition, found, request, configuration)) {
      while (conditions[at]?.isOr) at++;
    } else if (!condition.isOr) return undefined;
    else if (at === conditions.length - 1) return undefined;
  }
  return found;
}

function holds(
  { subject, isNot, test, ignoresCase }: RewriteCondition,
  found: Found,
  request: ApacheRequest,
  { exists }: Configuration,
): boolean {
  const text = expand(subject, found, request);
  if (test instanceof RegExp) {
    const match = test.exec(text);
    if (match !== null && !isNot) found.condition = match;
    return (match !== null) !== isNot;
  }
  const { operator } = test;
  const operand = expand(test.operand, found, request);
  return compared(operator, text, operand, ignoresCase, exists) !== isNot;
}

function compared(
  operator: string,
  text: string,
  operand: string,
  ignoresCase: boolean,
  exists: Configuration['exists'],
): boolean {
  const [left, right] = ignoresCase ? [text.toLowerCase(), operand.toLowerCase()] : [text, operand];
  const [number, other] = [Number.parseInt(text, 10) || 0, Number.parseInt(operand, 10) || 0];
  switch (operator) {
    case '-f':
    case '-s':
    case '-F':
    case '-x':
      return exists(text.replace(/(.)\/+$/, '$1')) === 'file' && !text.endsWith('/');
    case '-d':
      return exists(text.replace(/(.)\/+$/, '$1')) === 'folder';
    case '-U':
      return true;
    case '=':
      return left === (right === '""' ? '' : right);
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '-eq':
      return number === other;
    case '-ne':
      return number !== other;
    case '-lt':
      return number < other;
    case '-le':
      return number <= other;
    case '-gt':
      return number > other;
    case '-ge':
      return number >= other;
    default:
      return false;
  }
}

/** Applies a rule; gives whether it changed the path. */
function applyRule(
  rule: GuardedRule,
  found: Found,
  request: ApacheRequest,
  directory: string | undefined,
  result: Result,
): boolean {
  const { flags, substitution } = rule;
  const escaping = { characters: flags.get('B'), spaceIsPlus: !flags.has('BNP') };
  const made = substitution === '-' ? undefined : expand(substitution, found, request, escaping);
  for (const each of rule.variables) setVariable(each, found, request);
  const handler = flags.get('H');
  if (handler !== undefined && handler !== '') request.handler = expand(handler, found, request);
  const forced = flags.has('F') ? 403 : flags.has('G') ? 410 : undefined;
  const written = flags.get('R');
  const redirect = written === undefined ? undefined : statusOf(written);
  if (forced !== undefined || (redirect !== undefined && (redirect < 300 || redirect > 399))) {
    result.status = forced ?? redirect;
    return true;
  }
  if (made === undefined) return false;
  if (!flags.has('UA3F') && isUnsafe(request, made, substitution)) {
    result.status = 403;
    return true;
  }
  splitQuery(request, made, flags);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (made.includes('?') && /[\x00-\x20\x7f]/.test(request.args ?? '')) {
    result.status = 403;
    return true;
  }
  if (directory !== undefined) {
    if (flags.has('DPI')) request.pathInfo = '';
    const path = request.filename as string;
    if (!path.startsWith('/') && !isAbsolute(path)) request.filename = directory + path;
  }
  const path = request.filename as string;
  if (flags.has('P')) {
    const escaped = directory !== undefined && !flags.has('NE') ? escapeProxied(path) : path;
    request.filename = isAbsolute(escaped) ? escaped : qualified(escaped, request);
    result.isProxied = true;
    return true;
  }
  if (redirect !== undefined) {
    result.redirect = redirect;
    if (!isAbsolute(path)) request.filename = qualified(path, request);
    return true;
  }
  // What leads to the server itself is no redirect.
  const own = originOf(request);
  if (path === own || path.startsWith(`${own}/`)) request.filename = path.slice(own.length) || '/';
  return true;
}

function escapeProxied(path: string): string {
  return isAbsolute(path) ? escapeAbsolute(path) : escapeUri(path);
}

/** `fully_qualify_uri()`. */
function qualified(path: string, request: ApacheRequest): string {
  return `${originOf(request)}${path.startsWith('/') ? '' : '/'}${path}`;
}

/** A question mark that was an escape in the request must not begin a query. */
function isUnsafe({ client }: ApacheRequest, made: string, substitution: string): boolean {
  return made.includes('?') && !substitution.includes('?') && /%3f/i.test(client.target);
}

function statusOf(text: string): number {
  const words: Readonly<Record<string, number>> = { '': 302, permanent: 301, temp: 302, seeother: 303 };
  return words[text.toLowerCase()] ?? Number(text);
}

function setVariable(text: string, found: Found, { env, ...request }: ApacheRequest): void {
  const made = expand(text, found, { env, ...request });
  if (made.startsWith('!')) {
    env.delete(made.slice(1));
    return;
  }
  const colon = made.indexOf(':');
  if (colon === -1) env.set(made, '');
  else env.set(made.slice(0, colon), made.slice(colon + 1));
}

/** `splitout_queryargs()`. */
function splitQuery(request: ApacheRequest, made: string, flags: ReadonlyMap<string, string>): void {
  const mark = flags.has('QSL') ? made.lastIndexOf('?') : made.indexOf('?');
  request.filename = mark === -1 ? made : made.slice(0, mark);
  if (flags.has('QSD')) request.args = undefined;
  if (mark === -1) return;
  const added = made.slice(mark + 1);
  const old = request.args;
  const joined = flags.has('QSA') && old !== undefined && old !== '' ? `${added}&${old}` : added;
  request.args = joined === '' ? undefined : joined.replace(/^&|&$/g, '');
}
