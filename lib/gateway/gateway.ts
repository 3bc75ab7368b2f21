/**
 * A gateway that listens: its connections, and how it ends.
 *
 * Rules of this file: the same life cycle for every protocol. `close()` lets what is under way finish, within a time.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AnyRequest } from '../bridge/request.js';
import { type HeaderOptions, requestHeaders } from '../environ/headers.js';
import { ConfigurationError, show } from '../errors.js';
import { type EnvironOptions, environSplitter } from '../fixup/environ.js';
import { compileTrust } from '../fixup/trust.js';
import { createConnection } from '../protocol/connection.js';
import type { Limits } from '../protocol/limits.js';
import { GatewayConnection } from './connection.js';
import { type ListenAddress, listenOn, parseListen, type SocketOptions } from './listen.js';
import { placeOf, putAt } from './request.js';

/** Options of `serve()`. */
export interface ServeOptions extends EnvironOptions, HeaderOptions, SocketOptions {
  /** What the front server speaks. Default `'http'`. */
  readonly protocol?: 'http' | 'fastcgi';
  /** Where to listen: a path, `'host:port'`, `'unix:/path'`, a port of 127.0.0.1, `{ fd: 0 }`. */
  readonly listen: ListenAddress;
  /**
   * Who may connect by a gateway protocol over TCP: addresses, networks, `'loopback'` (default), a list of these, or a function.
   * Over HTTP anybody may.
   */
  readonly allowedClients?: string | readonly string[] | ((address: string) => boolean);
  /** Limits of each connection of a gateway protocol. */
  readonly limits?: Limits;
  /** Gets what is refused and broken, a line each. Default: standard error. */
  readonly log?: (message: string) => void;
}

/** A gateway that listens. */
export interface Gateway {
  /** Of a Unix socket its path, else host and port; `null` where it listens on a file descriptor. */
  readonly address: string | AddressInfo | null;
  /**
   * Takes no more connections, lets requests that are under way finish, and closes. After `timeout` milliseconds (default
   * 30 000) what is left is broken off.
   */
  close(timeout?: number): Promise<void>;
}

/** What is served. @internal */
export type ServedHandler = (req: IncomingMessage, res: ServerResponse) => void;

/** What answers a request that is for no application, and one that is refused. @internal */
export type Refuser = (req: IncomingMessage, res: ServerResponse, error?: unknown) => void;

const protocols = ['http', 'fastcgi'];

/** What takes upgrades, where the application does; HTTP only. @internal */
export type ServedUpgrade = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What is served, and what answers where nothing is. @internal */
export interface Served {
  readonly handle: ServedHandler;
  readonly refuse: Refuser;
  readonly upgrade: ServedUpgrade | undefined;
  readonly refuseUpgrade: (socket: Duplex, error: unknown) => void;
}

/** Starts a gateway. @internal */
export async function startGateway(served: Served, options: ServeOptions): Promise<Gateway> {
  const { handle, refuse, upgrade, refuseUpgrade } = served;
  const { protocol = 'http', listen, limits, log = console.error, collisions, mode, ...others } = options;
  const { allowedClients = 'loopback', ...rest } = others;
  if (!protocols.includes(protocol)) {
    const rule = `the option protocol must be ${protocols.map(show).join(' or ')}`;
    throw new ConfigurationError('ERR_GATEWAY_OPTION', `${rule}, got ${show(protocol)}`);
  }
  const split = environSplitter({ mount: '/', ...rest });
  const address = parseListen(listen);
  const outside = once(log, rest.mount ?? '/');
  const isKept = (rest.target ?? 'kept') === 'kept';
  const isAllowed = allowed(allowedClients);
  const sockets = new Map<Socket, { readonly isIdle: boolean }>();
  let isClosing = false;
  let server: Server;
  if (protocol === 'http') {
    /** Shows a request as the application is to see it; `false` where it is for another mount. */
    const present = (req: AnyRequest): boolean => {
      const { method = 'GET', url = '', headers } = req;
      const host = headers.host === undefined ? {} : { HTTP_HOST: headers.host };
      const found = split({ REQUEST_METHOD: method, REQUEST_URI: url, ...host });
      if (found === undefined) {
        outside(url);
        return false;
      }
      putAt(req, placeOf({ REQUEST_URI: url }, found, isKept));
      return true;
    };
    server = createHttpServer((req, res) => {
      if (isClosing) res.setHeader('Connection', 'close');
      try {
        if (!present(req)) return refuse(req, res);
      } catch (error) {
        return refuse(req, res, error);
      }
      handle(req, res);
    });
    if (upgrade !== undefined) {
      server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
        try {
          if (!present(req)) return refuseUpgrade(socket, undefined);
        } catch (error) {
          return refuseUpgrade(socket, error);
        }
        upgrade(req, socket, head);
      });
    }
  } else {
    requestHeaders([], collisions === undefined ? {} : { collisions });
    // Its limits are looked at now, not when somebody connects.
    createConnection(protocol, 'responder', limits);
    server = createServer((socket) => {
      // Whoever connects says who the client is, and what it may: a front server only.
      const { remoteAddress } = socket;
      if (remoteAddress !== undefined && !isAllowed(remoteAddress)) {
        log(`a front server must be one of allowedClients, got ${remoteAddress}`);
        socket.destroy();
        return;
      }
      const codec = createConnection(protocol, 'responder', limits);
      const told = (environ: readonly (readonly [string, string])[]): void =>
        outside(environ.findLast(([name]) => name === 'REQUEST_URI')?.[1] ?? '');
      sockets.set(
        socket,
        new GatewayConnection(socket, codec, {
          split,
          isKept,
          handle,
          collisions: collisions ?? 'refuse',
          outside: told,
          log,
        }),
      );
      socket.on('close', () => sockets.delete(socket));
    });
  }
  // What was upgraded is no connection of the HTTP server any more.
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  await listenOn(server, address, mode === undefined ? {} : { mode });
  return {
    address: server.address(),
    close: async (timeout = 30_000) => {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const isHttp = 'closeIdleConnections' in server;
      const http = server as Server & { closeIdleConnections(): void };
      const look = (): void => {
        if (isHttp) http.closeIdleConnections();
        for (const [socket, connection] of sockets) if (connection.isIdle) socket.end();
      };
      look();
      const looking = setInterval(look, 20);
      const deadline = setTimeout(() => {
        for (const socket of open) socket.destroy();
      }, timeout);
      await closed;
      clearInterval(looking);
      clearTimeout(deadline);
    },
  };
}

function allowed(clients: NonNullable<ServeOptions['allowedClients']>): (address: string) => boolean {
  try {
    const isTrusted = compileTrust(clients);
    return (address) => isTrusted(address, 0);
  } catch (error) {
    const rule =
      "the option allowedClients must be addresses, networks, 'loopback', a list of these, or a function";
    throw new ConfigurationError('ERR_GATEWAY_OPTION', `${rule}, got ${show(clients)}`, { cause: error });
  }
}

/** Says once what is wrong where requests are for another mount: it is the same for all of them. */
function once(log: (message: string) => void, mount: string): (target: string) => void {
  let isTold = false;
  return (target) => {
    if (isTold) return;
    isTold = true;
    const fix =
      "set mount to the path of the front server's configuration, and target to what it makes of it";
    log(`a request must lie below the mount ${show(mount)}, got ${show(target)}: ${fix}`);
  };
}
