/**
 * Where a gateway listens: an address as people write it, and what has to be done before it can.
 *
 * Rules of this file: a mistake throws before anything is opened. A Unix socket that is left over is replaced only where nobody
 * answers on it, and nothing that is no socket ever is.
 */

import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, type ListenOptions, type Server } from 'node:net';
import { ConfigurationError, show } from '../errors.js';

/** An address to listen on. */
export type ListenAddress = string | number | { readonly fd: number };

/** How a Unix socket is made. */
export interface SocketOptions {
  /** Permissions of a Unix socket. Default `0o660`. */
  readonly mode?: number;
}

/**
 * Reads an address: a path, `host:port`, `unix:/path`, `tcp:host:port`, `tcp://[::1]:9000`, a port (of 127.0.0.1), a file
 * descriptor.
 *
 * @throws {ConfigurationError} ERR_GATEWAY_OPTION
 */
export function parseListen(listen: ListenAddress): ListenOptions {
  if (typeof listen === 'object' && listen !== null && Number.isInteger(listen.fd) && listen.fd >= 0) {
    return { fd: listen.fd } as ListenOptions;
  }
  if (typeof listen === 'number') return { host: '127.0.0.1', port: checkedPort(listen, listen) };
  if (typeof listen !== 'string') return fail(listen);
  const path = /^unix:(?:\/\/)?(\/.*)$/.exec(listen)?.[1] ?? (listen.startsWith('/') ? listen : undefined);
  if (path !== undefined) return { path };
  const tcp = /^(?:tcp:(?:\/\/)?)?(?:\[([0-9a-f:.]+)\]|([^:/[\]]+)):([0-9]+)$/i.exec(listen);
  if (tcp === null) return fail(listen);
  return { host: tcp[1] ?? (tcp[2] as string), port: checkedPort(Number(tcp[3]), listen) };
}

function checkedPort(port: number, listen: ListenAddress): number {
  return Number.isInteger(port) && port >= 0 && port <= 65535 ? port : fail(listen);
}

function fail(given: unknown): never {
  const rule = "the option listen must be a path, 'host:port', 'unix:/path', a port, or { fd }";
  throw new ConfigurationError('ERR_GATEWAY_OPTION', `${rule}, got ${show(given)}`);
}

/** Has a server listen; what stands in the way of a Unix socket is looked at before. */
export async function listenOn(
  server: Server,
  options: ListenOptions,
  { mode = 0o660 }: SocketOptions,
): Promise<void> {
  const { path } = options;
  if (path !== undefined) await removeStale(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  if (path !== undefined) await chmod(path, mode);
}

/** Removes a socket on which nobody answers. @throws {ConfigurationError} ERR_GATEWAY_OPTION: somebody does, or it is none. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new ConfigurationError(
      'ERR_GATEWAY_OPTION',
      `the path of a socket must be free, got ${show(path)}, which is a file`,
    );
  }
  if (await answers(path)) {
    throw new ConfigurationError(
      'ERR_GATEWAY_OPTION',
      `the path of a socket must be free, got ${show(path)}, where another server listens`,
    );
  }
  await unlink(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
