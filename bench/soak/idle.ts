/**
 * Many idle connections to one gateway: what each takes of memory, and that a request is still answered.
 *
 * Rules of this file: they are idle twice, before their first request and after it. None of them may be closed by the gateway.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Finding, onStage, type ProtocolName, protocols, residentSet } from './stage.js';

/** How many connect at once. */
const atOnce = 100;

/** Files that a process has open beside its connections, and to spare. */
const otherFiles = 100;

const limitOfAnswer = 1000;

export async function soakIdle(protocol: ProtocolName, count: number): Promise<readonly Finding[]> {
  const subject = `${protocol}: ${count} idle connections, and a request answered`;
  const files = openFilesLimit();
  if (files < count + otherFiles) {
    const figure = `the limit of open files is ${files}: ulimit -n ${count + otherFiles}`;
    return [{ subject, figure, isReached: false }];
  }
  return onStage(protocol, 1, async ({ port, path, applications: [{ pid, socket, ask }] }) => {
    const answer = async (): Promise<boolean> => {
      const response = await fetch(`http://127.0.0.1:${port}${path}/hello`, {
        signal: AbortSignal.timeout(limitOfAnswer),
      }).catch(() => undefined);
      return response?.status === 200;
    };
    await answer();
    const empty = residentSet(pid);
    const sockets: Socket[] = [];
    let closed = 0;
    await inTurns(count, async () => {
      const idle = await connected(socket);
      idle.on('close', () => closed++);
      sockets.push(idle);
    });
    const each = (): string => `${Math.round((residentSet(pid) - empty) / count / 102.4) / 10} KB`;
    // The last of them are accepted after they are connected.
    await sleep(200);
    const isNewAnswered = await answer();
    const unused = each();
    const { request } = protocols[protocol];
    if (request !== undefined) {
      const bytes = request();
      await inTurns(count, async (index) => {
        sockets[index]?.write(bytes);
        await once(sockets[index] as Socket, 'data');
      });
    }
    const isUsedAnswered = await answer();
    const used = each();
    const isReached = isNewAnswered && isUsedAnswered && closed === 0;
    for (const idle of sockets) idle.removeAllListeners('close').on('error', () => undefined);
    const start = performance.now();
    await ask('close');
    const took = performance.now() - start;
    for (const idle of sockets) idle.destroy();
    const memory = `${unused} of memory each, ${used} after a request`;
    const rest = `closed with the gateway in ${Math.round(took)} ms`;
    const missed = closed > 0 ? `${closed} of them were closed` : 'the request was not answered';
    return [{ subject, figure: `${memory}; ${isReached ? rest : missed}`, isReached }];
  });
}

/** A connection; again, where the listener has too many to accept. */
async function connected(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await sleep(10);
    }
  }
}

async function inTurns(count: number, body: (index: number) => Promise<void>): Promise<void> {
  for (let first = 0; first < count; first += atOnce) {
    const indices = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => first + index);
    await Promise.all(indices.map(body));
  }
}

/** The hard limit: Node raises the other one to it when it starts. */
function openFilesLimit(): number {
  const [, limit] = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
}
