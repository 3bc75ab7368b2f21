/**
 * What nginx checks before it looks for a location (ngx_http_request.c): the request line, the header fields, the host.
 *
 * Rules of this file: in the order in which nginx does it, so that of several mistakes the same one is answered.
 */

import type { ClientConnection, ClientRequest } from '../../model.js';
import type { Site, VirtualServer } from './configuration.js';
import { defaultServer, patternFor, serverFor } from './host.js';
import type { Field, RequestState } from './request.js';
import { matches, type Refusal } from './rewrite.js';
import { readTarget } from './target.js';

/** Of these a second one is refused. */
const unique = new Set(
  `if-modified-since if-unmodified-since if-match if-none-match content-length content-range if-range
  transfer-encoding expect authorization host`.split(/\s+/),
);

/** NGX_HTTP_MAX_URI_CHANGES, and the first. */
const mostChanges = 11;

/** large_client_header_buffers, by default. */
const longestLine = 8192;

/** A request that may be looked for, or why not. */
export function readHead(
  client: ClientRequest,
  connection: ClientConnection,
  site: Site,
): RequestState | Refusal {
  const { method, target: text, version } = client;
  if (!/^[A-Z_-]+$/.test(method)) return { status: 400 };
  const [, major, minor] = /^HTTP\/([1-9]\d*)\.(\d{1,3})$/.exec(version) ?? [];
  if (major === undefined) return { status: 400 };
  if (method.length + text.length + version.length + 4 > longestLine) return { status: 414 };
  const first = defaultServer(site, connection);
  const target = readTarget(text, first.root.scope.isOn('merge_slashes', true));
  // What is wrong before the version is seen first.
  if (target === undefined) return { status: 400 };
  if (major !== '1') return { status: 505 };
  const named = target.host === undefined ? undefined : validHost(target.host);
  if (target.host !== undefined && named === undefined) return { status: 400 };
  const server = named === undefined ? undefined : serverFor(site, connection, named);
  const read = readFields(client, connection, site, { first: server ?? first, host: named });
  if ('status' in read) return read;
  const { fields, host } = read;
  const status = wrongField(client, Number(minor), fields);
  if (status !== undefined) return { status };
  const state = read.server ?? serverFor(site, connection, '') ?? first;
  const length = fieldNamed(fields, 'content-length');
  const request: RequestState = {
    ...{ client, connection, site, server: state, fields, method },
    ...{ host: host ?? '', uri: target.uri, args: target.args, unparsedUri: target.unparsed },
    ...{ isQuoted: target.isQuoted, hasPlus: target.hasPlus, isUnparsedValid: target.isUnparsedValid },
    isChunked: fieldNamed(fields, 'transfer-encoding') !== undefined,
    declaredLength: length === undefined ? -1 : Number(length),
    ...{ isLocationValid: true, isInternal: false, isUriChanged: false, addsUriToAlias: false },
    ...{ changesLeft: mostChanges, location: state.root, handler: undefined, captures: [] },
    ...{ values: new Map(), split: undefined, upstream: undefined, errorStatus: undefined },
  };
  const pattern = host === undefined ? undefined : patternFor(site, connection, host);
  if (pattern !== undefined) matches(pattern, request.host, request);
  return request;
}

interface FieldsRead {
  readonly fields: readonly Field[];
  readonly host: string | undefined;
  readonly server: VirtualServer | undefined;
}

/** The fields, one by one: `Host` may change the server, and with it which of the next are dropped. */
function readFields(
  client: ClientRequest,
  connection: ClientConnection,
  site: Site,
  start: { readonly first: VirtualServer; readonly host: string | undefined },
): FieldsRead | Refusal {
  const fields: Field[] = [];
  const seen = new Set<string>();
  let { first: current, host } = start;
  let isSettled = host !== undefined;
  for (const [name, value] of client.headers) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u0020\u007f]|^:|^$/.test(name) || value.includes('\0')) return { status: 400 };
    if (name.length + value.length + 4 > longestLine) return { status: 400 };
    const { scope } = current.root;
    const isValid = scope.isOn('underscores_in_headers', false)
      ? /^[A-Za-z0-9_-]+$/.test(name)
      : /^[A-Za-z0-9-]+$/.test(name);
    if (!isValid && scope.isOn('ignore_invalid_headers', true)) continue;
    const key = name.toLowerCase();
    fields.push({ name, key, value, isValid });
    if (!isValid || !unique.has(key)) continue;
    if (seen.has(key)) return { status: 400 };
    seen.add(key);
    if (key !== 'host') continue;
    const named = validHost(value);
    if (named === undefined) return { status: 400 };
    host ??= named;
    if (!isSettled) current = serverFor(site, connection, named) ?? current;
    isSettled = true;
  }
  return { fields, host, server: isSettled ? current : undefined };
}

function wrongField({ method }: ClientRequest, minor: number, fields: readonly Field[]): number | undefined {
  if (minor > 0 && fieldNamed(fields, 'host') === undefined) return 400;
  const length = fieldNamed(fields, 'content-length');
  if (length !== undefined && !/^\d{1,18}$/.test(length)) return 400;
  const coding = fieldNamed(fields, 'transfer-encoding');
  if (coding !== undefined) {
    if (minor < 1) return 400;
    if (coding.toLowerCase() !== 'chunked') return 501;
    if (length !== undefined) return 400;
  }
  return method === 'CONNECT' || method === 'TRACE' ? 405 : undefined;
}

function fieldNamed(fields: readonly Field[], wanted: string): string | undefined {
  return fields.find(({ key, isValid }) => isValid && key === wanted)?.value;
}

/** ngx_http_validate_host: in lower case, without port and last dot. */
function validHost(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0020\u007f/]|\.\./.test(text)) return undefined;
  const [, literal] = /^(\[[^\]]*\])/.exec(text) ?? [];
  // A bracket that is never closed leaves the colons to the host.
  const end = literal?.length ?? (text.startsWith('[') ? -1 : text.indexOf(':'));
  const host = (end < 0 ? text : text.slice(0, end)).replace(/\.$/, '');
  return host === '' ? undefined : host.toLowerCase();
}
