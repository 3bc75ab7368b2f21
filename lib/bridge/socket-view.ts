/**
 * A view of a socket as if the client were connected to it: another remote address, another port, TLS or not.
 *
 * Rules of this file: the socket itself is never written to in what the view says otherwise, since all requests of a kept-alive
 * connection share it; everything else is the socket's own, so that what listens, destroys or sets a timeout does it there.
 */

import type { IncomingMessage } from 'node:http';
import { parseAuthority } from '../path/host.js';

type Socket = IncomingMessage['socket'];

/** What a view says otherwise. */
export interface Connection {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly encrypted: boolean;
  /** The host that was asked for, with its port. */
  readonly host: string | undefined;
  /** The port, in decimal, where the host has none. */
  readonly port: string | undefined;
}

/** A view of `socket`, for one request. */
export function viewSocket(socket: Socket, connection: Connection): Socket {
  return new Proxy(standInOf(socket), new View(socket, connection));
}

const standIns = new WeakMap<object, Socket>();

/**
 * What a proxy is made of: nothing but the socket's prototype. Of the socket itself no other value could be told where one is
 * fixed for good, as by a reader of the PROXY protocol.
 */
function standInOf(socket: Socket): Socket {
  const prototype: object = Object.getPrototypeOf(socket);
  let standIn = standIns.get(prototype);
  if (standIn === undefined) {
    standIn = Object.create(prototype) as Socket;
    standIns.set(prototype, standIn);
  }
  return standIn;
}

class View implements ProxyHandler<Socket> {
  remoteAddress: unknown;
  remotePort: unknown;
  encrypted: unknown;
  readonly #socket: Socket;
  readonly #connection: Connection;

  constructor(socket: Socket, connection: Connection) {
    this.remoteAddress = connection.remoteAddress;
    this.remotePort = connection.remotePort;
    this.encrypted = connection.encrypted;
    this.#socket = socket;
    this.#connection = connection;
  }

  get(_standIn: Socket, name: string | symbol, view: unknown): unknown {
    switch (name) {
      case 'remoteAddress':
      case 'remotePort':
      case 'encrypted':
        return this[name];
      case 'localPort':
        return localPortOf(this.#connection);
      case 'remoteFamily':
        return familyOf(this.remoteAddress);
    }
    const socket = this.#socket;
    // With the socket for `this`: its accessors know no other.
    const value: unknown = Reflect.get(socket, name);
    if (typeof value !== 'function' || name === 'constructor') return value;
    return (...parameters: readonly unknown[]): unknown => {
      const result: unknown = Reflect.apply(value, socket, parameters);
      return result === socket ? view : result;
    };
  }

  set(_standIn: Socket, name: string | symbol, value: unknown): boolean {
    switch (name) {
      case 'remoteAddress':
      case 'remotePort':
      case 'encrypted':
        this[name] = value;
        return true;
    }
    return Reflect.set(this.#socket, name, value);
  }

  has(_standIn: Socket, name: string | symbol): boolean {
    return name === 'encrypted' || Reflect.has(this.#socket, name);
  }

  deleteProperty(_standIn: Socket, name: string | symbol): boolean {
    if (isOfView(name)) return this.set(_standIn, name, undefined);
    return Reflect.deleteProperty(this.#socket, name);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#socket);
  }

  getOwnPropertyDescriptor(standIn: Socket, name: string | symbol): PropertyDescriptor | undefined {
    const own = Reflect.getOwnPropertyDescriptor(this.#socket, name);
    return (
      own && {
        value: this.get(standIn, name, standIn),
        enumerable: own.enumerable ?? false,
        configurable: true,
      }
    );
  }

  /** What the view says otherwise is not defined on the socket: it would be everybody's. */
  defineProperty(_standIn: Socket, name: string | symbol, descriptor: PropertyDescriptor): boolean {
    if ('value' in descriptor) return this.set(_standIn, name, descriptor.value);
    return !isOfView(name) && Reflect.defineProperty(this.#socket, name, descriptor);
  }

  preventExtensions(): boolean {
    return false;
  }

  setPrototypeOf(): boolean {
    return false;
  }
}

function isOfView(name: string | symbol): boolean {
  return name === 'remoteAddress' || name === 'remotePort' || name === 'encrypted';
}

/** The port that the client connected to. */
function localPortOf({ host, port, encrypted }: Connection): number {
  const asked = host === undefined ? undefined : parseAuthority(host);
  return Number(asked?.port || port || (encrypted ? 443 : 80));
}

function familyOf(address: unknown): string | undefined {
  if (typeof address !== 'string') return undefined;
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
