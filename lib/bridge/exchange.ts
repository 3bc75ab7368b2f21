/**
 * One request and its answer, between the events of a gateway protocol and a real `IncomingMessage` and `ServerResponse`.
 *
 * Rules of this file: stock objects of Node over a Duplex, since Express and Koa need them; what an application sees and
 * hears, in which order, is what it would over HTTP. Framing is the protocol's, so none of HTTP's reaches it.
 */

import { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerEvent, HeadEvent, Headers } from '../protocol/events.js';
import type { AnswerReader } from './answer-reader.js';
import { type ExchangeAddresses, type ExchangeOwner, ExchangeSocket } from './exchange-socket.js';
import { attach, detach } from './internals.js';
import type { AnswerTaker, MessageAccess } from './message-access.js';
import { messageAccess } from './self-test.js';

/** The connection, as far as an exchange sees it. */
export interface ExchangeSink {
  /** Whether the protocol reaches the front server's error log. */
  readonly hasErrorLog: boolean;
  /** Writes events; `false` where the connection is full, until `drained()`. */
  send(events: readonly AnswerEvent[]): boolean;
  /** The application does not read fast enough, or reads again. */
  pause(id: number): void;
  resume(id: number): void;
  /** What is for the front server's error log, where it cannot be told any more, or never. */
  report(text: string): void;
  /** All is answered. */
  done(id: number): void;
  /** The application broke its answer off. */
  failed(id: number): void;
}

/** A request, as a gateway has read it. */
export interface ExchangeHead {
  readonly id: number;
  readonly method: string;
  /** Path info and query, as the application is to see them. */
  readonly url: string;
  /** As `1.1`: a digit each. */
  readonly httpVersion: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly addresses: ExchangeAddresses;
  /** Bytes of body; `undefined` where nobody says. */
  readonly contentLength: number | undefined;
}

/** Fields that are about a connection of HTTP, which is not this one. */
const framing =
  /^(?:connection|keep-alive|proxy-connection|status|trailer|transfer-encoding|upgrade):.*\r\n/gim;

/** Nothing goes before the head: front servers answer `Expect` themselves, and take no 1xx. */
function ignored(...parameters: unknown[]): void {
  const callback = parameters.find((parameter) => typeof parameter === 'function');
  if (callback !== undefined) queueMicrotask(callback as () => void);
}

type InformationalResponse = ServerResponse & Record<string, unknown>;

export class Exchange implements ExchangeOwner, AnswerTaker {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly socket: ExchangeSocket;
  readonly #id: number;
  #sink: ExchangeSink;
  readonly #access: MessageAccess;
  /** Where the response writes its head and framing too. */
  readonly #reader: AnswerReader | undefined;
  readonly #contentLength: number | undefined;
  #received = 0;
  #pending: AnswerEvent[] = [];
  /** Who waits for what was written to be sent. */
  #written: ((error?: Error | null) => void)[] = [];
  #hasTurn = false;
  #isFull = false;
  #hasHead = false;
  /** The answer is complete, or broken off. */
  #isOver = false;
  #isFinished = false;

