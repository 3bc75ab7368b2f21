/**
 * A request as the client sent it to the proxy: without the fields that proxies added, with the client's host, over a
 * view of the socket. All of it can be put back.
 *
 * Rules of this file: objects of the request are replaced, never changed: others may hold them. The three forms of the
 * header (`headers`, `rawHeaders`, `headersDistinct`) always say the same.
 */

import type { IncomingMessage } from 'node:http';
import type { AnyRequest } from './request.js';

type Socket = IncomingMessage['socket'];
type Headers = IncomingMessage['headers'];

/** Names of fields that go. */
export interface TakenOff {
  has(name: string): boolean;
}

/** What a request is to show otherwise; `undefined` for what stays. */
export interface RequestView {
  readonly takenOff: TakenOff;
  /** The raw header without the fields that go, where there are such. */
  readonly rawHeaders: string[] | undefined;
  /** Instead of Host and `:authority`. */
  readonly host: string | undefined;
  readonly scheme: string | undefined;
  readonly socket: Socket | undefined;
}

/**
 * A request as it came, where `behindProxy()` shows it otherwise: what is kept below `Symbol.for('mountpoint.forwarded')`.
 */
export interface ForwardedOriginal {
  readonly headers: Headers;
  readonly rawHeaders: string[];
  readonly socket: Socket;
  readonly url: string | undefined;
  /** Whether the peer is a proxy that is trusted. */
  readonly isTrusted: boolean;
}

// One symbol for all copies of the library in a process.
const originalKey: unique symbol = Symbol.for('mountpoint.forwarded') as never;

type Viewed = AnyRequest & { [originalKey]?: ForwardedOriginal | undefined };

/** A raw header without the fields that go; `undefined` where none goes. */
export function withoutFields(raw: readonly string[], takenOff: TakenOff): string[] | undefined {
  let left: string[] | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    if (takenOff.has(name)) left ??= raw.slice(0, index);
    else left?.push(name, raw[index + 1] as string);
  }
  return left;
}

/** A property of a request, as it was: `undefined` for one that it had not of its own. */
type Property = readonly [name: string, before: PropertyDescriptor | undefined];

/** What `restoreRequest()` needs. */
export interface Shown {
  readonly original: ForwardedOriginal;
  readonly before: ForwardedOriginal | undefined;
  readonly defined: readonly Property[];
}

/** Shows a request otherwise. */
export function showRequest(req: Viewed, view: RequestView, isTrusted: boolean): Shown {
  const { headers, rawHeaders, socket, url } = req;
  const original = { headers, rawHeaders, socket, url, isTrusted };
  const before = req[originalKey];
  req[originalKey] = original;
  const defined =
    req.httpVersionMajor === 2 ? showHttp2(req, view) : showHttp1(req, view, before !== undefined);
  return { original, before, defined };
}

/** Puts all back. */
export function restoreRequest(req: Viewed, { original, before, defined }: Shown): void {
  req[originalKey] = before;
  for (const [name, descriptor] of defined) {
    if (descriptor === undefined) Reflect.deleteProperty(req, name);
    else Object.defineProperty(req, name, descriptor);
  }
  if (req.httpVersionMajor === 2) return;
  req.headers = original.headers;
  req.rawHeaders = original.rawHeaders;
  if (req.socket !== original.socket) setSocket(req, original.socket);
}

/** `connection` follows. */
function setSocket(req: AnyRequest & { client?: unknown }, socket: Socket): void {
  req.socket = socket;
  // Its oldest name, a property of its own.
  if (req.client !== undefined) req.client = socket;
}

/** In HTTP/1.1 nearly all can be set. `isNested`: it was shown so before. */
function showHttp1(req: AnyRequest, view: RequestView, isNested: boolean): readonly Property[] {
  if (view.socket !== undefined) setSocket(req, view.socket);
  if (view.rawHeaders === undefined && view.host === undefined) return [];
  req.headers = viewHeaders(req.headers, view);
  req.rawHeaders = viewRawHeaders(req.rawHeaders, view);
  // Node counts the raw fields that it once had, and would read past the end of these.
  Object.defineProperty(req, 'headersDistinct', distinct);
  return isNested ? distinctAgain : distinctOnly;
}

/** In HTTP/2 they are accessors that cannot be set. */
function showHttp2(req: AnyRequest, view: RequestView): readonly Property[] {
  const { socket = req.socket, host, scheme } = view;
  const headers = viewHeaders(req.headers, view);
  // The names of those that are not to be indexed.
  for (const symbol of Object.getOwnPropertySymbols(req.headers)) {
    define(headers, symbol, Reflect.get(req.headers, symbol));
  }
  const values = {
    headers,
    rawHeaders: viewRawHeaders(req.rawHeaders, view),
    ...{ socket, connection: socket },
    ...(host !== undefined && { authority: host }),
    ...(scheme !== undefined && { scheme }),
  };
  return Object.entries(values).map(([name, value]) => {
    const before = Object.getOwnPropertyDescriptor(req, name);
    define(req, name, value);
    return [name, before];
  });
}

function define(target: object, name: string | symbol, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false });
}

function viewHeaders(headers: Headers, { takenOff, rawHeaders, host, scheme }: RequestView): Headers {
  const shown: Headers = {};
  for (const name in headers) {
    if (rawHeaders === undefined || !takenOff.has(name)) shown[name] = headers[name];
  }
  if (host !== undefined) {
    const hasAuthority = ':authority' in shown;
    if (hasAuthority) shown[':authority'] = host;
    if (!hasAuthority || shown.host !== undefined) shown.host = host;
  }
  if (scheme !== undefined && ':scheme' in shown) shown[':scheme'] = scheme;
  return shown;
}

function viewRawHeaders(raw: readonly string[], { rawHeaders, host, scheme }: RequestView): string[] {
  const all = rawHeaders ?? raw.slice();
  if (host === undefined && scheme === undefined) return all;
  let hasHost = false;
  let hasAuthority = false;
  for (let index = 0; index < all.length; index += 2) {
    const name = all[index] as string;
    if (isHost(name)) {
      if (host === undefined) continue;
      // A second one could name another host.
      if (hasHost) all.splice(index, 2);
      else all[index + 1] = host;
      index -= hasHost ? 2 : 0;
      hasHost = true;
    } else if (name === ':authority') {
      hasAuthority = true;
      all[index + 1] = host ?? (all[index + 1] as string);
    } else if (name === ':scheme') {
      all[index + 1] = scheme ?? (all[index + 1] as string);
    }
  }
  if (host !== undefined && !hasHost && !hasAuthority) all.push('Host', host);
  return all;
}

function isHost(name: string): boolean {
  return name.length === 4 && name.toLowerCase() === 'host';
}

/** Node's `headersDistinct`, made of the raw header that is shown. */
const distinct: PropertyDescriptor = {
  configurable: true,
  enumerable: false,
  get(this: IncomingMessage) {
    const values: Record<string, string[]> = Object.create(null);
    const { rawHeaders } = this;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] as string).toLowerCase();
      const value = rawHeaders[index + 1] as string;
      const known = values[name];
      if (known === undefined) values[name] = [value];
      else known.push(value);
    }
    define(this, 'headersDistinct', values);
    return values;
  },
  set(this: IncomingMessage, value: unknown) {
    define(this, 'headersDistinct', value);
  },
};

const distinctOnly: readonly Property[] = [['headersDistinct', undefined]];
const distinctAgain: readonly Property[] = [['headersDistinct', distinct]];
