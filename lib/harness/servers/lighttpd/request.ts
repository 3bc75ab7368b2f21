/**
 * A request as lighttpd takes it in, or refuses it before any directive is looked at (request.c of 1.4.69).
 *
 * Rules of this file: checks are in the order of the server, since each has a status of its own. The body has come whole, and
 * its transfer coding is gone.
 */

import type { ClientConnection, ClientRequest } from '../../model.js';
import { Fields } from './fields.js';
import { isStrictHost, normalizeHost, withoutLastDot } from './host.js';
import { type ParseOptions, splitTarget } from './path.js';

/** A request on its way through the modules, each of which may change it. */
export interface Transit {
  method: string;
  version: string;
  /** As on the request line, without scheme and host. */
  readonly sentTarget: string;
  target: string;
  path: string;
  query: string;
  pathInfo: string;
  readonly host: string | undefined;
  readonly fields: Fields;
  /** Variables that directives set. */
  readonly environment: Fields;
  bodyLength: number;
  readonly connection: ClientConnection;
  /** The file that the path stands for: its root, what of the name is not of the path, and the name. */
  readonly file: { root: string; base: string; name: string };
}

const methods = new Set(
  `GET HEAD QUERY POST PUT DELETE CONNECT OPTIONS TRACE ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK LOCK
  MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PATCH PROPFIND PROPPATCH REBIND REPORT
  SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL`.split(/\s+/),
);

const longestHost = 1023;

/** The request, or the status with which it is refused. */
export function takeRequest(
  request: ClientRequest,
  connection: ClientConnection,
  options: ParseOptions,
  longestHead: number,
): Transit | number {
  const { method, version } = request;
  if (headLength(request) > longestHead) return 431;
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') return version.startsWith('HTTP/') ? 505 : 400;
  if (!methods.has(method)) return 501;
  const form = originForm(request, options);
  if (form === undefined || form.target === '') return 400;
  const fields = new Fields();
  if (form.host !== undefined) fields.set('Host', form.host.toLowerCase());
  const length = takeFields(request, fields, options);
  if (typeof length !== 'number') return length.status;
  const sentTarget = form.target;
  const parts = isWithoutPath(method, sentTarget)
    ? { target: sentTarget, path: sentTarget, query: '' }
    : splitTarget(sentTarget, options);
  if (parts === undefined) return 400;
  const status =
    takeHost(fields, version, connection, options) ?? checkBody(request, fields, length, options);
  if (status !== undefined) return status;
  // To be asked for the body is answered by the server itself.
  if (length !== 0) fields.unset('Expect');
  return {
    ...{ method, version, sentTarget, ...parts, fields, connection, pathInfo: '' },
    host: fields.get('Host'),
    environment: new Fields(),
    bodyLength: request.body?.length ?? 0,
    file: { root: '', base: '', name: '' },
  };
}

/** Reads the target again, after it was rewritten; `false` where it is refused now. */
export function retake(transit: Transit, target: string, options: ParseOptions): boolean {
  const parts = splitTarget(target, options);
  if (parts === undefined) return false;
  Object.assign(transit, parts);
  transit.pathInfo = '';
  return true;
}

/** As many bytes as it had. */
function headLength({ method, target, version, headers }: ClientRequest): number {
  const line = method.length + target.length + version.length + 4;
  return headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, line + 2);
}

function isWithoutPath(method: string, target: string): boolean {
  return method === 'CONNECT' || (method === 'OPTIONS' && target === '*');
}

function originForm(
  { method, target }: ClientRequest,
  options: ParseOptions,
): { readonly target: string; readonly host?: string } | undefined {
  if (target.startsWith('/')) return { target };
  const [whole, host] = /^https?:\/\/([^/]*)(?=\/)/i.exec(target) ?? [];
  if (whole !== undefined && host !== undefined) {
    return host === '' || host.length > longestHost
      ? undefined
      : { target: target.slice(whole.length), host };
  }
  const isTaken =
    !options.has('header-strict') ||
    (method === 'CONNECT' && /^[:\d]/.test(target)) ||
    (method === 'OPTIONS' && target === '*');
  return isTaken ? { target } : undefined;
}

