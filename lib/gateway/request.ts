/**
 * From the parameters of a gateway protocol to a request as Node has it.
 *
 * Rules of this file: what a front server sends is put right by environ/ and fixup/, by the mount that is configured, and never
 * otherwise; what they refuse throws, with the status that it deserves.
 */

import type { ExchangeHead } from '../bridge/exchange.js';
import { type HeaderOptions, requestHeaders } from '../environ/headers.js';
import type { EnvironSplit } from '../fixup/environ.js';
import type { BeginEvent } from '../protocol/events.js';

/** A request as it is to be shown. */
export interface GatewayRequest {
  readonly head: ExchangeHead;
  /** The mount, percent-encoded. */
  readonly baseUrl: string;
  readonly originalUrl: string;
  /** Parameters that are no header fields. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The path info is empty, which shows as `/`. */
  readonly isBare: boolean;
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
  const { rawScriptName, rawPathInfo, query } = found;
  const rawHeaders = headers.flat();
  // So that whoever parses bodies knows that there is one.
  if (contentLength === undefined && isOfUnknownLength(variables)) {
    rawHeaders.push('Transfer-Encoding', 'chunked');
  }
  return {
    head: {
      id,
      method: variables.REQUEST_METHOD ?? 'GET',
      url: (rawPathInfo === '' ? '/' : rawPathInfo) + query,
      httpVersion: /^HTTP\/(\d\.\d)$/.exec(variables.SERVER_PROTOCOL ?? '')?.[1] ?? '1.1',
      rawHeaders,
      contentLength,
      ...addressesOf(variables),
    },
    baseUrl: rawScriptName,
    originalUrl: originalUrl(variables, found, isKept),
    isBare: rawPathInfo === '',
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

/** The target as the client sent it, in origin-form; put together again where the front server took the mount away. */
export function originalUrl(
  { REQUEST_URI = '' }: Variables,
  { rawScriptName, rawPathInfo, query, exact }: EnvironSplit,
  isKept: boolean,
): string {
  const target = REQUEST_URI.replace(/^https?:\/\/[^/?]*/i, '');
  return isKept && exact && target.startsWith('/') ? target : (rawScriptName + rawPathInfo || '/') + query;
}
