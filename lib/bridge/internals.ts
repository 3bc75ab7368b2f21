/**
 * The members of Node's `IncomingMessage`, `ServerResponse` and `net.Socket` that are not documented, all that this library
 * touches, as functions with a meaning.
 *
 * Rules of this file: nothing else in the library names such a member. Whatever hooks in is an own property of one response, since
 * Express replaces prototypes. Each function of `internalAccess` has a trial in self-test.ts, and its like in public-api.ts.
 */

import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { AnswerTaker, MessageAccess } from './message-access.js';

/** What Node keeps beside a response. */
interface ResponseInternals {
  _header: string | null;
  _headerSent: boolean;
  _closed: boolean;
  _removedConnection: boolean;
  chunkedEncoding: boolean;
  destroyed: boolean;
  outputData: { data: string; encoding: string; callback: null }[];
  _storeHeader(firstLine: string, headers: unknown): void;
  _flush(): void;
}

/** What Node keeps beside a request. */
interface RequestInternals {
  complete: boolean;
  _consuming?: boolean;
  _addHeaderLines(headers: readonly string[], count: number): void;
  _dump(): void;
}

const takerKey: unique symbol = Symbol('mountpoint.answerTaker');

type HookedResponse = ServerResponse & ResponseInternals & { [takerKey]: AnswerTaker };

function hookHead(res: ServerResponse, taker: AnswerTaker): undefined {
  const hooked = res as HookedResponse;
  hooked[takerKey] = taker;
  hooked._storeHeader = storeHeader;
  // It would only be taken out again.
  hooked._removedConnection = true;
}

const { _storeHeader: originalStoreHeader } = ServerResponse.prototype as unknown as ResponseInternals;

function storeHeader(this: HookedResponse, statusLine: string, headers: unknown): void {
  originalStoreHeader.call(this, statusLine, headers);
  this.chunkedEncoding = false;
  this._headerSent = true;
  const text = this._header ?? `${statusLine}\r\n`;
  this[takerKey].takeHead(text.slice(statusLine.length, -2), this.statusCode, this.statusMessage);
}

function resumeWriting(res: ServerResponse): void {
  const internals = res as unknown as ResponseInternals;
  // Without anything to write it would not look.
  internals.outputData.push({ data: '', encoding: 'latin1', callback: null });
  internals._flush();
}

function closeResponse(res: ServerResponse): void {
  const internals = res as unknown as ResponseInternals;
  if (internals._closed) return;
  internals.destroyed = true;
  internals._closed = true;
  res.emit('close');
}

function setRawHeaders(req: IncomingMessage, raw: readonly string[]): void {
  (req as unknown as RequestInternals)._addHeaderLines(raw, raw.length);
}

function completeRequest(req: IncomingMessage): void {
  (req as unknown as RequestInternals).complete = true;
  req.push(null);
}

function dumpRequest(req: IncomingMessage): void {
  const internals = req as unknown as RequestInternals;
  if (internals._consuming !== true) internals._dump();
}

/** The fast way; `headers` of a request are made when they are asked for. */
export const internalAccess: MessageAccess = {
  hookHead,
  resumeWriting,
  closeResponse,
  setRawHeaders,
  completeRequest,
  dumpRequest,
};

/**
 * Gives a response its socket, as an HTTP server does. This and `detach()` Node has in its types, if not on its pages, for
 * whoever makes a response; there is no other way.
 */
export function attach(res: ServerResponse, socket: Writable): void {
  res.assignSocket(socket as never);
}

export function detach(res: ServerResponse, socket: Writable): void {
  if (res.socket !== null) res.detachSocket(socket as never);
}

/** What Node keeps beside a socket that was made with the option `onread`. */
interface SocketInternals {
  readonly _handle?: { useUserBuffer?(buffer: Uint8Array): void } | null;
  [name: symbol]: unknown;
}

/**
 * Has a socket read into one buffer, as the option `onread` of `net.connect()` does, which a server's sockets are not
 * made with: without it each read makes a buffer of 64 KiB. Says whether it does; where not, it emits `data`.
 */
export function readInto(socket: object, buffer: Uint8Array, take: (bytes: Uint8Array) => void): boolean {
  const internals = socket as SocketInternals;
  const symbols = Object.getOwnPropertySymbols(socket);
  const [bufferKey, callbackKey, makerKey] = ['kBuffer', 'kBufferCb', 'kBufferGen'].map((name) =>
    symbols.find((symbol) => symbol.description === name),
  );
  if (bufferKey === undefined || callbackKey === undefined || makerKey === undefined) return false;
  if (internals[bufferKey] !== null || typeof internals._handle?.useUserBuffer !== 'function') return false;
  internals[bufferKey] = buffer;
  internals[callbackKey] = (count: number): void => take(buffer.subarray(0, count));
  internals[makerKey] = null;
  internals._handle.useUserBuffer(buffer);
  return true;
}
