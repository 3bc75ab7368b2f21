/**
 * Ports of 127.0.0.1: which are free, who listens, who answers.
 *
 * Rules of this file: a port is picked below the range from which the system gives ports to whoever does not care
 * (`listen(0)`, each outgoing connection), and never twice in a process, so that it is hardly ever taken in between. Who
 * listens is read from /proc; where there is none, whoever listens is believed to be the one.
 */

import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/** Below Linux's 32768, and above the ports that have names. */
const lowest = 20_000;
const highest = 32_000;

const picked = new Set<number>();

/** A port that is free now, and that nobody in this process was given before. */
export async function pickPort(): Promise<number> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (picked.has(port)) continue;
    picked.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port between ${lowest} and ${highest} is free`);
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** Whether the server at a port answers within so many milliseconds; to something that is no request, so that no application hears of it. */
export async function answersAt(port: number, limit: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1').setTimeout(limit);
  try {
    await once(socket, 'connect');
    socket.write('?\r\n\r\n');
    // A status line, or that it hangs up: both take a server that reads.
    return await new Promise<boolean>((resolve) => {
      for (const event of ['data', 'end', 'error']) socket.once(event, () => resolve(true));
      socket.once('timeout', () => resolve(false));
    });
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** `TCP_LISTEN` of Linux's include/net/tcp_states.h, as /proc/net/tcp has it. */
const listening = '0A';

/** Whether it is this process that listens at a port of 127.0.0.1. */
export function listens(pid: number, port: number): boolean {
  if (!existsSync('/proc/net/tcp')) return true;
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set(
    readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => local === address && state === listening)
      .map((fields) => `socket:[${fields[9]}]`),
  );
  return inodes.size > 0 && openFiles(pid).some((name) => inodes.has(name));
}

function openFiles(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((name) => readlinkSync(`${folder}/${name}`));
  } catch {
    // It has ended, or has just closed one of them.
    return [];
  }
}
