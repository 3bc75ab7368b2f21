/**
 * Placeholders, `{http.request.uri.path}` and their short names (Caddy's `replacer.go`, `caddyhttp/replacer.go`).
 *
 * Rules of this file: what is unknown is empty where a whole value is made of it, and stays where only what is known is replaced.
 */

import { ConfigurationError, show } from '../../../errors.js';
import { split } from './go-path.js';
import { type GoUrl, queryValues, requestUri } from './go-url.js';
import type { State } from './state.js';

const shorthands: Readonly<Record<string, string>> = {
  dir: 'http.request.uri.path.dir',
  file: 'http.request.uri.path.file',
  host: 'http.request.host',
  hostport: 'http.request.hostport',
  port: 'http.request.port',
  method: 'http.request.method',
  path: 'http.request.uri.path',
  query: 'http.request.uri.query',
  remote: 'http.request.remote',
  remote_host: 'http.request.remote.host',
  remote_port: 'http.request.remote.port',
  scheme: 'http.request.scheme',
  uri: 'http.request.uri',
  upstream_hostport: 'http.reverse_proxy.upstream.hostport',
};

const prefixes: readonly (readonly [short: string, long: string])[] = [
  ['header.', 'http.request.header.'],
  ['cookie.', 'http.request.cookie.'],
  ['labels.', 'http.request.host.labels.'],
  ['path.', 'http.request.uri.path.'],
  ['file.', 'http.request.uri.path.file.'],
  ['query.', 'http.request.uri.query.'],
  ['re.', 'http.regexp.'],
  ['vars.', 'http.vars.'],
  ['rp.', 'http.reverse_proxy.'],
  ['file_match.', 'http.matchers.file.'],
];

/** A token of a Caddyfile, its placeholders by their long names. */
export function withLongNames(token: string): string {
  return token.replace(/\{([\w.-]+)\}/g, (whole, name: string) => {
    if (Object.hasOwn(shorthands, name)) return `{${shorthands[name]}}`;
    const found = prefixes.find(([short]) => name.startsWith(short));
    return found === undefined ? whole : `{${found[1]}${name.slice(found[0].length)}}`;
  });
}

/** A text with its placeholders replaced, each first changed as asked. */
export function replaceAll(
  text: string,
  state: State,
  change: (value: string, key: string) => string = (value) => value,
): string {
  return replaceEach(text, (key) => change(lookUp(key, state) ?? '', key));
}

/** The same, but what is unknown stays. */
export function replaceKnown(text: string, state: State): string {
  return replaceEach(text, (key, whole) => lookUp(key, state) ?? whole);
}

function replaceEach(text: string, replace: (key: string, whole: string) => string): string {
  return text.replace(/\\([{}])|\{((?:\\\}|[^}])*)\}/g, (whole, escaped?: string, key?: string) => {
    return escaped ?? replace(key ?? '', whole);
  });
}

const notModelled = [
  'env.',
  'system.',
  'time.',
  'file.',
  'http.request.tls.',
  'http.request.uuid',
  'http.request.body',
];

function lookUp(key: string, state: State): string | undefined {
  const set = state.placeholders.get(key);
  if (set !== undefined) return set;
  if (notModelled.some((prefix) => key.startsWith(prefix))) {
    throw new ConfigurationError(
      'ERR_HARNESS_CONFIGURATION',
      `a placeholder of Caddy must be one that the model knows, got ${show(`{${key}}`)}`,
    );
  }
  const after = (prefix: string): string | undefined =>
    key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
  const [header, cookie, parameter] = ['header', 'cookie', 'uri.query'].map((each) =>
    after(`http.request.${each}.`),
  );
  if (header !== undefined) return (state.headers.values(header) ?? []).join(',');
  if (cookie !== undefined) return cookieOf(state, cookie);
  if (parameter !== undefined) return queryValues(state.url.rawQuery, parameter).join(',');
  const variable = after('http.vars.');
  if (variable !== undefined) return state.variables.get(variable) ?? '';
  const label = after('http.request.host.labels.');
  if (label !== undefined)
    return (
      hostOf(state)
        .split('.')
        .at(-1 - Number(label)) ?? ''
    );
  const original = after('http.request.orig_uri');
  if (original !== undefined)
    return original === '' ? state.original.target : ofUrl(original, state.original.url);
  const uri = after('http.request.uri');
  if (uri !== undefined) return ofUrl(uri, state.url);
  return ofRequest(key, state);
}

function ofRequest(key: string, state: State): string | undefined {
  const { connection } = state;
  switch (key) {
    case 'http.request.method':
      return state.method;
    case 'http.request.orig_method':
      return state.original.method;
    case 'http.request.scheme':
      return connection.isEncrypted ? 'https' : 'http';
    case 'http.request.proto':
      return state.version;
    case 'http.request.host':
      return hostOf(state);
    case 'http.request.port':
      return splitHostPort(state.host)?.port ?? '';
    case 'http.request.hostport':
      return state.host;
    case 'http.request.remote':
      return `${bracketed(connection.remoteAddress)}:${connection.remotePort}`;
    case 'http.request.remote.host':
      return connection.remoteAddress;
    case 'http.request.remote.port':
      return String(connection.remotePort);
    default:
      return undefined;
  }
}

function ofUrl(part: string, url: GoUrl): string | undefined {
  const [directory, file] = split(url.path);
  const dot = file.lastIndexOf('.');
  switch (part) {
    case '':
      return requestUri(url);
    case '.path':
      return url.path;
    case '.query':
      return url.rawQuery;
    case '.path.file':
      return file;
    case '.path.dir':
      return directory;
    case '.path.file.base':
      return dot < 0 ? file : file.slice(0, dot);
    case '.path.file.ext':
      return dot < 0 ? '' : file.slice(dot);
    default: {
      const [, index] = /^\.path\.(\d+)$/.exec(part) ?? [];
      return index === undefined ? undefined : (url.path.replace(/^\//, '').split('/')[Number(index)] ?? '');
    }
  }
}

function cookieOf(state: State, name: string): string | undefined {
  const pairs = (state.headers.values('Cookie') ?? [])
    .flatMap((line) => line.split(';'))
    .map((pair) => pair.trim());
  const found = pairs.find((pair) => pair.split('=', 1)[0]?.toLowerCase() === name.toLowerCase());
  return found?.slice(found.indexOf('=') + 1).replace(/^"(.*)"$/, '$1');
}

/** The host without its port. */
export function hostOf({ host }: State): string {
  return splitHostPort(host)?.host ?? host;
}

/** `net.SplitHostPort()`; `undefined` where there is no port. */
export function splitHostPort(text: string): { readonly host: string; readonly port: string } | undefined {
  const [, bracketedHost, plain, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text) ?? [];
  const host = bracketedHost ?? plain;
  return host === undefined || port === undefined ? undefined : { host, port };
}

export function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
