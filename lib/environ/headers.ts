/**
 * Header fields back out of the meta-variables that a front server made of them (RFC 3875 section 4.1.18).
 *
 * Rules of this file: what CGI lost is not guessed. A variable that came twice is two fields, or two names (`X-User`,
 * `X_User`) that CGI cannot tell apart: unless its field is a list, the policy decides. `HTTP_PROXY` is nobody's
 * (CVE-2016-5385); the length of the body is CONTENT_LENGTH's alone.
 */

import { ConfigurationError, EnvironError, show } from '../errors.js';
import { type EnvironInput, pairsOf } from './pairs.js';

/** What is done with a variable that came more than once, where its field may stand only once. */
export type CollisionPolicy = 'refuse' | 'first' | 'last' | 'join' | 'drop';

/** Options of `requestHeaders()`. */
export interface HeaderOptions {
  /** `'refuse'` (default): 400. `'drop'`: as if it had not come. `'first'`, `'last'`: that one. `'join'`: all, as a list. */
  readonly collisions?: CollisionPolicy;
}

/** The header fields of a request. */
export interface RequestHeaders {
  /** `[name, value]`, one character a byte, in the order in which they came; names as `X-Forwarded-For`. */
  readonly headers: readonly (readonly [string, string])[];
  /** How many bytes of body come; `undefined` where the front server does not say. */
  readonly contentLength: number | undefined;
  /** Names of the quirks that were met; docs/front-servers.md has each. */
  readonly quirks: readonly HeaderQuirk['name'][];
}

/** A deviation in how a front server hands header fields on. */
export interface HeaderQuirk {
  readonly name: string;
  /** Who does it, with the version. */
  readonly seen: string;
  /** What is sent. */
  readonly says: string;
  /** What is made of it. */
  readonly answer: string;
}

/** All quirks of header fields. */
export const headerQuirks = [
  {
    name: 'httpoxy',
    seen: 'nginx 1.22 fastcgi, scgi and uwsgi; Caddy 2.6; h2o 2.2; uWSGI 2.0',
    says: "a client's `Proxy` as HTTP_PROXY",
    answer: 'dropped',
  },
  {
    name: 'empty-content-length',
    seen: 'nginx 1.22 fastcgi and uwsgi',
    says: 'CONTENT_LENGTH and CONTENT_TYPE empty where there is no body',
    answer: 'as if absent',
  },
  {
    name: 'content-length-unknown',
    seen: 'Caddy 2.6 fastcgi, of a chunked body',
    says: 'CONTENT_LENGTH -1',
    answer: 'a body of unknown length',
  },
  {
    name: 'content-headers-twice',
    seen: 'nginx 1.22 fastcgi, scgi and uwsgi; Caddy 2.6 fastcgi; lighttpd 1.4',
    says: 'HTTP_CONTENT_TYPE and HTTP_CONTENT_LENGTH beside CONTENT_TYPE and CONTENT_LENGTH',
    answer: "dropped: with h2o and lighttpd a client's `Content_Length` comes so",
  },
  {
    name: 'dechunked',
    seen: 'nginx 1.22; Apache 2.4 mod_cgid; uWSGI 2.0',
    says: 'HTTP_TRANSFER_ENCODING of a body that has no chunks any more',
    answer: 'dropped',
  },
  {
    name: 'comma-cookie',
    seen: 'Apache 2.4, Caddy 2.6 fastcgi, uWSGI 2.0',
    says: 'two Cookie fields joined with a comma',
    answer: 'joined with `; `',
  },
  {
    name: 'repeated-variable',
    seen: 'nginx 1.22, h2o 2.2, HAProxy 2.6, lighttpd 1.4',
    says: 'a variable twice, for two fields, or for two names of which one has `_`',
    answer: 'a list is joined, a cookie with `; `; else `collisions` decides',
  },
] as const satisfies readonly HeaderQuirk[];

/**
 * Fields whose value is a list (RFC 9110 section 5.5), so that several are one (section 5.3). HAProxy adds its own
 * X-Forwarded-For as a second field.
 */
const lists = new Set(
  `accept accept-charset accept-encoding accept-language access-control-request-headers baggage cache-control connection
  dnt forwarded if-match if-none-match link origin-trial pragma prefer priority sec-websocket-extensions
  sec-websocket-protocol te tracestate trailer upgrade via warning x-forwarded-for`.split(/\s+/),
);

/**
 * The header fields of a request, from the meta-variables of any gateway.
 *
 * @example
 * ```ts
 * import { requestHeaders } from 'mountpoint/environ';
 *
 * const { headers } = requestHeaders([
 *   ['HTTP_HOST', 'example.com'],
 *   ['HTTP_COOKIE', 'a=1, b=2'],
 *   ['HTTP_PROXY', 'http://evil.example'],
 * ]);
 * headers.map((field) => field.join(': ')).join(' | '); // → 'Host: example.com | Cookie: a=1; b=2'
 * ```
 * @throws {EnvironError} ERR_ENVIRON_CONTENT_LENGTH, ERR_ENVIRON_COLLISION, ERR_ENVIRON_CHARACTER.
 * @throws {ConfigurationError} ERR_MOUNT_OPTION: no such policy, or no such option.
 * @throws {ArgumentError} ERR_ARGUMENT_ENVIRON: no meta-variables.
 */
