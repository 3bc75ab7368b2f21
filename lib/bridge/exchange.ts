/**
 * One request and its answer, between the events of a gateway protocol and a real `IncomingMessage` and `ServerResponse`.
 *
 * Rules of this file: stock objects of Node over a Duplex, since Express and Koa need them; what an application sees and
 * hears, in which order, is what it would over HTTP. Framing is the protocol's, so none of HTTP's reaches it.
 */

import { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerEvent } from '../protocol/events.js';
import { type ExchangeAddresses, type ExchangeOwner, ExchangeSocket } from './exchange-socket.js';
import {
  closeResponse,
  completeRequest,
  dumpRequest,
  type ResponseHead,
  resumeWriting,
  setRawHeaders,
  takeHead,
} from './internals.js';

/** The connection, as far as an exchange sees it. */
export interface ExchangeSink {
  /** Writes events; `false` where the connection is full, until `drained()`. */
  send(events: readonly AnswerEvent[]): boolean;
  /** The application does not read fast enough, or reads again. */
  pause(id: number): void;
  resume(id: number): void;
  /** All is answered. */
  done(id: number): void;
  /** The application broke its answer off. */
  failed(id: number): void;
}

/** A request, as a gateway has read it. */
export interface ExchangeHead extends ExchangeAddresses {
  readonly id: number;
  readonly method: string;
  /** Path info and query, as the application is to see them. */
  readonly url: string;
  /** As `1.1`. */
  readonly httpVersion: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** Bytes of body; `undefined` where nobody says. */
  readonly contentLength: number | undefined;
}

/** Fields that are about a connection of HTTP, which is not this one. */
const framing = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'status',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export class Exchange implements ExchangeOwner {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly socket: ExchangeSocket;
  readonly #id: number;
  readonly #sink: ExchangeSink;
  readonly #contentLength: number | undefined;
  #received = 0;
  #pending: AnswerEvent[] = [];
  #callbacks: (() => void)[] = [];
  /** Bytes of what the socket waits for to be written. */
  #taken = 0;
  #isFlushing = false;
  #isFull = false;
  /** The answer is complete, or broken off. */
  #isOver = false;

  constructor(head: ExchangeHead, sink: ExchangeSink) {
    this.#id = head.id;
    this.#sink = sink;
    this.#contentLength = head.contentLength;
    this.socket = new ExchangeSocket(this, head);
    this.req = requestOf(head, this.socket);
    this.res = this.#responseOf(this.req);
  }

  #responseOf(req: IncomingMessage): ServerResponse {
    const res = new ServerResponse(req);
    takeHead(res, (head) => this.#head(head));
    // Nothing goes before the head: front servers answer `Expect` themselves, and take no 1xx.
    const ignored = (...parameters: unknown[]): void => {
      const callback = parameters.find((parameter) => typeof parameter === 'function');
      if (callback !== undefined) queueMicrotask(callback as () => void);
    };
    for (const name of ['writeContinue', 'writeProcessing', 'writeEarlyHints', 'writeInformation']) {
      Object.defineProperty(res, name, { value: ignored, configurable: true, writable: true });
    }
    res.sendDate = false;
    res.shouldKeepAlive = true;
    // An HTTP server does this for its own sockets.
    this.socket.on('drain', () => {
      if (res.socket !== null && !res.writableEnded) resumeWriting(res);
    });
    // Mostly all of an answer has come by then; else its socket still holds some.
    res.on('prefinish', () => {
      if (this.socket.writableLength === this.#taken) this.#end();
    });
    res.on('finish', () => this.#finish());
    res.assignSocket(this.socket as unknown as IncomingMessage['socket']);
    return res;
  }

  /** Bytes of the request's body. */
  body(bytes: Uint8Array): void {
    this.#received += bytes.length;
    if (this.req.destroyed) return;
    this.socket.touch();
    const excess = this.#received - (this.#contentLength ?? this.#received);
    const kept = excess > 0 ? bytes.subarray(0, Math.max(bytes.length - excess, 0)) : bytes;
    // A copy: the bytes are the connection's.
    if (kept.length > 0 && !this.req.push(Buffer.from(kept))) this.pauseReading();
  }

  /** The request's body is complete: unless it is shorter than was said, for then the client is gone. */
  end(): void {
    if (this.req.destroyed || this.req.complete) return;
    if (this.#contentLength !== undefined && this.#received < this.#contentLength) this.abort();
    else completeRequest(this.req);
  }

  /** The client does not want the answer any more. */
  abort(): void {
    if (this.#isOver && this.req.complete) return;
    const error = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    this.req.destroy(error);
    this.socket.destroy(error);
  }

  /** The connection takes more. */
  drained(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#settle();
  }

  #head({ status, reason, fields }: ResponseHead): void {
    const headers = fields.filter(([name]) => !framing.has(name.toLowerCase()));
    this.#push({ type: 'head', id: this.#id, status, reason, headers });
  }

  write(chunk: Buffer, done: () => void): void {
    this.#callbacks.push(done);
    this.#taken = chunk.length;
    if (chunk.length > 0) this.#push({ type: 'body', id: this.#id, bytes: chunk });
    else this.#schedule();
  }

  #push(event: AnswerEvent): void {
    if (this.#isOver) return;
    this.#pending.push(event);
    this.#schedule();
  }

  /** Head, body and end of a small answer go together, as they come in one turn. */
  #schedule(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    const events = this.#pending;
    this.#pending = [];
    if (events.length > 0) this.#isFull = !this.#sink.send(events);
    // Not amid what the response is doing: `finish` comes after `prefinish`.
    if (!this.#isFull) queueMicrotask(() => this.#settle());
  }

  #settle(): void {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    this.#taken = 0;
    for (const callback of callbacks) callback();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#push({ type: 'end', id: this.#id });
    this.#isOver = true;
    this.#flush();
  }

  /** As an HTTP server does when an answer is written. */
  #finish(): void {
    this.#end();
    dumpRequest(this.req);
    if (this.res.socket !== null) this.res.detachSocket(this.socket as unknown as IncomingMessage['socket']);
    this.#sink.resume(this.#id);
    queueMicrotask(() => {
      closeResponse(this.res);
      this.#sink.done(this.#id);
    });
  }

  pauseReading(): void {
    if (!this.#isOver) this.#sink.pause(this.#id);
  }

  resumeReading(): void {
    this.#sink.resume(this.#id);
  }

  /** As an HTTP server does: whoever listens decides; where nobody does, that is the end. */
  socketIdle(): void {
    const isHeard = [
      !this.req.complete && this.req.emit('timeout', this.socket),
      this.res.emit('timeout', this.socket),
      this.socket.emit('timeout'),
    ];
    if (!isHeard.includes(true)) this.socket.destroy();
  }

  socketDestroyed(): void {
    const isBroken = !this.#isOver;
    this.#isOver = true;
    this.#pending = [];
    this.#settle();
    if (isBroken) this.#sink.failed(this.#id);
  }
}

function requestOf(head: ExchangeHead, socket: ExchangeSocket): IncomingMessage {
  const req = new IncomingMessage(socket as unknown as IncomingMessage['socket']);
  const [major = '1', minor = '1'] = head.httpVersion.split('.');
  req.httpVersion = head.httpVersion;
  req.httpVersionMajor = Number(major);
  req.httpVersionMinor = Number(minor);
  req.method = head.method;
  req.url = head.url;
  setRawHeaders(req, head.rawHeaders);
  return req;
}
