/**
 * Bytes of heap for a mount point, in a process of its own: `node --expose-gc memory-worker.js`.
 *
 * Rules of this file: what a mount point holds is counted with its key, and with what is kept of it once a request
 * has come by; the application is one function for all.
 */

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { type Application, MountTable, mount } from '../../lib/index.js';
import { answerQuestions } from '../child.js';

export interface MemoryQuestion {
  readonly count: number;
}

/** Bytes a mount point. */
export interface MemoryAnswer {
  readonly isSet: number;
  readonly isVisited: number;
}

const application: Application = () => {};

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('memory must be measured with --expose-gc');
  // Once more for what only finalizers let go.
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

answerQuestions<MemoryQuestion, MemoryAnswer>(({ count }) => {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  const end = (): void => {};
  const before = heapUsed();
  const table = new MountTable<Application>();
  for (let index = 0; index < count; index++) table.set(`/m${index}`, application);
  const set = heapUsed();
  const mounts = mount(table);
  for (let index = 0; index < count; index++) {
    req.url = `/m${index}/a/b`;
    void mounts(req, res, end);
  }
  const visited = heapUsed();
  if (table.size !== count) throw new Error(`a table must hold ${count} mount points, got ${table.size}`);
  return { isSet: (set - before) / count, isVisited: (visited - before) / count };
});
