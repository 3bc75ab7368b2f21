/**
 * A gateway that listens: its servers, their connections, and how it ends.
 *
 * Rules of this file: the same life cycle for every protocol. `close()` lets what is under way finish, within a time.
 */

import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, isIP, type ListenOptions, type Server, type Socket } from 'node:net';
import { createConnection, type Protocol } from '../protocol/connection.js';
import { authorizeWith } from './authorizer.js';
import { processEnviron, scriptSplitter, serveCgi } from './cgi.js';
import { Clock, longestTimer } from './clock.js';
import { type ConnectionOptions, GatewayConnection } from './connection.js';
import { firstBytesOf, protocolOf } from './first-byte.js';
import { createHttpSide, type HttpOptions, type Served } from './http.js';
import { startedAs } from './inherited.js';
import { listenOn, parseListens, type ResolvedSocketOptions, resolveSocketOptions } from './listen.js';
import {
  type GatewayProtocol,
  gatewayProtocols,
  mistake,
  type ResolvedOptions,
  resolveServeOptions,
  type ServeOptions,
} from './options.js';

/** Milliseconds that the rest of a request may take that has begun to come when its gateway closes. */
const patience = 500;

/** An address that a gateway listens on: of a Unix socket its path, else host and port; `null`: a file descriptor's. */
export type GatewayAddress = string | AddressInfo | null;

/** A gateway that listens. */
export interface Gateway {
  /** The first of `addresses`; `null` for CGI, which listens nowhere. */
  readonly address: GatewayAddress;
  readonly addresses: readonly GatewayAddress[];
  /**
   * Takes no more connections, lets requests that are under way finish, and closes. After `timeout` milliseconds (default
   * 30 000) what is left is broken off.
   */
  close(timeout?: number): Promise<void>;
}

/** Starts a gateway. @internal */
export async function startGateway(served: Served, options: ServeOptions): Promise<Gateway> {
  const { listen, mode: _mode, owner: _owner, group: _group, backlog: _backlog, ...others } = options;
  const { protocols, isInherited } = protocolsOf(options);
  const resolved = resolveServeOptions(others, protocols, process.env);
  if (protocols.includes('cgi')) return startCgi(served, resolved, others.mount === undefined);
  const addresses = parseListens(isInherited ? { fd: 0 } : listen, process.env, process.pid);
  checkSecret(resolved, addresses);
  return new ListeningGateway(served, resolved).listen(addresses, resolveSocketOptions(options));
}

/** `isInherited`: on the socket that a web server gave to this process. */
function protocolsOf({ protocol = 'http' }: ServeOptions): {
  readonly protocols: readonly GatewayProtocol[];
  readonly isInherited: boolean;
} {
  if (protocol === 'auto') {
    const started = startedAs(process.env);
    return { protocols: [started ?? 'http'], isInherited: started === 'fastcgi' };
  }
  const protocols: readonly unknown[] = Array.isArray(protocol) ? protocol : [protocol];
  const unknown = protocols.find((each) => !gatewayProtocols.includes(each as GatewayProtocol));
  if (protocols.length === 0 || unknown !== undefined) {
    throw mistake(
      `the option protocol must be ${[...gatewayProtocols, 'auto'].join(', ')}, or a list`,
      protocol,
    );
  }
  if (protocols.length > 1 && protocols.includes('cgi')) {
    throw mistake("the option protocol must hold 'cgi' alone: it does not listen", protocol);
  }
  return { protocols: protocols as readonly GatewayProtocol[], isInherited: false };
}

