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
  return readHeaders(pairsOf(environ), collisions);
}

/** What `requestHeaders()` does, for pairs and a policy that have been looked at. @internal */
export function readHeaders(
  environ: readonly (readonly [string, string])[],
  collisions: CollisionPolicy,
): RequestHeaders {
  const quirks = new Set<HeaderQuirk['name']>();
  const headers: [string, string][] = [];
  const places = new Map<string, number>();
  /** All values of names that came more than once. */
  let repeated: Map<string, string[]> | undefined;
  for (const [variable, value] of environ) {
    const { name, isOptional, quirk } = ruleOf(variable);
    if (quirk !== undefined) quirks.add(quirk);
    if (name === undefined) continue;
    if (isOptional && value === '') {
      if (name === 'Content-Length') quirks.add('empty-content-length');
      continue;
    }
    if (name === 'Content-Length' && value === '-1') {
      quirks.add('content-length-unknown');
      continue;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000\r\n\u0100-\uffff]/.test(value)) {
      const rule = 'a header field must hold bytes, without line feed, carriage return and NUL';
      throw new EnvironError('ERR_ENVIRON_CHARACTER', `${rule}, got ${show(value)} in ${variable}`);
    }
    const at = places.get(name);
    if (at === undefined) {
      places.set(name, headers.length);
      headers.push([name, value]);
    } else {
      repeated ??= new Map();
      const values = repeated.get(name) ?? [(headers[at] as [string, string])[1]];
      values.push(value);
      repeated.set(name, values);
    }
  }
  if (repeated !== undefined) quirks.add('repeated-variable');
  let length: number | undefined;
  const settled: [string, string][] = [];
  for (const field of headers) {
    const [name, first] = field;
    const values = repeated?.get(name);
    if (values === undefined && name !== 'Content-Length' && name !== 'Cookie') {
      settled.push(field);
      continue;
    }
    for (const value of settle(name, values ?? [first], collisions, quirks)) settled.push([name, value]);
    if (name === 'Content-Length') length = Number(first);
  }
  return { headers: settled, contentLength: length, quirks: [...quirks] };
}

const policies: readonly CollisionPolicy[] = ['refuse', 'first', 'last', 'join', 'drop'];

/** What a variable stands for. */
interface FieldRule {
  /** `undefined`: no field. */
  readonly name: string | undefined;
  /** Empty, it is as if absent. */
  readonly isOptional?: true;
  readonly quirk?: HeaderQuirk['name'];
}

/** The names that come are few, and come with each request. */
const rules = new Map<string, FieldRule>();
const mostRules = 500;
const longestName = 64;

function ruleOf(variable: string): FieldRule {
  const known = rules.get(variable);
  if (known !== undefined) return known;
  const rule = makeRule(variable);
  if (rules.size >= mostRules) rules.clear();
  // A long one is nobody's habit, and could keep all of the text that it was cut out of.
  if (variable.length <= longestName) rules.set(variable, rule);
  return rule;
}

function makeRule(variable: string): FieldRule {
  // A variable that was not folded as CGI asks is the same field all the same.
  switch (variable.toUpperCase().replaceAll('-', '_')) {
    case 'CONTENT_LENGTH':
      return { name: 'Content-Length', isOptional: true };
    case 'CONTENT_TYPE':
      return { name: 'Content-Type', isOptional: true };
    case 'HTTP_CONTENT_LENGTH':
    case 'HTTP_CONTENT_TYPE':
      return { name: undefined, quirk: 'content-headers-twice' };
    case 'HTTP_TRANSFER_ENCODING':
      return { name: undefined, quirk: 'dechunked' };
    case 'HTTP_PROXY':
      return { name: undefined, quirk: 'httpoxy' };
    default: {
      const isField = variable.startsWith('HTTP_') && isToken(variable);
      return { name: isField ? titleCase(variable.slice(5)) : undefined };
    }
  }
}

/** RFC 9110 section 5.1: what is no token is no field's name. */
function isToken(name: string): boolean {
  return name.length > 5 && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
}

/** `X_FORWARDED_FOR` as `X-Forwarded-For`. */
function titleCase(name: string): string {
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
    const split = splitCookies(cookie);
    if (split !== cookie) quirks.add('comma-cookie');
    return [split];
  }
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

/** Cookies that were joined as lists are, as a client would have sent them. @internal */
export function splitCookies(cookie: string): string {
  return cookie.replace(joinedCookies, (found) => (found === ', ' ? '; ' : found));
}

/** RFC 9110 section 8.6: digits; where it came twice, the same. */
function contentLength(values: readonly string[]): string {
  const [first = ''] = values;
  const isOne = values.every((value) => value === first);
  if (isOne && /^[0-9]+$/.test(first) && Number.isSafeInteger(Number(first))) return first;
  const rule = 'CONTENT_LENGTH must be one number of bytes';
  throw new EnvironError('ERR_ENVIRON_CONTENT_LENGTH', `${rule}, got ${values.map(show).join(' and ')}`);
}
