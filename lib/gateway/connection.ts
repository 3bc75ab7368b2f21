/**
 * One connection of a front server: bytes of a socket to events of a codec, events to exchanges, and back. The same for every
 * protocol.
 *
 * Rules of this file: one owner of back-pressure, this one: a full socket makes exchanges wait, an exchange that is not read
 * pauses the socket, or, where others share it, what waits is bounded. What breaks a connection is logged, and touches no
 * other.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Exchange, type ExchangeSink } from '../bridge/exchange.js';
import type { ExchangeAddresses } from '../bridge/exchange-socket.js';
import { readInto } from '../bridge/internals.js';
import { type AnyRequest, keepParameters } from '../bridge/request.js';
import { environSplitter } from '../fixup/environ.js';
import type {
  AnswerEvent,
  BeginEvent,
  Connection,
  ManagementEvent,
  ProtocolEvent,
} from '../protocol/events.js';
import type { Clock, Timed } from './clock.js';
import type { GatewayTimeouts } from './options.js';
import { type GatewayRequest, putAt, type RequestOptions, readRequest } from './request.js';

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

/** What a connection is served with. */
export interface ConnectionOptions extends RequestOptions {
  readonly handle: Handler;
  /** Answers whether a request may go on; without it, whoever asks is refused. */
  readonly authorize?: Handler | undefined;
  /** Says what is wrong where a request is for another mount than this one; `undefined` where that was said before. */
  readonly outside: (environ: BeginEvent['environ']) => string | undefined;
  readonly log: (message: string) => void;
  /** Whether the protocol reaches the front server's error log. */
  readonly hasErrorLog: boolean;
  /** Whether what is about one request is told to its front server. */
  readonly logsToFrontServer?: boolean;
  readonly timeouts: Required<GatewayTimeouts>;
  /** Whether connections end as soon as nothing is under way on them. */
  readonly isClosing: () => boolean;
  /** How many requests one connection may carry, and how many bytes of them may wait where there are several. */
  readonly maxRequests: number;
  readonly maxBufferedBytes: number;
}

/** Where an authorizer is asked, all paths lie below the mount. */
const splitAnywhere = environSplitter({ mount: '/' });

/** What any socket reads into: it is used up before the next one reads. */
const received = Buffer.allocUnsafeSlow(65_536);

/** What a body is asked for at a time, where it has to be; no packet is larger. */
const pulledBytes = 65_536;

/** Milliseconds that a peer has to read why its connection ends. */
const lingering = 1000;

/** A request that is under way. */
interface Running {
  readonly exchange: Exchange;
  /** When it began. */
  readonly since: number;
}

export class GatewayConnection implements ExchangeSink, Timed {
  readonly #socket: Duplex;
  readonly #codec: Connection;
  readonly #options: ConnectionOptions;
  readonly #clock: Clock;
  readonly #running = new Map<number, Running>();
  /** Those whose answer waits to be written, while a front server has their id again. */
  readonly #leaving = new Set<Exchange>();
  /** Exchanges that are not read fast enough. */
  readonly #paused = new Set<number>();
  /** What is waited for, where no request is under way, and since when. */
  #awaited: 'firstByte' | 'headers' | 'idle' = 'firstByte';
  #since: number;
  /** Nothing that comes counts any more. */
  #isBroken = false;
  /** What the codec answers by itself is not read. */
  #isPeerSlow = false;