export function requestHeaders(environ: EnvironInput, options: HeaderOptions = {}): RequestHeaders {
  const { collisions = 'refuse', ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new ConfigurationError('ERR_MOUNT_OPTION', `an option must be collisions, got ${show(unknown)}`);
  }
  if (!policies.includes(collisions)) {
    const rule = `the option collisions must be ${policies.map(show).join(' or ')}`;
    throw new ConfigurationError('ERR_MOUNT_OPTION', `${rule}, got ${show(collisions)}`);
  }
  const quirks = new Set<HeaderQuirk['name']>();
  const fields = new Map<string, string[]>();
  for (const [variable, value] of pairsOf(environ)) {
    const name = fieldName(variable, value, quirks);
    if (name === undefined) continue;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000\r\n\u0100-\uffff]/.test(value)) {
      const rule = 'a header field must hold bytes, without line feed, carriage return and NUL';
      throw new EnvironError('ERR_ENVIRON_CHARACTER', `${rule}, got ${show(value)} in ${variable}`);
    }
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  const headers: [string, string][] = [];
  for (const [name, values] of fields) {
    if (values.length > 1) quirks.add('repeated-variable');
    for (const value of settle(name, values, collisions, quirks)) headers.push([name, value]);
  }
  const length = headers.find(([name]) => name === 'Content-Length');
  return { headers, contentLength: length && Number(length[1]), quirks: [...quirks] };
}

const policies: readonly CollisionPolicy[] = ['refuse', 'first', 'last', 'join', 'drop'];

/** The field that a variable stands for, or `undefined` for none. */
function fieldName(variable: string, value: string, quirks: Set<HeaderQuirk['name']>): string | undefined {
  // A variable that was not folded as CGI asks is the same field all the same.
  switch (/[-a-z]/.test(variable) ? variable.toUpperCase().replaceAll('-', '_') : variable) {
    case 'CONTENT_LENGTH':
      if (value === '') quirks.add('empty-content-length');
      if (value === '-1') quirks.add('content-length-unknown');
      return value === '' || value === '-1' ? undefined : 'Content-Length';
    case 'CONTENT_TYPE':
      return value === '' ? undefined : 'Content-Type';
    case 'HTTP_CONTENT_LENGTH':
    case 'HTTP_CONTENT_TYPE':
      quirks.add('content-headers-twice');
      return undefined;
    case 'HTTP_TRANSFER_ENCODING':
      quirks.add('dechunked');
      return undefined;
    case 'HTTP_PROXY':
      quirks.add('httpoxy');
      return undefined;
    default:
      return variable.startsWith('HTTP_') && isToken(variable) ? titleCase(variable.slice(5)) : undefined;
  }
}

/** RFC 9110 section 5.1: what is no token is no field's name. */
function isToken(name: string): boolean {
  return name.length > 5 && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
}

/** `X_FORWARDED_FOR` as `X-Forwarded-For`; the names that come are few, and come with each request. */
function titleCase(name: string): string {
  const known = titles.get(name);
  if (known !== undefined) return known;
  if (titles.size >= mostTitles) titles.clear();
  const title = makeTitle(name);
  titles.set(name, title);
  return title;
}

const titles = new Map<string, string>();
const mostTitles = 500;

function makeTitle(name: string): string {
  return name
    .split(/[_-]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('-');
}

/** The values that a field is left with. */
function settle(
  name: string,
  values: readonly string[],
  collisions: CollisionPolicy,
  quirks: Set<HeaderQuirk['name']>,
): readonly string[] {
  if (name === 'Content-Length') return [contentLength(values)];
  if (name === 'Cookie') {
    const cookie = values.join('; ');
    const split = cookie.replace(joinedCookies, (found) => (found === ', ' ? '; ' : found));
    if (split !== cookie) quirks.add('comma-cookie');
    return [split];
  }
  if (values.length === 1) return values;
  if (lists.has(name.toLowerCase()) || collisions === 'join') return [values.join(', ')];
  // Of one word there is no second spelling: with nginx, what the configuration sets comes after what it includes.
  if (!name.includes('-') || name === 'Content-Type') return values.slice(-1);
  if (collisions === 'first') return values.slice(0, 1);
  if (collisions === 'last') return values.slice(-1);
  if (collisions === 'drop') return [];
  const rule = `the header field ${name} must come once (of two names, one may have had '_' for '-')`;
  throw new EnvironError('ERR_ENVIRON_COLLISION', `${rule}, got ${values.map(show).join(' and ')}`);
}

// RFC 6265 section 4.1.1: no comma is in a cookie's value; behind this one the next cookie begins.
const joinedCookies = /"[^"]*"|, (?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+=)/g;

/** RFC 9110 section 8.6: digits; where it came twice, the same. */
function contentLength(values: readonly string[]): string {
  const [first = ''] = values;
  const isOne = values.every((value) => value === first);
  if (isOne && /^[0-9]+$/.test(first) && Number.isSafeInteger(Number(first))) return first;
  const rule = 'CONTENT_LENGTH must be one number of bytes';
  throw new EnvironError('ERR_ENVIRON_CONTENT_LENGTH', `${rule}, got ${values.map(show).join(' and ')}`);
}
