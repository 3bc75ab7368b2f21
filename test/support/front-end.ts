/**
 * A front server for tests: the client half of a codec over a real socket, for each protocol that has one. It says everything
 * that it hears, and is as rude as a test wants it to be.
 *
 * Rules of this file: nothing waits without an end; what does not come is a failure that says what came instead.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { GatewayAddress } from '../../lib/gateway/gateway.js';
import {
  type Application,
  type Gateway,
  type GatewayProtocol,
  type ServeOptions,
  serve,
} from '../../lib/index.js';
import type { Environ, ProtocolEvent } from '../../lib/protocol/events.js';
import { createConnection, type Protocol } from '../../lib/protocol/index.js';
import type { ProtocolOptions } from '../../lib/protocol/limits.js';
import { told } from '../protocol/drive.js';

/** The protocols that are spoken over a socket, but for HTTP. */
export type WireProtocol = Exclude<Protocol, 'cgi'>;

export const wireProtocols = ['fastcgi', 'scgi', 'uwsgi', 'ajp'] as const satisfies readonly WireProtocol[];

/** Of FastCGI 1; the others have no ids. */
export function idOf(protocol: Protocol): number {
  return protocol === 'fastcgi' ? 1 : 0;
}

/** Waits until something is so; a failure says what it is instead. */
export async function until(isSo: () => boolean, tell: () => unknown = () => '', most = 4000): Promise<void> {
  for (const end = performance.now() + most; !isSo(); await wait(3)) {
    if (performance.now() > end) throw new Error(`it did not come about within ${most} ms: ${tell()}`);
  }
}

/** Gateways of one suite: each is closed behind its test. */
export class Gateways {
  readonly logged: string[] = [];
  readonly #started: Gateway[] = [];

  async start(application: Application, options: Partial<ServeOptions> = {}): Promise<Gateway> {
    const log = (line: string): void => void this.logged.push(line);
    const gateway = await serve(application, { listen: 0, log, ...options });
    this.#started.push(gateway);
    return gateway;
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.splice(0).map((gateway) => gateway.close(0)));
    this.logged.length = 0;
  }
}

/** A socket to an address of a gateway. */
export async function connectTo(address: GatewayAddress): Promise<Socket> {
  const socket =
    typeof address === 'string' ? connect(address) : connect(address?.port ?? 0, address?.address);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** What a front server says of a request, as nginx does: all of the path in SCRIPT_NAME. */
export function environOf(target: string, ...more: Environ): Environ {
  return [
    ['REQUEST_METHOD', more.find(([name]) => name === 'REQUEST_METHOD')?.[1] ?? 'GET'],
    ['SCRIPT_NAME', '/whatever'],
    ['REQUEST_URI', target],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['HTTP_HOST', 'test.example'],
    ...more.filter(([name]) => name !== 'REQUEST_METHOD'),
  ];
}

export class FrontEnd {
  readonly socket: Socket;
  readonly protocol: WireProtocol;
  readonly codec;
  readonly events: ProtocolEvent[] = [];
  isClosed = false;
  /** What came, one character a byte; no more than the beginning. */
  beginning = '';

  private constructor(socket: Socket, protocol: WireProtocol, options: ProtocolOptions) {
    this.socket = socket;
    this.protocol = protocol;
    this.codec = createConnection(protocol, 'client', options);
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('close', () => {
      this.isClosed = true;
      this.#take(null);
    });
  }

  static async connect(
    protocol: WireProtocol,
    address: GatewayAddress,
    options: ProtocolOptions = {},
  ): Promise<FrontEnd> {
    return new FrontEnd(await connectTo(address), protocol, options);
  }

  #take(bytes: Uint8Array | null): void {
    if (bytes !== null && this.beginning.length < 1000)
      this.beginning += Buffer.from(bytes).toString('latin1');
    for (const event of this.codec.receive(bytes)) {
      this.events.push(event);
      if (event.type === 'management') this.write(event.bytes);
    }
  }

  write(bytes: Uint8Array | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  send(...events: readonly ProtocolEvent[]): void {
    for (const bytes of this.codec.send(events)) this.write(bytes);
  }

  /** The bytes of a request without a body. */
  bytesOf(target: string, id = idOf(this.protocol)): Buffer {
    const asked: ProtocolEvent[] = [
      { type: 'begin', id, environ: environOf(target), keepConnection: true },
      { type: 'end', id },
    ];
    return Buffer.concat(this.codec.send(asked));
  }

  ask(target: string, id = idOf(this.protocol)): void {
    this.write(this.bytesOf(target, id));
  }

  /** What came for a request, until that is complete or the connection is closed. */
  async answered(id = idOf(this.protocol)): Promise<string[]> {
    const isOver = (): boolean =>
      this.isClosed || this.events.some((event) => event.type === 'end' && event.id === id);
    await until(isOver, () => told(this.events).join(', '));
    return told(this.events.filter((event) => !('id' in event) || event.id === id));
  }

  /** All that came of an answer's body so far. */
  bodyOf(id = idOf(this.protocol)): Buffer {
    const bodies = this.events.flatMap((event) =>
      event.type === 'body' && event.id === id ? [event.bytes] : [],
    );
    return Buffer.concat(bodies);
  }

  async closed(most?: number): Promise<void> {
    await until(
      () => this.isClosed,
      () => `the connection is open: ${told(this.events).join(', ')}`,
      most,
    );
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Asks once, over any protocol that is spoken over a socket; the status and the body as text. */
export async function askOnce(
  protocol: Exclude<GatewayProtocol, 'cgi'>,
  address: GatewayAddress,
  target: string,
  firstAlone = 0,
): Promise<{ readonly status: number; readonly body: string }> {
  if (protocol === 'http') return askOverHttp(address, target, firstAlone);
  const front = await FrontEnd.connect(protocol, address);
  const bytes = front.bytesOf(target);
  if (firstAlone > 0) {
    front.write(bytes.subarray(0, 1));
    await wait(firstAlone);
    front.write(bytes.subarray(1));
  } else {
    front.write(bytes);
  }
  await front.answered();
  front.close();
  const head = front.events.find((event) => event.type === 'head');
  return { status: head?.type === 'head' ? head.status : 0, body: front.bodyOf().toString('latin1') };
}

async function askOverHttp(
  address: GatewayAddress,
  target: string,
  firstAlone: number,
): Promise<{ readonly status: number; readonly body: string }> {
  const socket = await connectTo(address);
  const text = `GET ${target} HTTP/1.1\r\nHost: test.example\r\nConnection: close\r\n\r\n`;
  if (firstAlone > 0) {
    socket.write(text.slice(0, 1));
    await wait(firstAlone);
    socket.write(text.slice(1));
  } else {
    socket.write(text);
  }
  let answer = '';
  for await (const bytes of socket.setEncoding('latin1')) answer += bytes;
  return { status: Number(answer.split(' ')[1] ?? 0), body: answer.slice(answer.indexOf('\r\n\r\n') + 4) };
}
