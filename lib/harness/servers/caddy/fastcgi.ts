/**
 * `transport fastcgi`: the parameters of an application (Caddy's `fastcgi.go`, `client.go`).
 *
 * Rules of this file: each name comes once. Of two fields whose names become one variable only one stays; which one is chance in Caddy,
 * here the last by the order of names.
 */

import { foldAscii } from '../../../path/percent.js';
import type { Pairs } from '../../model.js';
import { unknownDirective } from '../reading.js';
import { rootOf } from './files.js';
import { sanitizedJoin } from './go-path.js';
import { requestUri } from './go-url.js';
import { replaceAll, splitHostPort } from './placeholders.js';
import type { Segment } from './segments.js';
import type { State } from './state.js';

export interface FastcgiOptions {
  root?: string;
  splits: readonly string[];
  readonly environ: Map<string, string>;
}

const ignored = ['resolve_root_symlink', 'dial_timeout', 'read_timeout', 'write_timeout', 'capture_stderr'];

export function readFastcgi(block: readonly Segment[]): FastcgiOptions {
  const options: FastcgiOptions = { splits: [], environ: new Map() };
  for (const segment of block) {
    if (!readFastcgiLine(options, segment)) unknownDirective(segment.place, segment.words[0] ?? '');
  }
  return options;
}

/** One line of the transport; `false` where it is none. */
export function readFastcgiLine(options: FastcgiOptions, { words }: Segment): boolean {
  const [name = '', first = '', second = ''] = words;
  if (name === 'root') options.root = first;
  else if (name === 'split') options.splits = words.slice(1);
  else if (name === 'env') options.environ.set(first, second);
  else return ignored.includes(name);
  return true;
}

export function fastcgiEnviron(options: FastcgiOptions, state: State): Pairs {
  const { connection, headers, url, host } = state;
  const root = rootOf(state, options.root);
  const end = splitAt(url.path, options.splits);
  const [script, rest] = end < 0 ? [url.path, ''] : [url.path.slice(0, end), url.path.slice(end)];
  const pathInfo = rest === '' ? (state.placeholders.get('http.matchers.file.remainder') ?? '') : rest;
  const named = splitHostPort(host);
  const port = named?.port ?? '';
  const environ = new Map<string, string>([
    ['AUTH_TYPE', ''],
    ['CONTENT_LENGTH', headers.get('Content-Length')],
    ['CONTENT_TYPE', headers.get('Content-Type')],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['PATH_INFO', pathInfo],
    ['QUERY_STRING', url.rawQuery],
    ['REMOTE_ADDR', connection.remoteAddress],
    ['REMOTE_HOST', connection.remoteAddress],
    ['REMOTE_PORT', String(connection.remotePort)],
    ['REMOTE_IDENT', ''],
    ['REMOTE_USER', ''],
    ['REQUEST_METHOD', state.method],
    ['REQUEST_SCHEME', connection.isEncrypted ? 'https' : 'http'],
    ['SERVER_NAME', named?.host ?? host],
    ['SERVER_PROTOCOL', state.version],
    ['SERVER_SOFTWARE', 'Caddy/2.6.2'],
    ['DOCUMENT_ROOT', root],
    ['DOCUMENT_URI', script],
    ['HTTP_HOST', host],
    ['REQUEST_URI', requestUri(state.original.url)],
    ['SCRIPT_FILENAME', sanitizedJoin(root, script)],
    ['SCRIPT_NAME', script === '' || script.startsWith('/') ? script : `/${script}`],
    ['SERVER_PORT', port !== '' ? port : connection.isEncrypted ? '443' : '80'],
  ]);
  if (pathInfo !== '') environ.set('PATH_TRANSLATED', sanitizedJoin(root, pathInfo));
  if (connection.isEncrypted) environ.set('HTTPS', 'on');
  for (const [name, value] of options.environ) environ.set(name, replaceAll(value, state));
  for (const [name, values] of headers.entries()) {
    environ.set(`HTTP_${name.toUpperCase().replace(/[ -]/g, '_')}`, values.join(', '));
  }
  for (const [name, value] of ofMethod(state)) environ.set(name, value);
  return [...environ];
}

/** Where the script ends: behind the first split that is found; at the beginning where there is none to look for. */
function splitAt(path: string, splits: readonly string[]): number {
  if (splits.length === 0) return 0;
  const folded = foldAscii(path);
  const found = splits.find((split) => folded.includes(foldAscii(split)));
  return found === undefined ? -1 : folded.indexOf(foldAscii(found)) + found.length;
}

/** What the client of FastCGI says itself, whatever was said before. */
function ofMethod({ method, headers, contentLength }: State): Pairs {
  if (method === 'HEAD' || method === 'OPTIONS') {
    return [
      ['REQUEST_METHOD', method],
      ['CONTENT_LENGTH', '0'],
    ];
  }
  const length = contentLength === 0 ? Number(headers.get('Content-Length') || 0) : contentLength;
  const base: Pairs = [
    ['REQUEST_METHOD', method.toUpperCase()],
    ['CONTENT_LENGTH', String(length)],
  ];
  if (method === 'GET') return base;
  const type = headers.get('Content-Type') || 'application/x-www-form-urlencoded';
  return [...base, ['CONTENT_TYPE', type]];
}