/** Header fields that come once: again, they have to say the same. */
const single = new Set(['host', 'if-modified-since', 'content-type', 'http2-settings']);

/** Takes the fields in; the length of the body, of which -1 is unknown until it has come. */
function takeFields(
  { version, headers }: ClientRequest,
  fields: Fields,
  options: ParseOptions,
): number | { readonly status: number } {
  const isStrict = options.has('header-strict');
  let length = 0;
  for (const [name, sent] of headers) {
    const folded = name.toLowerCase();
    const value = trim(sent);
    if (name === '' || !isFieldName(name, isStrict)) return { status: 400 };
    if (value === '') continue;
    if (isStrict && !isFieldValue(value)) return { status: 400 };
    const known = fields.get(name);
    if (known !== undefined && (single.has(folded) || folded === 'if-none-match')) {
      if (known.toLowerCase() !== value.toLowerCase() && folded !== 'if-none-match') return { status: 400 };
      continue;
    }
    if (folded === 'host') {
      if (value.length > longestHost) return { status: 400 };
      fields.set(name, value.toLowerCase());
      continue;
    }
    if (folded === 'content-length') {
      if (known !== undefined || !/^\d+$/.test(value)) return { status: 400 };
      if (!Number.isSafeInteger(Number(value))) return { status: 400 };
      if (length === 0) length = Number(value);
    } else if (folded === 'transfer-encoding') {
      if (version !== 'HTTP/1.1') return { status: 400 };
      if (value.toLowerCase() !== 'chunked') return { status: 501 };
      length = -1;
      continue;
    }
    fields.append(name, value);
  }
  return length;
}

/** Without the spaces and tabs around it. */
function trim(value: string): string {
  let [from, to] = [0, value.length];
  while (value[from] === ' ' || value[from] === '\t') from++;
  while (to > from && (value[to - 1] === ' ' || value[to - 1] === '\t')) to--;
  return value.slice(from, to);
}

function isFieldName(name: string, isStrict: boolean): boolean {
  if (/[ \t\r\n()<>@,:;\\"/[\]?={}\0]/.test(name)) return false;
  return !isStrict || /^[!-~]+$/.test(name);
}

function isFieldValue(value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return false;
  }
  return true;
}

function takeHost(
  fields: Fields,
  version: string,
  { isEncrypted }: ClientConnection,
  options: ParseOptions,
): number | undefined {
  let host = fields.get('Host');
  if (host === undefined) return version === 'HTTP/1.1' ? 400 : undefined;
  if (options.has('host-strict')) {
    host = withoutLastDot(host);
    if (!isStrictHost(host)) return 400;
  }
  if (options.has('host-strict') || options.has('host-normalize')) {
    const normal = normalizeHost(host, isEncrypted ? 443 : 80);
    if (normal === undefined) return 400;
    host = normal;
  }
  fields.set('Host', host);
  return undefined;
}

function checkBody(
  { method, version }: ClientRequest,
  fields: Fields,
  length: number,
  options: ParseOptions,
): number | undefined {
  const isUpgrade = fields.get('Upgrade') !== undefined || fields.get('HTTP2-Settings') !== undefined;
  if (version !== 'HTTP/1.1' && isUpgrade) return 400;
  const hasLength = fields.get('Content-Length') !== undefined;
  if (length === 0) return method === 'POST' && !hasLength ? 411 : undefined;
  if (length < 0 && hasLength) {
    if (options.has('header-strict')) return 400;
    fields.unset('Content-Length');
  }
  const isBodyless = method === 'GET' || method === 'HEAD';
  return isBodyless && !options.has('method-get-body') ? 400 : undefined;
}
