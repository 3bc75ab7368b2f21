/**
 * `environ(req)` and the URLs that are made of it, for any request: plain, Express, Connect, or below a mount.
 *
 * Rules of this file: SCRIPT_NAME is `req.baseUrl` decoded, whoever consumed it; host and scheme come from the request
 * and its socket, never from a forwarded header.
 */

import type { IncomingMessage } from 'node:http';
import { encodeReference, joinBase, pathOf } from '../environ/url.js';
import { type Environ, headerVariables } from '../environ/variables.js';
import { ArgumentError, show } from '../errors.js';
import { parseAuthority } from '../path/host.js';
import { decodeText } from '../path/percent.js';
import {
  type AnyRequest,
  hostOf,
  isBareRequest,
  type Parameters,
  parametersOf,
  schemeOf,
  serverOf,
} from './request.js';

/**
 * The meta-variables of a request (RFC 3875 section 4.1), as a WSGI or CGI program would see them. Behind a gateway
 * protocol all other parameters of the front server are there too (REMOTE_USER, DOCUMENT_ROOT, SSL_*).
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { environ, mount } from 'mountpoint';
 *
 * createServer(mount('/foo', (req, res) => {
 *   const { SCRIPT_NAME, PATH_INFO } = environ(req);
 *   res.end(`${SCRIPT_NAME} + ${PATH_INFO}\n`); // GET /foo/a%20b: /foo + /a b
 * })).listen(8000);
 * ```
 * @throws {ArgumentError} ERR_ARGUMENT_REQUEST: not a request.
 */
export function environ(req: IncomingMessage): Environ {
  const request = checked(req);
  const { baseUrl, pathInfo, query } = split(request);
  const server = serverOf(request);
  const scheme = schemeOf(request);
  const { remoteAddress, remotePort } = request.socket ?? {};
  const variables = headerVariables(request.headers);
  const host = hostOf(request);
  if (host !== undefined) variables.HTTP_HOST = host;
  const given = withoutHeaders(parametersOf(request) ?? []);
  return Object.assign(variables, given, {
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: request.method ?? 'GET',
    REQUEST_URI: request.originalUrl ?? request.url ?? '',
    REQUEST_SCHEME: scheme,
    SCRIPT_NAME: decodeText(baseUrl),
    PATH_INFO: decodeText(pathInfo),
    QUERY_STRING: query.slice(1),
    SERVER_NAME: server.name,
    SERVER_PORT: server.port,
    SERVER_PROTOCOL: `HTTP/${request.httpVersion ?? '1.1'}`,
    SERVER_SOFTWARE: given.SERVER_SOFTWARE ?? 'mountpoint',
    REMOTE_ADDR: remoteAddress ?? '',
    ...(remotePort !== undefined && { REMOTE_PORT: String(remotePort) }),
    ...(scheme === 'https' && { HTTPS: 'on' }),
  });
}

/**
 * The URL of the application that answers `req`: scheme, host and script name (PEP 3333; wsgiref's `application_uri`).
 * The host is the client's word: show it, but decide nothing by it.
 *
 * @throws {ArgumentError} ERR_ARGUMENT_REQUEST: not a request.
 */
export function applicationUri(req: IncomingMessage): string {
  const request = checked(req);
  return origin(request) + (encodeReference(request.baseUrl ?? '') || '/');
}

/**
 * The URL that was asked for, with query (PEP 3333; wsgiref's `request_uri`), as the mounts understood it.
 *
 * @throws {ArgumentError} ERR_ARGUMENT_REQUEST: not a request.
 */
export function requestUri(req: IncomingMessage): string {
  const request = checked(req);
  const { baseUrl, pathInfo, query } = split(request);
  return origin(request) + encodeReference((baseUrl + pathInfo || '/') + query);
}

/**
 * A link to `path` of the application that answers `req`: its script name in front, no host, so that it is right
 * behind any front server. For `href`, `action`, and `res.redirect()`.
 *
 * @example
 * ```ts
 * import express from 'express';
 * import { mount, urlFor } from 'mountpoint';
 *
 * const shop = express();
 * shop.get('/', (req, res) => res.redirect(urlFor(req, '/login?from=home'))); // below /shop: /shop/login?from=home
 * const app = express();
 * app.use(mount('/shop', shop));
 * ```
 * @throws {ArgumentError} ERR_ARGUMENT_PATH: a URL with a scheme, or a path that climbs out of the application.
 * ERR_ARGUMENT_REQUEST: not a request.
 */
export function urlFor(req: IncomingMessage, path = ''): string {
  return joinBase(checked(req).baseUrl ?? '', path);
}

function checked(req: IncomingMessage): AnyRequest {
  if (typeof req !== 'object' || req === null || typeof req.headers !== 'object' || req.headers === null) {
    throw new ArgumentError(
      'ERR_ARGUMENT_REQUEST',
      `the request must be an http.IncomingMessage, got ${show(req)}`,
    );
  }
  return req;
}

/** Header fields are the request's own; what it says of its body too. */
function withoutHeaders(parameters: Parameters): Record<string, string> {
  const others: Record<string, string> = Object.create(null);
  for (const [name, value] of parameters) {
    const isField = name.startsWith('HTTP_') || name === 'CONTENT_LENGTH' || name === 'CONTENT_TYPE';
    if (!isField) others[name] = value;
  }
  return others;
}

/** Base, path info and query of a request, raw. */
function split(req: AnyRequest): {
  readonly baseUrl: string;
  readonly pathInfo: string;
  readonly query: string;
} {
  const { url = '', baseUrl = '' } = req;
  const path = pathOf(url);
  const question = url.indexOf('?');
  return {
    baseUrl,
    pathInfo: isBareRequest(req) ? '' : path,
    query: question === -1 ? '' : url.slice(question),
  };
}

function origin(req: AnyRequest): string {
  const scheme = schemeOf(req);
  const asked = parseAuthority(hostOf(req) ?? '');
  const { name, port } = asked ?? serverOf(req);
  const isDefault = port === '' || port === (scheme === 'https' ? '443' : '80');
  return `${scheme}://${name}${isDefault ? '' : `:${port}`}`;
}
