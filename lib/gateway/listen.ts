/**
 * Where a gateway listens: an address as people write it, and what has to be done before it can.
 *
 * Rules of this file: a mistake throws before anything is opened. A Unix socket that is left over is replaced only where nobody
 * answers on it, and nothing that is no socket ever is. Nobody can connect to it before its mode is set.
 */

import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, lstatSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { chmod, chown, lstat } from 'node:fs/promises';
import { connect, type ListenOptions, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { systemdDescriptors } from './inherited.js';
import { mistake } from './options.js';

/** An address to listen on. */
export type ListenAddress = string | number | { readonly fd: number };

/** How a Unix socket is made. */
export interface SocketOptions {
  /** Permissions of a Unix socket. Default `0o660`. */
  readonly mode?: number;
  /** Who owns a Unix socket: a name or a number. Default: who runs this process. */
  readonly owner?: string | number;
  /** Its group: a name or a number. `'www-data'`, say, so that nginx can connect. */
  readonly group?: string | number;
  /** Connections that may wait to be accepted; the system's own limit (somaxconn) holds too. Default 2048. */
  readonly backlog?: number;
}

/** How a Unix socket is made, in numbers; -1: as it comes. */
export interface ResolvedSocketOptions {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly backlog: number;
}

/** Reads how a Unix socket is to be made. @throws {ConfigurationError} ERR_GATEWAY_OPTION */
export function resolveSocketOptions(options: SocketOptions): ResolvedSocketOptions {
  const { mode = 0o660, owner = -1, group = -1, backlog = 2048 } = options;
  if (!(Number.isInteger(mode) && mode >= 0 && mode <= 0o777)) {
    throw mistake('the option mode must be 0 to 0o777', mode);
  }
  if (!(Number.isSafeInteger(backlog) && backlog > 0)) {
    throw mistake('the option backlog must be a positive integer', backlog);
  }
  return {
    mode,
    uid: numberOf('owner', owner, '/etc/passwd'),
    gid: numberOf('group', group, '/etc/group'),
    backlog,
  };
}

function numberOf(option: string, given: string | number, file: string): number {
  if (typeof given === 'number') {
    if (Number.isInteger(given) && given >= -1) return given;
    throw mistake(`the option ${option} must be a name or a number`, given);
  }
  let lines: string[] = [];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    // Without such a file there are no names.
  }
  const found = lines.map((line) => line.split(':')).find(([name]) => name === given);
  const number = Number(found?.[2]);
  if (Number.isInteger(number)) return number;
  throw mistake(`the option ${option} must be a name in ${file}, or a number`, given);
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
  if (typeof listen !== 'string') throw noAddress(listen);
  // As environment variables have it.
  if (/^[0-9]+$/.test(listen)) return { host: '127.0.0.1', port: checkedPort(Number(listen), listen) };
  const path = /^unix:(?:\/\/)?(\/.*)$/.exec(listen)?.[1] ?? (listen.startsWith('/') ? listen : undefined);
  if (path !== undefined) return { path: checkedPath(path) };
  const tcp = /^(?:tcp:(?:\/\/)?)?(?:\[([0-9a-f:.]+)\]|([^:/[\]]+)):([0-9]+)$/i.exec(listen);
  if (tcp === null) throw noAddress(listen);
  return { host: tcp[1] ?? (tcp[2] as string), port: checkedPort(Number(tcp[3]), listen) };
}

/** Reads all addresses of the option. @throws {ConfigurationError} ERR_GATEWAY_OPTION */
export function parseListens(
  listen: ListenAddress | readonly ListenAddress[] | undefined,
  environment: Record<string, string | undefined>,
  pid: number,
): readonly ListenOptions[] {
  const given = Array.isArray(listen) ? listen : [listen];
  if (given.length === 0) throw noAddress(listen);
  return given.flatMap((each: ListenAddress) => {
    const systemd = typeof each === 'string' ? /^systemd(?::(.+))?$/.exec(each) : null;
    if (systemd === null) return [parseListen(each)];
    return systemdDescriptors(environment, pid, systemd[1]).map((fd) => ({ fd }) as ListenOptions);
  });
}

/** What fits sockaddr_un(7), without its NUL. What does not is cut by some systems: a socket somewhere else. */
const longestPath = process.platform === 'linux' ? 107 : 103;

function checkedPath(path: string): string {
  if (Buffer.byteLength(path) <= longestPath) return path;
  throw mistake(`the path of a socket must have at most ${longestPath} bytes`, path);
}

function checkedPort(port: number, listen: ListenAddress): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw noAddress(listen);
}

function noAddress(given: unknown): Error {
  return mistake(
    "the option listen must be a path, 'host:port', 'unix:/path', a port, { fd }, 'systemd', or a list of these",
    given,
  );
}

/** Who waits for a path: one after the other, so that nobody takes another's new socket for one that was left over. */
const queues = new Map<string, Promise<unknown>>();

/** Has a server listen; what stands in the way of a Unix socket is looked at before. */
export async function listenOn(
  server: Server,
  options: ListenOptions,
  socketOptions: ResolvedSocketOptions,
): Promise<void> {
  const { path } = options;
  if (path === undefined) return open(server, { ...options, backlog: socketOptions.backlog });
  const before = queues.get(path);
  const mine = (async () => {
    await before?.catch(() => undefined);
    await listenAtPath(server, path, socketOptions);
  })();
  queues.set(path, mine);
  try {
    await mine;
  } finally {
    if (queues.get(path) === mine) queues.delete(path);
  }
}

async function listenAtPath(
  server: Server,
  path: string,
  { mode, uid, gid, backlog }: ResolvedSocketOptions,
): Promise<void> {
  await removeStale(path);
  await open(server, { path, backlog });
  if (uid !== -1 || gid !== -1) await chown(path, uid, gid);
  await chmod(path, mode);
}

function open(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    withoutPermissions(options.path !== undefined, () =>
      server.listen(options, () => {
        server.removeListener('error', reject);
        resolve();
      }),
    );
  });
}

/** Makes what is made by `make` accessible to nobody, until its mode is set. A worker thread cannot. */
function withoutPermissions(isPath: boolean, make: () => void): void {
  let before: number | undefined;
  try {
    if (isPath) before = process.umask(0o777);
  } catch {
    // ERR_WORKER_UNSUPPORTED_OPERATION: the mode is set all the same, a moment later.
  }
  try {
    make();
  } finally {
    if (before !== undefined) process.umask(before);
  }
}

/** Removes a socket on which nobody answers. @throws {ConfigurationError} ERR_GATEWAY_OPTION: somebody does, or it is none. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) {
    // The system would say EACCES.
    if (!existsSync(dirname(path))) throw mistake('the folder of a socket must exist', dirname(path));
    return;
  }
  if (!found.isSocket()) throw mistake('the path of a socket must be free', `${path}, which is a file`);
  const taken = (): Error =>
    mistake('the path of a socket must be free', `${path}, where another server listens`);
  if (await answers(path)) throw taken();
  // Whoever else has found it to be stale may listen here by now: that is told by what it is that goes, and put back. In one turn,
  // so that nobody finds the path free meanwhile.
  const aside = join(dirname(path), `.${randomBytes(3).toString('hex')}`);
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const { ino, mtimeNs } = lstatSync(aside, { bigint: true });
  const isStale = ino === found.ino && mtimeNs === found.mtimeNs;
  try {
    if (!isStale) linkSync(aside, path);
  } finally {
    unlinkSync(aside);
  }
  if (!isStale) throw taken();
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Whoever may not ask does not know.
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}
