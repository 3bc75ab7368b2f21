/**
 * One connection of a front server: bytes of a socket to events of a codec, events to exchanges, and back. The same for every
 * protocol.
 *
 * Rules of this file: one owner of back-pressure, this one: a full socket makes exchanges wait, an exchange that is not read
 * pauses the socket. What breaks a connection is logged, and touches no other.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Exchange, type ExchangeSink } from '../bridge/exchange.js';
import type { ExchangeAddresses } from '../bridge/exchange-socket.js';
import { readInto } from '../bridge/internals.js';
import type { AnyRequest } from '../bridge/request.js';
import { keepParameters } from '../bridge/request.js';
import type { AnswerEvent, BeginEvent, Connection, ProtocolEvent } from '../protocol/events.js';
import { type GatewayRequest, putAt, type RequestOptions, readRequest } from './request.js';

/** What a connection is served with. */
export interface ConnectionOptions extends RequestOptions {
  readonly handle: (req: IncomingMessage, res: ServerResponse) => void;
  /** A request for another mount than this one. */
  readonly outside: (environ: BeginEvent['environ']) => void;
  readonly log: (message: string) => void;
}

/** What any socket reads into: it is used up before the next one reads. */
const received = Buffer.allocUnsafeSlow(65_536);

export class GatewayConnection implements ExchangeSink {
  readonly #socket: Socket;
  readonly #codec: Connection;
  readonly #options: ConnectionOptions;
  readonly #exchanges = new Map<number, Exchange>();
  /** Exchanges that are not read fast enough. */
  readonly #paused = new Set<number>();

  constructor(socket: Socket, codec: Connection, options: ConnectionOptions) {
    this.#socket = socket;
    this.#codec = codec;
    this.#options = options;
    const receive = (bytes: Uint8Array): void => this.#receive(bytes);
    if (!readInto(socket, received, receive)) socket.on('data', receive);
    socket.on('end', () => this.#receive(null));
    socket.on('drain', () => {
      for (const exchange of this.#exchanges.values()) exchange.drained();
    });
    // A front server that goes away is told by `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const exchange of [...this.#exchanges.values()]) exchange.abort();
      this.#exchanges.clear();
    });
  }

  /** Whether nothing is under way on it. */
  get isIdle(): boolean {
    return this.#exchanges.size === 0;
  }

  #receive(bytes: Uint8Array | null): void {
    for (const event of this.#codec.receive(bytes)) this.#take(event);
    if (bytes === null && this.isIdle) this.#socket.end();
  }

  #take(event: ProtocolEvent): void {
    if (event.type === 'begin') this.#begin(event);
    else if (event.type === 'body') this.#exchanges.get(event.id)?.body(event.bytes);
    else if (event.type === 'end') this.#exchanges.get(event.id)?.end();
    else if (event.type === 'abort') this.#exchanges.get(event.id)?.abort();
    else if (event.type === 'management') this.#write(this.#codec.send([event]));
    else if (event.type === 'error') this.#break(`${event.code}: ${event.message}`);
  }

  #break(reason: string): void {
    this.#options.log(reason);
    this.#socket.destroy();
  }

  #begin(event: BeginEvent): void {
    const request = this.#read(event);
    if (typeof request === 'number') {
      this.#refuse(event, request);
      return;
    }
    const exchange = new Exchange(request.head, this);
    this.#exchanges.set(event.id, exchange);
    const req: AnyRequest = exchange.req;
    keepParameters(req, event.environ);
    putAt(req, request.place);
    this.#options.handle(req, exchange.res);
  }

  /** The request, or the status that it is refused with. */
  #read(event: BeginEvent): GatewayRequest | number {
    try {
      const request = readRequest(event, this.#options);
      if (request !== undefined) return request;
      this.#options.outside(event.environ);
      return 404;
    } catch (error) {
      const { status, message } = error as { status?: unknown; message: string };
      if (typeof status !== 'number') throw error;
      this.#options.log(message);
      return status;
    }
  }

  /** Answers what no application gets to see. */
  #refuse({ id, environ }: BeginEvent, status: number): void {
    const method = environ.findLast(([name]) => name === 'REQUEST_METHOD')?.[1] ?? 'GET';
    const head = { id, method, url: '/', httpVersion: '1.1', rawHeaders: [], contentLength: undefined };
    const exchange = new Exchange({ ...head, addresses: nobody }, this);
    this.#exchanges.set(id, exchange);
    exchange.res.writeHead(status, { 'Content-Length': '0' }).end();
  }

  send(events: readonly AnswerEvent[]): boolean {
    return this.#write(this.#codec.send(events));
  }

  #write(parts: readonly Uint8Array[]): boolean {
    if (this.#socket.destroyed) return true;
    if (parts.length > 1) this.#socket.cork();
    let isFree = !this.#socket.writableNeedDrain;
    for (const part of parts) isFree = this.#socket.write(part);
    if (parts.length > 1) this.#socket.uncork();
    return isFree;
  }

  pause(id: number): void {
    if (!this.#exchanges.has(id)) return;
    this.#paused.add(id);
    this.#socket.pause();
  }

  resume(id: number): void {
    if (this.#paused.delete(id) && this.#paused.size === 0) this.#socket.resume();
  }

  done(id: number): void {
    this.#exchanges.delete(id);
    this.resume(id);
    if (this.isIdle && !this.#codec.reusable) this.#socket.end();
  }

  failed(id: number): void {
    const isAlone = this.#exchanges.size === 1;
    this.#exchanges.delete(id);
    if (this.#socket.destroyed) return;
    // The front server has to hear that the answer is not complete: for one of several, by its status.
    if (isAlone) this.#socket.destroy();
    else this.#write(this.#codec.send([{ type: 'end', id, appStatus: 1 }]));
  }
}

const nobody: ExchangeAddresses = {
  remoteAddress: undefined,
  remotePort: undefined,
  localAddress: undefined,
  localPort: undefined,
  encrypted: false,
};
