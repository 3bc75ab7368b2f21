/**
 * A large body up, and one down, through nginx: complete, and not kept in memory.
 *
 * Rules of this file: whoever reads waits for a while before, so that what nobody holds back would pile up in the application.
 * Its memory is compared with what a smaller body took, so that it is what comes with the length that shows;
 * and that is not the first, when code and heap are new.
 */

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf, newDigest, pieces } from './pattern.js';
import { type Finding, megabytes, onStage, type ProtocolName, residentSet, type Stage } from './stage.js';

const warmUp = 16 * 2 ** 20;

/** Milliseconds that a reader waits. */
const pause = 300;

const limit = 32 * 2 ** 20;

export async function soakTransfer(protocol: ProtocolName, length: number): Promise<readonly Finding[]> {
  return onStage(protocol, 1, async (stage) => {
    const findings: Finding[] = [];
    const { pid } = stage.applications[0];
    for (const [direction, transfer] of Object.entries({ up, down })) {
      await transfer(stage, warmUp);
      const before = await highestWhile(pid, () => transfer(stage, warmUp));
      const start = performance.now();
      const after = await highestWhile(pid, () => transfer(stage, length));
      const took = (performance.now() - start) / 1000;
      const growth = after.memory - before.memory;
      const isComplete = before.result && after.result;
      const figure = `memory grew by ${megabytes(growth)} (from ${megabytes(before.memory)}) in ${took.toFixed(1)} s`;
      findings.push({
        subject: `${protocol}: ${megabytes(length)} ${direction}, with less than ${megabytes(limit)} more memory`,
        figure: isComplete ? figure : 'the body did not come as it was sent',
        isReached: isComplete && growth < limit,
      });
    }
    return findings;
  });
}

/** The most memory that a process has while something is done. */
async function highestWhile<T>(pid: number, body: () => Promise<T>): Promise<{ result: T; memory: number }> {
  let memory = residentSet(pid);
  const look = setInterval(() => {
    memory = Math.max(memory, residentSet(pid));
  }, 10);
  try {
    const result = await body();
    return { result, memory: Math.max(memory, residentSet(pid)) };
  } finally {
    clearInterval(look);
  }
}

async function up({ port, path }: Stage, length: number): Promise<boolean> {
  const headers = { 'Content-Length': length };
  const options = { host: '127.0.0.1', port, path: `${path}/up/${pause}`, method: 'POST', headers } as const;
  const req = request({ ...options, agent: false });
  const response = once(req, 'response');
  await pipeline(Readable.from(pieces(length)), req);
  const [res] = (await response) as [IncomingMessage];
  return (await text(res)) === `${length} ${digestOf(length)}`;
}

async function down({ port, path }: Stage, length: number): Promise<boolean> {
  const req = request({ host: '127.0.0.1', port, path: `${path}/down/${length}`, agent: false }).end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  await sleep(pause);
  const digest = newDigest();
  for await (const bytes of res as AsyncIterable<Buffer>) digest.update(bytes);
  return digest.digest('hex') === digestOf(length);
}
