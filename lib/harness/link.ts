/**
 * An application behind a gateway of this process: what a front server sends on is spoken to it in the protocol's own bytes, over a pair
 * of streams in memory.
 *
 * Rules of this file: the gateway is the one that `serve()` starts, but for its listening.
 */

import { type IncomingMessage, request as requestHttp } from 'node:http';
import { Duplex, PassThrough, type Readable } from 'node:stream';
import { Clock } from '../gateway/clock.js';
import { type ConnectionOptions, GatewayConnection } from '../gateway/connection.js';
import { connectionOptions } from '../gateway/gateway.js';
import { createHttpSide, type Served } from '../gateway/http.js';
import { type ResolvedOptions, resolveServeOptions, type ServeOptions } from '../gateway/options.js';
import { createConnection, type Protocol } from '../protocol/connection.js';
import type { BeginEvent, ProtocolEvent } from '../protocol/events.js';
import { ajpTarget, pairsOf } from './messages.js';
import type { AjpMessage, HttpMessage, Pairs, Passed } from './model.js';

/** What an application answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Pairs;
  readonly body: Readable;
}

/** One end of a pair of streams in memory. */
class End extends Duplex {
  peer: End | undefined;
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = 0;
  #waiting: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.peer === undefined || this.peer.destroyed || this.peer.push(chunk)) done();
    else this.peer.#waiting = done;
  }

  override _final(done: () => void): void {
    this.peer?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this;
    this.peer = undefined;
    done(error);
    if (peer === undefined || peer.destroyed || this.writableFinished) return;
    // A server that breaks off for an error of its peer's has said so before; else it is as a connection that is reset.
    if (error !== null) peer.push(null);
    else queueMicrotask(() => peer.destroy());
  }
}

function makePair(): readonly [End, End] {
  const [one, other] = [new End(), new End()];
  one.peer = other;
  other.peer = one;
  return [one, other];
}

/** A gateway without an address. */
export class Link {
  readonly #served: Served;
  readonly #resolved: ResolvedOptions;
  readonly #options = new Map<Protocol, ConnectionOptions>();
  #http: ReturnType<typeof createHttpSide> | undefined;

  constructor(served: Served, options: Omit<ServeOptions, 'listen' | 'protocol'>) {
    this.#served = served;
    const { mode: _, owner: __, group: ___, backlog: ____, ...others } = options;
    this.#resolved = resolveServeOptions({ log: () => undefined, ...others }, [], {});
  }

  /** Sends on what a front server sends on, with the body of the client's request. */
  ask(passed: Exclude<Passed, { kind: 'refused' }>, body: Uint8Array | undefined): Promise<Answer> {
    if (passed.kind === 'http') return this.#askHttp(passed.message, body);
    if (passed.kind === 'ajp')
      return this.#askBy('ajp', beginOfAjp(passed.message), body, attributesOf(passed.message));
    const { protocol, environ } = passed;
    // A script's process is started anew each time; what reaches its application is the same.
    return this.#askBy(protocol === 'cgi' ? 'fastcgi' : protocol, { environ }, body, []);
  }

  #optionsOf(protocol: Protocol): ConnectionOptions {
    const known = this.#options.get(protocol);
    if (known !== undefined) return known;
    const options = connectionOptions(this.#served, this.#resolved, protocol, () => false);
    this.#options.set(protocol, options);
    return options;
  }

