/**
 * mod_proxy_http: the request that goes on.
 *
 * Source: `ap_proxy_create_hdrbrgd()`, `ap_proxy_clear_connection()`, `ap_proxy_http_prefetch()` and `terminate_headers()` of
 * Apache 2.4.
 *
 * Rules of this file: fields of the connection end here, before those that speak of the client are added; a field that is there
 * already is joined with what is added.
 */

import type { Pairs, Passed } from '../../../model.js';
import type { Configuration } from '../configuration.js';
import { fieldOf, withField, withoutField } from '../fields.js';
import { type ApacheRequest, isOn, lastOf } from '../module.js';
import { serverNameOf, serverPortOf, softwareOf } from '../variables.js';
import { parseBackend } from './backend.js';
import { longestPrefetched } from './body.js';
import { keepsConnection, type Worker } from './workers.js';

export function passHttp(
  request: ApacheRequest,
  url: string,
  worker: Worker | undefined,
  configuration: Configuration,
): Passed | number {
  const backend = parseBackend(url);
  if (backend === undefined) return 400;
  const { env, headersIn, method } = request;
  const is10 = env.has('force-proxy-request-1.0');
  const upgrade = is10 ? undefined : upgradeOf(request, backend.scheme, worker);
  const coding = fieldOf(headersIn, 'transfer-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 500;
  let headers = withoutConnection(headersIn);
  headers = withoutField(headers, 'host');
  headers = withVia(request, headers, configuration);
  if (is10 || !expectsContinue(request)) headers = withoutField(headers, 'expect');
  headers = withForwarded(request, headers);
  const port = backend.port === undefined ? '' : `:${backend.port}`;
  const own = request.server.name === '' ? 'localhost' : request.server.name;
  const host = isOn(request, 'ProxyPreserveHost') ? (fieldOf(headersIn, 'host') ?? own) : backend.host + port;
  return {
    kind: 'http',
    message: {
      ...{ method, version: is10 ? 'HTTP/1.0' : 'HTTP/1.1' },
      target: `/${backend.path}`,
      headers: [
        ['Host', host],
        ...headers,
        ...framingOf(request),
        ...connectionOf(request, is10, upgrade, worker),
      ],
    },
  };
}

/** Without what concerns the connection with the client alone, and without the body's framing. */
function withoutConnection(headers: Pairs): Pairs {
  const named = (fieldOf(headers, 'connection') ?? '').split(/[,;]/).map((name) => name.trim().toLowerCase());
  const dropped = new Set([
    ...['transfer-encoding', 'content-length', 'proxy-connection', 'connection', 'keep-alive', 'upgrade'],
    ...['trailer', 'te', ...named],
  ]);
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()));
}

/** ProxyVia. */
function withVia(request: ApacheRequest, headers: Pairs, configuration: Configuration): Pairs {
  const word = request.server.directives.findLast(({ name }) => name === 'proxyvia')?.args[0]?.toLowerCase();
  if (word === 'block') return withoutField(headers, 'via');
  if (word !== 'on' && word !== 'full') return headers;
  const { server, hostname, connection } = request;
  const named = serverNameOf(request);
  const name = named === hostname && server.name !== '' ? server.name : named;
  const port = serverPortOf(request);
  const shown = port === (connection.isEncrypted ? 443 : 80) ? '' : `:${port}`;
  const version = request.protocol.replace(/^HTTP\//, '');
  const comment = word === 'full' ? ` (${softwareOf(configuration).replace(/ .*/s, '')})` : '';
  return merged(headers, 'Via', `${version} ${name}${shown}${comment}`);
}

/** ProxyAddHeaders. */
function withForwarded(request: ApacheRequest, headers: Pairs): Pairs {
  if (!isOn(request, 'ProxyAddHeaders', true)) return headers;
  const { headersIn, server, connection } = request;
  const host = fieldOf(headersIn, 'host');
  let all = merged(headers, 'X-Forwarded-For', connection.remoteAddress);
  if (host !== undefined) all = merged(all, 'X-Forwarded-Host', host);
  return merged(all, 'X-Forwarded-Server', server.name === '' ? 'localhost' : server.name);
}

/** `apr_table_merge()`. */
function merged(headers: Pairs, name: string, value: string): Pairs {
  const there = fieldOf(headers, name);
  return withField(headers, name, there === undefined ? value : `${there}, ${value}`);
}

function expectsContinue(request: ApacheRequest): boolean {
  const isOff = lastOf(request, 'Proxy100Continue')?.args[0]?.toLowerCase() === 'off';
  return !isOff && fieldOf(request.headersIn, 'expect') !== undefined;
}

/** The length of what was read, or chunks; nothing where no body was to be expected. */
function framingOf({ headersIn, client, env }: ApacheRequest): Pairs {
  const length = fieldOf(headersIn, 'content-length');
  const isChunked = fieldOf(headersIn, 'transfer-encoding') !== undefined;
  if (length === undefined && !isChunked) return [];
  const real = client.body?.byteLength ?? 0;
  const needsLength = env.has('force-proxy-request-1.0') || env.has('proxy-sendcl');
  if (isChunked && real > longestPrefetched && !needsLength) return [['Transfer-Encoding', 'chunked']];
  return [['Content-Length', String(isChunked ? real : (length ?? real))]];
}

function connectionOf(
  { env }: ApacheRequest,
  is10: boolean,
  upgrade: string | undefined,
  worker: Worker | undefined,
): Pairs {
  if (is10) return [];
  if (upgrade !== undefined) {
    return [
      ['Connection', 'Upgrade'],
      ['Upgrade', upgrade],
    ];
  }
  const isKept = !env.has('proxy-nokeepalive') && worker !== undefined && keepsConnection(worker);
  return [['Connection', isKept ? 'Keep-Alive' : 'close']];
}

/** The protocol that the client asks for and the worker lets through. */
function upgradeOf(request: ApacheRequest, scheme: string, worker: Worker | undefined): string | undefined {
  const wanted = fieldOf(request.headersIn, 'upgrade');
  if (wanted === undefined) return undefined;
  const allowed = worker?.parameters.get('upgrade') ?? (/^wss?$/.test(scheme) ? 'websocket' : undefined);
  if (allowed === undefined) return undefined;
  const names = (allowed.toLowerCase() === 'any' ? '*' : allowed).toLowerCase().split(/[,;\s]+/);
  return names.includes('*') || names.includes(wanted.toLowerCase()) ? wanted : undefined;
}