  constructor(head: ExchangeHead, sink: ExchangeSink, access = messageAccess()) {
    this.#id = head.id;
    this.#sink = sink;
    this.#access = access;
    this.#contentLength = head.contentLength;
    this.socket = new ExchangeSocket(this, head.addresses);
    this.req = requestOf(head, this.socket);
    access.setRawHeaders(this.req, head.rawHeaders);
    const res = new ServerResponse(this.req) as InformationalResponse;
    this.res = res;
    this.#reader = access.hookHead(res, this);
    res.writeContinue = ignored;
    res.writeProcessing = ignored;
    res.writeEarlyHints = ignored;
    res.writeInformation = ignored;
    res.sendDate = false;
    // All of an answer has come by then.
    res.on('prefinish', () => this.#end());
    res.on('finish', () => this.#finish());
    attach(res, this.socket);
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
    else this.#access.completeRequest(this.req);
  }

  /** The client does not want the answer any more. */
  abort(): void {
    // What was answered, and is on its way, is no concern of the client's any more; what waits for the connection is.
    if (this.#isOver && this.req.complete && !this.#isFull) return;
    const error = abortion();
    this.req.destroy(error);
    this.socket.destroy(error);
  }

  /** The connection has another exchange of this id: what becomes of this one, whose answer is sent, it need not know. */
  release(): void {
    this.#sink = nobody;
  }

  /** The connection takes more. */
  drained(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#schedule();
  }

  takeHead(lines: string, status: number, reason: string): void {
    this.#hasHead = true;
    this.#push(new AnswerHead(this.#id, status, reason, lines.replace(framing, '')));
  }

  takeBody(bytes: Uint8Array): void {
    // Whoever writes to the socket itself writes HTTP, which nobody speaks here.
    if (!this.#hasHead) {
      this.socket.destroy();
      return;
    }
    this.#push({ type: 'body', id: this.#id, bytes });
  }

  write(bytes: Uint8Array, written: ((error?: Error | null) => void) | undefined): void {
    if (bytes.length > 0) this.#read(bytes);
    if (written !== undefined) this.#written.push(written);
    this.#schedule();
  }

  writeError(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    if (this.#sink.hasErrorLog && !this.#isOver) this.#push({ type: 'stderr', id: this.#id, bytes });
    else this.#sink.report(Buffer.from(bytes).toString().trimEnd());
  }

  #read(bytes: Uint8Array): void {
    if (this.#reader === undefined) {
      this.takeBody(bytes);
      return;
    }
    try {
      this.#reader.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } catch (error) {
      this.socket.destroy(error as Error);
    }
  }

  #push(event: AnswerEvent): void {
    if (this.#isOver) return;
    this.#pending.push(event);
    this.#schedule();
  }

  /** Head, body and end of a small answer go together, as they come in one turn. */
  #schedule(): void {
    if (this.#hasTurn) return;
    this.#hasTurn = true;
    takeTurn(this);
  }

  /** What has come in this turn is sent, and who waits for it is told. @internal */
  turn(): void {
    this.#hasTurn = false;
    if (this.#isFull) return;
    if (this.#pending.length > 0) {
      const events = this.#pending;
      this.#pending = [];
      this.#isFull = !this.#sink.send(events);
    }
    if (!this.#isFull) this.#settle();
    if (this.#isFinished) this.#close();
  }

  #settle(): void {
    // An HTTP server does this for its own sockets.
    if (this.socket.settle() && this.res.socket !== null && !this.res.writableEnded) {
      this.#access.resumeWriting(this.res);
    }
    const callbacks = this.#written;
    if (callbacks.length === 0) return;
    this.#written = [];
    for (const written of callbacks) written(null);
  }

  #end(): void {
    this.#push({ type: 'end', id: this.#id });
    this.#isOver = true;
  }

  /** As an HTTP server does when an answer is written; `close` comes when all who listen have heard `finish`. */
  #finish(): void {
    this.#end();
    this.#access.dumpRequest(this.req);
    detach(this.res, this.socket);
    this.#isFinished = true;
    this.#schedule();
  }

  #close(): void {
    this.#isFinished = false;
    try {
      this.#access.closeResponse(this.res);
    } finally {
      // Whatever a listener throws, the connection goes on.
      this.#endRequest();
      this.#sink.done(this.#id);
    }
  }

  /** What has not come of a request by now is not waited for; a body that somebody still reads must not look whole. */
  #endRequest(): void {
    if (this.req.complete || this.req.destroyed) return;
    const isOfKnownLength = this.req.headers['transfer-encoding'] === undefined;
    if (isOfKnownLength && this.#received >= (this.#contentLength ?? 0))
      this.#access.completeRequest(this.req);
    else this.req.destroy();
  }

  /** Whoever ends the socket ends the answer, whole or not. */
  socketEnded(): void {
    if (!this.#isOver) this.socket.destroy();
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
    if (isBroken) this.#pending = [];
    // Nobody waits any more for a connection that is full.
    this.#isFull = false;
    this.#settle();
    if (!isBroken) return;
    // Whoever breaks the answer off, it is the request's end too, as over HTTP.
    this.req.destroy(abortion());
    this.#sink.failed(this.#id);
  }
}

const nobody: ExchangeSink = {
  hasErrorLog: false,
  send: () => true,
  pause: () => undefined,
  resume: () => undefined,
  report: () => undefined,
  done: () => undefined,
  failed: () => undefined,
};

function abortion(): Error {
  return Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
}

/** The head of an answer; its fields are asked for one by one only where the protocol does not take them as text. */
class AnswerHead implements HeadEvent {
  readonly type = 'head';
  readonly id: number;
  readonly status: number;
  readonly reason: string;
  readonly lines: string;

  constructor(id: number, status: number, reason: string, lines: string) {
    this.id = id;
    this.status = status;
    this.reason = reason;
    this.lines = lines;
  }

  get headers(): Headers {
    return this.lines
      .split('\r\n')
      .slice(0, -1)
      .map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      });
  }
}

/** Exchanges that have a turn as soon as what runs now has ended. */
let waiting: Exchange[] = [];
const now = Promise.resolve();

function takeTurn(exchange: Exchange): void {
  if (waiting.push(exchange) === 1) now.then(takeTurns);
}

function takeTurns(): void {
  const turns = waiting;
  waiting = [];
  for (const exchange of turns) {
    try {
      exchange.turn();
    } catch (error) {
      // A listener threw: that is uncaught, as it is over HTTP, and the other exchanges are not to blame.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

function requestOf(head: ExchangeHead, socket: ExchangeSocket): IncomingMessage {
  const req = new IncomingMessage(socket as unknown as IncomingMessage['socket']);
  req.httpVersion = head.httpVersion;
  req.httpVersionMajor = Number(head.httpVersion[0]);
  req.httpVersionMinor = Number(head.httpVersion[2]);
  req.method = head.method;
  req.url = head.url;
  return req;
}