  #askBy(
    protocol: Exclude<Protocol, 'cgi'>,
    { environ, headers }: Pick<BeginEvent, 'environ' | 'headers'>,
    body: Uint8Array | undefined,
    attributes: readonly string[],
  ): Promise<Answer> {
    const id = protocol === 'fastcgi' ? 1 : 0;
    const own = protocol === 'ajp' ? { attributes } : {};
    const [near, far] = makePair();
    new GatewayConnection(
      far,
      createConnection(protocol, 'responder', own),
      this.#optionsOf(protocol),
      new Clock(0),
    );
    const codec = createConnection(protocol, 'client', { ...own, maxHeadBytes: 1_048_576 });
    const events: ProtocolEvent[] = [{ type: 'begin', id, environ, ...(headers && { headers }) }];
    if (body !== undefined && body.length > 0) events.push({ type: 'body', id, bytes: body });
    events.push({ type: 'end', id });
    return new Promise((resolve, reject) => {
      const content = new PassThrough();
      content.on('error', () => undefined);
      const fail = (reason: string): void => {
        const error = new Error(reason);
        reject(error);
        content.destroy(error);
        near.destroy();
      };
      const take = (event: ProtocolEvent): void => {
        if (event.type === 'head') resolve({ status: event.status, headers: event.headers, body: content });
        else if (event.type === 'body') content.write(Buffer.from(event.bytes));
        else if (event.type === 'management') near.write(event.bytes);
        else if (event.type === 'error') fail(event.message);
        else if (event.type === 'end') {
          if (event.refused === undefined) content.end();
          else fail(`the application refused: ${event.refused}`);
          near.end();
        }
      };
      near.on('data', (bytes: Buffer) => codec.receive(bytes).forEach(take));
      near.on('end', () => {
        codec.receive(null).forEach(take);
        near.end();
      });
      near.on('close', () => {
        if (!content.writableEnded) fail('the application broke its answer off');
      });
      near.on('error', () => undefined);
      for (const bytes of codec.send(events)) near.write(bytes);
    });
  }

  #askHttp({ method, target, headers }: HttpMessage, body: Uint8Array | undefined): Promise<Answer> {
    if (this.#http === undefined) {
      const resolved = this.#resolved;
      this.#http = createHttpSide(this.#served, {
        ...resolved,
        outside: () => undefined,
        isClosing: () => false,
      });
    }
    const [near, far] = makePair();
    this.#http.emit('connection', far);
    return new Promise((resolve, reject) => {
      const flat = headers.flat();
      const asked = requestHttp({
        method,
        path: target,
        headers: flat as never,
        createConnection: () => near as never,
      });
      asked.on('error', reject);
      asked.on('response', (res: IncomingMessage) => {
        const { statusCode = 0, rawHeaders } = res;
        resolve({ status: statusCode, headers: pairsOf(rawHeaders), body: res });
      });
      asked.end(body);
    });
  }
}

/** Variables of the message that have another name in it. */
const ajpVariables: Readonly<Record<string, string>> = {
  query_string: 'QUERY_STRING',
  remote_user: 'REMOTE_USER',
  auth_type: 'AUTH_TYPE',
  jvm_route: 'JVM_ROUTE',
};

function beginOfAjp(message: AjpMessage): Pick<BeginEvent, 'environ' | 'headers'> {
  const { method, protocol, remoteAddr, remoteHost, serverName, serverPort, isSsl, headers } = message;
  const environ: [string, string][] = [
    ...([
      ['REQUEST_METHOD', method],
      ['SERVER_PROTOCOL', protocol],
      ['REQUEST_URI', ajpTarget(message)],
    ] as [string, string][]),
    ...([
      ['REMOTE_ADDR', remoteAddr],
      ['SERVER_NAME', serverName ?? ''],
    ] as [string, string][]),
    ['SERVER_PORT', String(serverPort)],
  ];
  if (remoteHost !== null) environ.push(['REMOTE_HOST', remoteHost]);
  if (isSsl) environ.push(['HTTPS', 'on']);
  for (const [name, value] of message.attributes)
    environ.push([ajpVariables[name] ?? name.replace(/^@/, ''), value]);
  return { environ, headers };
}

function attributesOf({ attributes }: AjpMessage): readonly string[] {
  return attributes
    .map(([name]) => name.replace(/^@/, ''))
    .filter((name) => !/^AJP_/.test(name) && name === name.toUpperCase());
}
