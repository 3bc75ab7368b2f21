/**
 * How much memory a mount point takes in a table of 100 000.
 */

import type { Target } from '../benchmark.js';
import { Child } from '../child.js';
import { formatNumber } from '../text-table.js';
import type { MemoryAnswer, MemoryQuestion } from './memory-worker.js';

const count = 100_000;
const limit = 1024;

export async function benchMemory(): Promise<readonly Target[]> {
  const worker = new URL('./memory-worker.js', import.meta.url);
  const child = new Child<MemoryQuestion, MemoryAnswer>(worker, ['memory'], ['--expose-gc']);
  const { isSet, isVisited } = await child.ask({ count });
  child.close();
  const figures = `${formatNumber(isSet)} bytes, ${formatNumber(isVisited)} once visited`;
  console.log(`\nmemory of one of 100 000 mount points: ${figures}`);
  return [
    {
      rule: 'memory of a mount point below 1 KB at 100 000',
      measured: figures,
      isReached: Math.max(isSet, isVisited) < limit,
    },
  ];
}