  constructor(socket: Duplex, codec: Connection, options: ConnectionOptions, clock: Clock) {
    this.#socket = socket;
    this.#codec = codec;
    this.#options = options;
    this.#clock = clock;
    clock.add(this);
    this.#since = clock.now;
    const receive = (bytes: Uint8Array): void => this.receive(bytes);
    if (!readInto(socket, received, receive)) socket.on('data', receive);
    socket.on('end', () => this.receive(null));
    socket.on('drain', () => {
      if (this.#isPeerSlow) {
        this.#isPeerSlow = false;
        socket.resume();
      }
      for (const exchange of this.#leaving) exchange.drained();
      this.#leaving.clear();
      for (const { exchange } of this.#running.values()) exchange.drained();
    });
    // A front server that goes away is told by `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clock.delete(this);
      for (const exchange of this.#leaving) exchange.abort();
      this.#leaving.clear();
      for (const { exchange } of [...this.#running.values()]) exchange.abort();
      this.#running.clear();
    });
  }

  get hasErrorLog(): boolean {
    return this.#options.hasErrorLog;
  }

  report(text: string): void {
    this.#options.log(text);
  }

  /** Whether nothing is under way on it. */
  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Whether it was broken off here, for a reason that was logged. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Whether a request may have begun, of which no more than a part has come. */
  get hasPart(): boolean {
    return this.isIdle && this.#awaited === 'headers';
  }

  /** Takes bytes that were read; `null`: there are no more. */
  receive(bytes: Uint8Array | null): void {
    // What comes after our end cannot be answered: whoever sent it asks elsewhere.
    if (this.#isBroken || this.#socket.writableEnded) return;
    if (this.#awaited !== 'headers' && bytes !== null && bytes.length > 0) {
      this.#awaited = 'headers';
      this.#since = this.#clock.now;
    }
    const isUnderWay = !this.isIdle;
    const events = this.#codec.receive(bytes);
    for (const event of events) {
      // An application that broke off ended all of it: what else came is not to run.
      if (this.#isBroken || this.#socket.writableEnded || this.#socket.destroyed) return;
      // A client that goes amid its upload is no mistake of the front server, which goes with it.
      if (event.type === 'error' && event.code === 'ERR_PROTOCOL_TRUNCATED' && isUnderWay) break;
      this.#take(event);
    }
    if (bytes === null && this.isIdle) this.#socket.end();
    // A question to the codec is no part of a request.
    if (this.isIdle && events.length > 0 && events.every(({ type }) => type === 'management')) {
      this.#awaited = 'idle';
    }
  }

  #take(event: ProtocolEvent): void {
    if (event.type === 'begin') this.#begin(event);
    else if (event.type === 'body') this.#body(event.id, event.bytes);
    else if (event.type === 'end') this.#running.get(event.id)?.exchange.end();
    else if (event.type === 'abort') this.#running.get(event.id)?.exchange.abort();
    else if (event.type === 'management') this.#manage(event);
    else if (event.type === 'error') this.#break(`${event.code}: ${event.message}`);
  }

  /** A peer that asks and asks, and reads no answer, is not read any more until it does. */
  #manage(event: ManagementEvent): void {
    if (this.#write(this.#codec.send([event]))) return;
    this.#isPeerSlow = true;
    this.#socket.pause();
  }

  /** Nothing of this connection is to be trusted any more. */
  #break(reason: string): void {
    this.#isBroken = true;
    this.#options.log(reason);
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const { exchange } of running) exchange.abort();
    this.#finish();
  }

  #begin(event: BeginEvent): void {
    const { authorize, handle } = this.#options;
    const isAuthorization = event.role === 'authorizer';
    if (isAuthorization && authorize === undefined) {
      this.#options.log(
        'a front server must ask for answers where there is no authorizer, got a question for one',
      );
      this.#write(this.#codec.send([{ type: 'end', id: event.id, refused: 'unknown-role' }]));
      this.#rest();
      return;
    }
    const request = this.#read(event, isAuthorization);
    if ('status' in request) {
      this.#refuse(event, request.status, request.message);
      return;
    }
    const exchange = this.#start(event.id, new Exchange(request.head, this));
    const req: AnyRequest = exchange.req;
    keepParameters(req, event.environ);
    putAt(req, request.place);
    (isAuthorization && authorize !== undefined ? authorize : handle)(req, exchange.res);
    this.#pull(event.id);
  }

