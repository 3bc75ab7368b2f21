/**
 * From the parameters of a gateway protocol to a request as Node has it.
 *
 * Rules of this file: what a front server sends is put right by environ/ and fixup/, by the mount that is configured, and never
 * otherwise; what they refuse throws, with the status that it deserves.
 */

import type { ExchangeHead } from '../bridge/exchange.js';
import { type AnyRequest, keepState } from '../bridge/request.js';
import { type HeaderOptions, requestHeaders } from '../environ/headers.js';
import type { EnvironSplit } from '../fixup/environ.js';
import type { BeginEvent } from '../protocol/events.js';

/** Where a request is shown to be. */
export interface Place {
  /** Path info and query; `/` for an empty path info. */
  readonly url: string;
  /** The mount, percent-encoded. */
  readonly baseUrl: string;
  readonly originalUrl: string;
  /** The path info is empty. */
  readonly isBare: boolean;
}

/** A request as it is to be shown. */
export interface GatewayRequest {
  readonly head: ExchangeHead;
  readonly place: Place;
  /** Parameters that are no header fields. */
  readonly parameters: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, string | undefined>>;
type Splitter = (variables: Variables) => EnvironSplit | undefined;

/**
 * Reads a request; `undefined` where it is not for this mount.
 *
 * @throws {RequestTargetError | EnvironError} what must be refused: `status` 400 or 404.
 */
export function readRequest(
  { id, environ }: BeginEvent,
  split: Splitter,
  isKept: boolean,
  options: HeaderOptions,
): GatewayRequest | undefined {
  const variables: Record<string, string> = Object.create(null);
  for (const [name, value] of environ) variables[name] = value;
  const { headers, contentLength } = requestHeaders(environ, options);
  const found = split(variables);
  if (found === undefined) return undefined;
  const place = placeOf(variables, found, isKept);
  const rawHeaders = headers.flat();
  // So that whoever parses bodies knows that there is one.
  if (contentLength === undefined && isOfUnknownLength(variables)) {
    rawHeaders.push('Transfer-Encoding', 'chunked');
  }
  return {
    head: {
      id,
      method: variables.REQUEST_METHOD ?? 'GET',
      url: place.url,
      httpVersion: /^HTTP\/(\d\.\d)$/.exec(variables.SERVER_PROTOCOL ?? '')?.[1] ?? '1.1',
      rawHeaders,
      contentLength,
      ...addressesOf(variables),
    },
    place,
    parameters: withoutHeaders(variables),
  };
}

/** Header fields are the request's own; what it says of its body too. */
function withoutHeaders(variables: Readonly<Record<string, string>>): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null);
  for (const name in variables) {
    const isField = name.startsWith('HTTP_') || name === 'CONTENT_LENGTH' || name === 'CONTENT_TYPE';
    if (!isField) parameters[name] = variables[name] as string;
  }
  return parameters;
}

function isOfUnknownLength({ CONTENT_LENGTH, HTTP_TRANSFER_ENCODING }: Variables): boolean {
  return CONTENT_LENGTH === '-1' || (HTTP_TRANSFER_ENCODING !== undefined && !CONTENT_LENGTH);
}

function addressesOf(
  variables: Variables,
): Pick<ExchangeHead, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort' | 'encrypted'> {
  const { REMOTE_ADDR, REMOTE_PORT, SERVER_ADDR, SERVER_PORT, HTTPS = '', REQUEST_SCHEME } = variables;
  // nginx says so of a client that came through a Unix socket.
  const remoteAddress = REMOTE_ADDR === '' || REMOTE_ADDR === 'unix:' ? undefined : REMOTE_ADDR;
  return {
    remoteAddress,
    remotePort: portOf(REMOTE_PORT),
    localAddress: SERVER_ADDR === '' ? undefined : SERVER_ADDR,
    localPort: portOf(SERVER_PORT),
    encrypted: /^(?:on|1|https)$/i.test(HTTPS) || REQUEST_SCHEME === 'https',
  };
}

function portOf(value = ''): number | undefined {
  return /^[0-9]{1,5}$/.test(value) ? Number(value) : undefined;
}

/** Where a split puts a request. `isKept`: the mount is still in REQUEST_URI. */
export function placeOf({ REQUEST_URI = '' }: Variables, found: EnvironSplit, isKept: boolean): Place {
  const { rawScriptName: baseUrl, rawPathInfo, query, exact } = found;
  // The target as the client sent it, in origin-form; put together again where the front server took the mount away.
  const target = REQUEST_URI.replace(/^https?:\/\/[^/?]*/i, '');
  const isWhole = isKept && exact && target.startsWith('/');
  return {
    url: (rawPathInfo || '/') + query,
    baseUrl,
    originalUrl: isWhole ? target : (baseUrl + rawPathInfo || '/') + query,
    isBare: rawPathInfo === '',
  };
}

/** Shows a request where it is. */
export function putAt(req: AnyRequest, { url, baseUrl, originalUrl, isBare }: Place): void {
  req.url = url;
  req.baseUrl = baseUrl;
  req.originalUrl = originalUrl;
  if (isBare) keepState(req, { url, baseUrl, isBare, params: undefined });
}
