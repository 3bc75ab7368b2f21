/**
 * From the parameters of a gateway protocol to a request as Node has it.
 *
 * Rules of this file: what a front server sends is put right by environ/ and fixup/, by the mount that is configured, and never
 * otherwise; what they refuse throws, with the status that it deserves.
 */

import type { ExchangeHead } from '../bridge/exchange.js';
import type { ExchangeAddresses } from '../bridge/exchange-socket.js';
import { type AnyRequest, keepState } from '../bridge/request.js';
import { type CollisionPolicy, readHeaders, splitCookies } from '../environ/headers.js';
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
}

type Variables = Readonly<Record<string, string | undefined>>;
type Splitter = (variables: Variables) => EnvironSplit | undefined;

/** How requests are read. */
export interface RequestOptions {
  readonly split: Splitter;
  /** Whether the mount is still in REQUEST_URI. */
  readonly isKept: boolean;
  readonly collisions: CollisionPolicy;
}

/**
 * Reads a request; `undefined` where it is not for this mount.
 *
 * @throws {RequestTargetError | EnvironError} what must be refused: `status` 400 or 404.
 */
export function readRequest(
  { id, environ, headers: fields }: BeginEvent,
  { split, isKept, collisions }: RequestOptions,
): GatewayRequest | undefined {
  const variables: Record<string, string> = Object.create(null);
  for (const [name, value] of environ) variables[name] = value;
  const { headers, contentLength } = readHeaders(environ, collisions);
  const found = split(variables);
  if (found === undefined) return undefined;
  const place = placeOf(variables, found, isKept);
  const rawHeaders: string[] = [];
  for (const [name, value] of fields ?? headers) {
    rawHeaders.push(name, fields !== undefined && name === 'Cookie' ? splitCookies(value) : value);
  }
  // So that whoever parses bodies knows that there is one.
  if (fields === undefined && contentLength === undefined && isOfUnknownLength(variables)) {
    rawHeaders.push('Transfer-Encoding', 'chunked');
  }
  return {
    head: {
      id,
      method: variables.REQUEST_METHOD ?? 'GET',
      url: place.url,
      httpVersion: versionOf(variables.SERVER_PROTOCOL),
      rawHeaders,
      contentLength,
      addresses: new EnvironAddresses(variables),
    },
    place,
  };
}

function versionOf(protocol = ''): string {
  if (protocol === 'HTTP/1.1') return '1.1';
  return /^HTTP\/(\d\.\d)$/.exec(protocol)?.[1] ?? '1.1';
}

function isOfUnknownLength({ CONTENT_LENGTH, HTTP_TRANSFER_ENCODING }: Variables): boolean {
  return CONTENT_LENGTH === '-1' || (HTTP_TRANSFER_ENCODING !== undefined && !CONTENT_LENGTH);
}

/** Who is at the other end; looked at only when somebody asks. */
class EnvironAddresses implements ExchangeAddresses {
  readonly #variables: Variables;

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  get remoteAddress(): string | undefined {
    const { REMOTE_ADDR } = this.#variables;
    // nginx says so of a client that came through a Unix socket.
    return REMOTE_ADDR === '' || REMOTE_ADDR === 'unix:' ? undefined : REMOTE_ADDR;
  }

  get remotePort(): number | undefined {
    return portOf(this.#variables.REMOTE_PORT);
  }

  get localAddress(): string | undefined {
    return this.#variables.SERVER_ADDR || undefined;
  }

  get localPort(): number | undefined {
    return portOf(this.#variables.SERVER_PORT);
  }

  get encrypted(): boolean {
    const { HTTPS = '', REQUEST_SCHEME } = this.#variables;
    return /^(?:on|1|https)$/i.test(HTTPS) || REQUEST_SCHEME === 'https';
  }
}

function portOf(value = ''): number | undefined {
  return /^[0-9]{1,5}$/.test(value) ? Number(value) : undefined;
}

/** Where a split puts a request. `isKept`: the mount is still in REQUEST_URI. */
export function placeOf({ REQUEST_URI = '' }: Variables, found: EnvironSplit, isKept: boolean): Place {
  const { rawScriptName: baseUrl, rawPathInfo, query, exact } = found;
  // The target as the client sent it, in origin-form; put together again where the front server took the mount away.
  const target = REQUEST_URI.startsWith('/') ? REQUEST_URI : REQUEST_URI.replace(/^https?:\/\/[^/?]*/i, '');
  const isWhole = isKept && exact && target.startsWith('/');
  return {
    url: escaped((rawPathInfo || '/') + query),
    baseUrl: escaped(baseUrl),
    originalUrl: escaped(isWhole ? target : (baseUrl + rawPathInfo || '/') + query),
    isBare: rawPathInfo === '',
  };
}

/** Bytes that no URL can hold as they are: Node's own parser refuses them, front servers do not. */
function escaped(url: string): string {
  if (!/[\u0080-\u00ff]/.test(url)) return url;
  return url.replace(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Shows a request where it is. */
export function putAt(req: AnyRequest, { url, baseUrl, originalUrl, isBare }: Place): void {
  req.url = url;
  req.baseUrl = baseUrl;
  req.originalUrl = originalUrl;
  if (isBare) keepState(req, { url, baseUrl, isBare, params: undefined });
}