  #start(id: number, exchange: Exchange): Exchange {
    const before = this.#running.get(id)?.exchange;
    if (before !== undefined) {
      before.release();
      this.#leaving.add(before);
      this.resume(id);
    }
    this.#running.set(id, { exchange, since: this.#clock.now });
    return exchange;
  }

  /** The request, or the status that it is refused with. */
  #read(
    event: BeginEvent,
    isAuthorization: boolean,
  ): GatewayRequest | { readonly status: number; readonly message: string | undefined } {
    try {
      const options = isAuthorization
        ? { ...this.#options, split: splitAnywhere, isKept: true }
        : this.#options;
      const request = readRequest(event, options);
      return request ?? { status: 404, message: this.#options.outside(event.environ) };
    } catch (error) {
      const { status, message } = error as { status?: unknown; message: string };
      if (typeof status !== 'number') throw error;
      return { status, message };
    }
  }

  /** Answers what no application gets to see. */
  #refuse({ id, environ }: BeginEvent, status: number, message: string | undefined): void {
    const method = environ.findLast(([name]) => name === 'REQUEST_METHOD')?.[1] ?? 'GET';
    const head = { id, method, url: '/', httpVersion: '1.1', rawHeaders: [], contentLength: undefined };
    const exchange = this.#start(id, new Exchange({ ...head, addresses: nobody }, this));
    if (message !== undefined && this.#options.logsToFrontServer) exchange.writeError(`${message}\n`);
    else if (message !== undefined) this.#options.log(message);
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

  #body(id: number, bytes: Uint8Array): void {
    this.#running.get(id)?.exchange.body(bytes);
    this.#pull(id);
  }

  /** Asks for more of a body, where the protocol wants to be asked. */
  #pull(id: number): void {
    if (this.#paused.has(id) || !this.#running.has(id)) return;
    const parts = this.#codec.send([{ type: 'pull', id, count: pulledBytes }]);
    if (parts.length > 0) this.#write(parts);
  }

  pause(id: number): void {
    if (!this.#running.has(id)) return;
    this.#paused.add(id);
    // One that is not read must not keep the others from being read, but for a price.
    if (this.#options.maxRequests > 1 && this.#bufferedBytes() <= this.#options.maxBufferedBytes) return;
    this.#socket.pause();
  }

  #bufferedBytes(): number {
    let bytes = 0;
    for (const { exchange } of this.#running.values()) bytes += exchange.req.readableLength;
    return bytes;
  }

  resume(id: number): void {
    if (!this.#paused.delete(id)) return;
    if (!this.#isPeerSlow) this.#socket.resume();
    this.#pull(id);
  }

  done(id: number): void {
    this.#running.delete(id);
    this.resume(id);
    this.#rest();
  }

  /** Where nothing is under way, the next request is waited for, or the end. */
  #rest(): void {
    if (!this.isIdle) return;
    this.#awaited = 'idle';
    this.#since = this.#clock.now;
    if (!this.#codec.reusable || this.#options.isClosing()) this.#socket.end();
  }

  failed(id: number): void {
    const isAlone = this.#running.size === 1;
    if (!this.#running.delete(id) || this.#socket.destroyed) return;
    // The front server has to hear that the answer is not complete: of one of several, by its status.
    if (!isAlone) {
      this.#write(this.#codec.send([{ type: 'end', id, appStatus: 1 }]));
      // The others are not to wait for it.
      this.resume(id);
      return;
    }
    // nginx takes a connection that is closed for the end of an answer of unknown length.
    const parts = this.#codec.send([{ type: 'abort', id }]);
    if (parts.length > 0) {
      this.#write(parts);
      this.#finish();
    } else if (this.#socket instanceof Socket && this.#socket.remoteAddress !== undefined) {
      this.#socket.resetAndDestroy();
    } else {
      this.#socket.destroy();
    }
  }

  /** What was written still goes out: a peer that has yet to read it must not be reset. */
  #finish(): void {
    this.#socket.end();
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), lingering).unref();
  }

  lookAt(now: number): void {
    if (this.#isBroken) return;
    const { timeouts } = this.#options;
    if (!this.isIdle) {
      const isLate = ({ exchange, since }: Running): boolean =>
        !exchange.req.complete && now - since > timeouts.request;
      if (timeouts.request > 0 && [...this.#running.values()].some(isLate)) {
        this.#break(
          `a request must be complete within ${timeouts.request} ms (timeouts.request), got a part of it`,
        );
      }
      return;
    }
    const limit = timeouts[this.#awaited];
    if (limit === 0 || now - this.#since <= limit) return;
    if (this.#awaited === 'headers') {
      this.#break(
        `the parameters of a request must come within ${limit} ms (timeouts.headers), got a part of them`,
      );
    } else {
      this.#socket.end();
      this.#socket.destroy();
    }
  }
}

const nobody: ExchangeAddresses = {
  remoteAddress: undefined,
  remotePort: undefined,
  localAddress: undefined,
  localPort: undefined,
  encrypted: false,
};