/** Who connects by AJP can say that it is anybody (CVE-2020-1938). */
function checkSecret({ protocols, hasSecret }: ResolvedOptions, addresses: readonly ListenOptions[]): void {
  if (!protocols.includes('ajp') || hasSecret) return;
  const open = addresses.find(({ path, host = '' }) => path === undefined && !isLoopback(host));
  if (open === undefined) return;
  const rule = 'the option ajp.secret must be set where others than this machine may connect';
  throw mistake(rule, undefined);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Says once what is wrong where requests are for another mount: it is the same for all of them. */
function once(mount: string): (target: string) => string | undefined {
  let isTold = false;
  return (target) => {
    if (isTold) return undefined;
    isTold = true;
    const fix =
      "set mount to the path of the front server's configuration, and target to what it makes of it";
    return `a request must lie below the mount ${JSON.stringify(mount)}, got ${JSON.stringify(target)}: ${fix}`;
  };
}

/** What connections of a protocol are served with. @internal */
export function connectionOptions(
  served: Served,
  resolved: ResolvedOptions,
  protocol: Protocol,
  isClosing: () => boolean,
): ConnectionOptions {
  const { split, isKept, collisions, timeouts, maxRequests, maxBufferedBytes, authorizer } = resolved;
  const { log, logsToFrontServer, mount } = resolved;
  const outside = once(mount);
  return {
    ...{ split, isKept, collisions, timeouts, maxRequests, maxBufferedBytes, log, isClosing },
    handle: served.handle,
    authorize: authorizer && authorizeWith(authorizer, served.refuse),
    outside: (environ) => outside(environ.findLast(([name]) => name === 'REQUEST_URI')?.[1] ?? ''),
    hasErrorLog: protocol === 'fastcgi',
    logsToFrontServer,
  };
}

function shortestOf({ timeouts }: ResolvedOptions): number {
  return Math.min(...Object.values(timeouts).filter((time) => time > 0));
}

class ListeningGateway implements Gateway {
  readonly #served: Served;
  readonly #resolved: ResolvedOptions;
  readonly #httpOptions: HttpOptions;
  readonly #clock: Clock;
  readonly #options = new Map<GatewayProtocol, ConnectionOptions>();
  readonly #servers: Server[] = [];
  /** Those that speak HTTP; of one that shares its address with other protocols, the one behind it. */
  readonly #httpServers: HttpServer[] = [];
  #sharedHttp: HttpServer | undefined;
  /** Connections of gateway protocols; and all that are open, with what was upgraded too. */
  readonly #connections = new Map<Socket, GatewayConnection>();
  readonly #open = new Set<Socket>();
  /** Connections whose protocol is not known yet. */
  readonly #silent = new Set<Socket>();
  #isClosing = false;

  constructor(served: Served, resolved: ResolvedOptions) {
    const { protocols, mount, log } = resolved;
    this.#served = served;
    this.#resolved = resolved;
    this.#clock = new Clock(shortestOf(resolved));
    const outside = once(mount);
    const tell = (target: string): void => {
      const message = outside(target);
      if (message !== undefined) log(message);
    };
    const isClosing = (): boolean => this.#isClosing;
    this.#httpOptions = { ...resolved, outside: tell, isClosing };
    for (const protocol of protocols) {
      if (protocol !== 'http')
        this.#options.set(protocol, connectionOptions(served, resolved, protocol, isClosing));
    }
  }

  readonly addresses: GatewayAddress[] = [];

  get address(): GatewayAddress {
    return this.addresses[0] ?? null;
  }

  async listen(addresses: readonly ListenOptions[], socketOptions: ResolvedSocketOptions): Promise<this> {
    try {
      for (const address of addresses) {
        const server = this.#makeServer();
        this.#servers.push(server);
        await listenOn(server, address, socketOptions);
        this.addresses.push(server.address());
      }
    } catch (error) {
      // All of them or none.
      await this.close(0);
      throw error;
    }
    return this;
  }

  #makeServer(): Server {
    const { protocols, maxConnections } = this.#resolved;
    const server = protocols.every((protocol) => protocol === 'http')
      ? this.#makeHttpServer()
      : createServer({ noDelay: true }, (socket) => this.#accept(socket, isAtPath(server)));
    server.maxConnections = maxConnections;
    server.once('drop', () => {
      this.#resolved.log(
        `connections must be at most ${maxConnections} (limits.maxConnections), got one more`,
      );
    });
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
    });
    return server;
  }

  #makeHttpServer(): HttpServer {
    const server = createHttpSide(this.#served, this.#httpOptions);
    this.#httpServers.push(server);
    return server;
  }

  async #accept(socket: Socket, isLocal: boolean | undefined): Promise<void> {
    const { protocols, timeouts } = this.#resolved;
    const [only] = protocols;
    if (protocols.length === 1 && only !== undefined) {
      this.#serve(only, socket, undefined, isLocal);
      return;
    }
    // Who ends before it has begun says why by itself.
    socket.on('error', () => undefined);
    this.#silent.add(socket);
    const bytes = await firstBytesOf(socket, timeouts.firstByte);
    this.#silent.delete(socket);
    const [first] = bytes ?? [];
    const protocol = first === undefined ? undefined : protocolOf(first, protocols);
    if (protocol !== undefined) {
      this.#serve(protocol, socket, bytes, isLocal);
      return;
    }
    if (first !== undefined) {
      this.#resolved.log(`a connection must begin as one of ${protocols.join(', ')}, got byte ${first}`);
    }
    socket.destroy();
  }

  /** `bytes`: those that were read of the connection already. */
  #serve(
    protocol: GatewayProtocol,
    socket: Socket,
    bytes: Buffer | undefined,
    isLocal = socket.localAddress === undefined,
  ): void {
    const { isAllowed, log, codecOptions } = this.#resolved;
    if (protocol === 'http') {
      if (bytes !== undefined) socket.unshift(bytes);
      this.#behind().emit('connection', socket);
      socket.resume();
      return;
    }
    // Whoever connects says who the client is, and what it may: a front server only.
    const { remoteAddress } = socket;
    // One that has reset its connection has no address any more, though what it sent can still be read.
    if (!isLocal && (remoteAddress === undefined || !isAllowed(remoteAddress))) {
      log(`a front server must be one of allowedClients, got ${remoteAddress}`);
      socket.destroy();
      return;
    }
    const options = this.#options.get(protocol) as ConnectionOptions;
    const codec = createConnection(protocol, 'responder', codecOptions(protocol));
    const connection = new GatewayConnection(socket, codec, options, this.#clock);
    this.#connections.set(socket, connection);
    socket.on('close', () => this.#connections.delete(socket));
    if (bytes !== undefined) connection.receive(bytes);
  }

  /** The server that takes what turned out to be HTTP. */
  #behind(): HttpServer {
    if (this.#sharedHttp === undefined) {
      this.#sharedHttp = this.#makeHttpServer();
      // Only from then on its connections have timeouts.
      this.#sharedHttp.emit('listening');
    }
    return this.#sharedHttp;
  }

  async close(timeout = 30_000): Promise<void> {
    this.#isClosing = true;
    const closed = Promise.all(
      this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
    // It never listened, so there is nothing to hear of its end.
    this.#sharedHttp?.close(() => undefined);
    const begun = performance.now();
    const look = (): void => {
      for (const server of this.#httpServers) server.closeIdleConnections();
      for (const socket of this.#silent) socket.destroy();
      const isPatient = performance.now() - begun < patience;
      for (const [socket, connection] of this.#connections) {
        if (connection.isIdle && !(isPatient && connection.hasPart)) socket.end();
      }
    };
    look();
    const looking = setInterval(look, 20);
    const deadline = setTimeout(
      () => {
        for (const socket of this.#open) socket.destroy();
      },
      Math.min(timeout, longestTimer),
    );
    await closed;
    clearInterval(looking);
    clearTimeout(deadline);
  }
}

/** Whether a server listens at a Unix socket; `undefined`: on a file descriptor, of which nobody says. */
function isAtPath(server: Server): boolean | undefined {
  const address = server.address();
  if (typeof address === 'string') return true;
  return address === null || address.port === undefined ? undefined : false;
}

/** Answers the request that this process was started for, and ends it. */
function startCgi(served: Served, resolved: ResolvedOptions, isMountless: boolean): Gateway {
  const environ = processEnviron(process.env);
  const options = connectionOptions(served, resolved, 'cgi', () => true);
  const split = isMountless ? scriptSplitter(environ) : options.split;
  const clock = new Clock(resolved.timeouts.request);
  // An answer that is not whole is an exit code, which a web server logs.
  const answered = serveCgi(environ, { ...options, split }, clock).then((isWhole) =>
    process.exit(isWhole ? undefined : 1),
  );
  return { address: null, addresses: [], close: () => answered };
}
