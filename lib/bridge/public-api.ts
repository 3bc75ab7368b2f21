/**
 * What an exchange needs of Node's messages, by what the documentation of `node:http` and `node:stream` promises alone: for a
 * Node whose internals are not as internals.ts knows them.
 *
 * Rules of this file: nothing that is not documented. What Node may not let be assigned is defined, as an own property of
 * one message.
 */

import { type IncomingMessage, ServerResponse } from 'node:http';
import { AnswerReader } from './answer-reader.js';
import type { AnswerTaker, MessageAccess } from './message-access.js';

/** Fields of which the first counts, as Node's page on `message.headers` has them. */
const single: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Each field in the order in which it came first, with all its values. */
function distinctOf(raw: readonly string[]): Map<string, string[]> {
  const distinct = new Map<string, string[]>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase();
    const value = raw[index + 1] as string;
    const values = distinct.get(name);
    if (values === undefined) distinct.set(name, [value]);
    else values.push(value);
  }
  return distinct;
}

function joined(name: string, values: readonly string[]): string | readonly string[] | undefined {
  if (name === 'set-cookie') return values;
  if (single.has(name)) return values[0];
  return values.join(name === 'cookie' ? '; ' : ', ');
}

function setRawHeaders(req: IncomingMessage, raw: readonly string[]): void {
  const headers = {};
  const headersDistinct = Object.create(null) as object;
  for (const [name, values] of distinctOf(raw)) {
    // An object that inherits cannot have it as a field; Node's has not.
    if (name !== '__proto__') define(headers, name, joined(name, [...values]));
    define(headersDistinct, name, values);
  }
  define(req, 'rawHeaders', raw);
  define(req, 'headers', headers);
  define(req, 'headersDistinct', headersDistinct);
}

function hookHead(res: ServerResponse, taker: AnswerTaker): AnswerReader {
  return new AnswerReader(taker, res.req.method);
}

/** What Node says of a response itself. */
const needsDrain = (res: ServerResponse): boolean =>
  Reflect.get(ServerResponse.prototype, 'writableNeedDrain', res) === true;

function resumeWriting(res: ServerResponse): void {
  if (!needsDrain(res)) return;
  // Node would say so for good, and whoever pipes to it wait for good.
  Object.defineProperty(res, 'writableNeedDrain', {
    get: () => needsDrain(res) && res.socket?.writableNeedDrain === true,
    configurable: true,
  });
  res.emit('drain');
}

function closeResponse(res: ServerResponse): void {
  if (res.closed) return;
  define(res, 'destroyed', true);
  define(res, 'closed', true);
  res.emit('close');
}

function completeRequest(req: IncomingMessage): void {
  define(req, 'complete', true);
  req.push(null);
}

function dumpRequest(req: IncomingMessage): void {
  const listeners = req.listenerCount('data') + req.listenerCount('readable');
  if (!req.readableDidRead && listeners === 0) req.resume();
}

/** The slow way, which any Node has. */
export const publicAccess: MessageAccess = {
  hookHead,
  resumeWriting,
  closeResponse,
  setRawHeaders,
  completeRequest,
  dumpRequest,
};
