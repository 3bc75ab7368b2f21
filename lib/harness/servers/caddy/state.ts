/**
 * A request on its way through Caddy, and what Go's server refuses before Caddy sees it (`net/http/server.go`, `request.go`).
 */

import { foldAscii } from '../../../path/percent.js';
import type { ClientConnection, ClientRequest, Surroundings } from '../../model.js';
import { Headers } from './go-headers.js';
import { type GoUrl, parseRequestUri } from './go-url.js';
import type { HeaderOps } from './header-ops.js';

export interface State {
  method: string;
  url: GoUrl;
  headers: Headers;
  host: string;
  readonly version: string;
  /** -1: of a length that nobody says. */
  readonly contentLength: number;
  readonly connection: ClientConnection;
  readonly surroundings: Surroundings;
  readonly original: { readonly method: string; readonly url: GoUrl; readonly target: string };
  readonly variables: Map<string, string>;
  /** Placeholders that are set on the way. */
  readonly placeholders: Map<string, string>;
  /** Of each group only the first route that matches is gone. */
  readonly groups: Set<object>;
  /** What is done to the fields of an answer, in order. */
  readonly responseOps: { readonly ops: HeaderOps; readonly isDeferred: boolean }[];
}

/** A request that Caddy gets, or the status with which Go's server answers. */
export function readRequest(
  request: ClientRequest,
  connection: ClientConnection,
  surroundings: Surroundings,
): State | number {
  const { method, target, version } = request;
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) return 400;
  const isAuthority = method === 'CONNECT' && !target.startsWith('/');
  const url = parseRequestUri(isAuthority ? `http://${target}` : target);
  if (url === undefined || !areFieldsValid(request)) return 400;
  const headers = new Headers(request.headers);
  const hosts = headers.values('Host') ?? [];
  const [major = 1, minor = 1] = version.replace('HTTP/', '').split('.').map(Number);
  if (hosts.length > 1) return 400;
  if (hosts.length === 0 && (major > 1 || minor >= 1) && method !== 'CONNECT') return 400;
  if (!hosts.every((host) => /^[A-Za-z0-9!$%&'()*+,\-.:;=[\]_~@]*$/.test(host))) return 400;
  const contentLength = lengthOf(headers);
  if (contentLength === undefined) return 400;
  const expected = headers.get('Expect');
  if (target === '*' && method === 'OPTIONS') return 200;
  if (expected !== '' && foldAscii(expected) !== '100-continue') return 417;
  if (method.length > 32) return 405;
  const host = url.host === '' ? (hosts[0] ?? '') : url.host;
  headers.delete('Host');
  if (contentLength < 0) {
    headers.delete('Transfer-Encoding');
    headers.delete('Content-Length');
  }
  return {
    ...{ method, url, headers, host, version, contentLength, connection, surroundings },
    original: { method, url: { ...url }, target },
    ...{ variables: new Map(), placeholders: new Map(), groups: new Set(), responseOps: [] },
  };
}

function areFieldsValid({ headers }: ClientRequest): boolean {
  return headers.every(([name, value]) => {
    return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && ![...value].some(isControl);
  });
}

/** 0 where nothing is said, -1 of chunks, `undefined` of what is malformed. */
function lengthOf(headers: Headers): number | undefined {
  const codings = headers.values('Transfer-Encoding');
  if (codings !== undefined) {
    return codings.length === 1 && foldAscii(codings[0] as string) === 'chunked' ? -1 : undefined;
  }
  const lengths = headers.values('Content-Length') ?? [];
  if (lengths.length === 0) return 0;
  const [first = ''] = lengths;
  if (!/^\d+$/.test(first) || lengths.some((each) => each !== first)) return undefined;
  headers.set('Content-Length', first);
  return Number(first);
}

function isControl(character: string): boolean {
  return (character < ' ' && character !== '\t') || character === '\x7f';
}
