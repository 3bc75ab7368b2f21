/**
 * The codecs with whatever bytes there are, a million times: the tests that `npm test` runs in small.
 *
 * Rules of this file: the heap is small, so that bytes that a codec piles up end the run.
 */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Finding } from './stage.js';

const heapMegabytes = 128;

export async function soakFuzz(runs: number): Promise<readonly Finding[]> {
  const mocha = ['node_modules/mocha/bin/mocha.js', '--no-config', '--reporter', 'json'];
  const tests = ['--grep', 'times any bytes', 'build/test/protocol/**/*.test.js'];
  const parameters = [`--max-old-space-size=${heapMegabytes}`, ...mocha, ...tests];
  const child = spawn(process.execPath, parameters, {
    env: { ...process.env, FUZZ_RUNS: String(runs) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await text(child.stdout);
  const subject = `codecs: ${runs} times any bytes, in a heap of ${heapMegabytes} MB`;
  try {
    const { stats, failures } = JSON.parse(said) as Report;
    const figure = `${stats.passes} codecs passed, ${stats.failures} failed, in ${Math.round(stats.duration / 1000)} s`;
    const why = failures.map(({ fullTitle, err }) => `\n${fullTitle}: ${err.message}`).join('');
    return [{ subject, figure: figure + why, isReached: stats.failures === 0 && stats.passes > 0 }];
  } catch {
    return [{ subject, figure: `the tests did not end: ${said.slice(-200)}`, isReached: false }];
  }
}

/** What mocha's JSON reporter writes. */
interface Report {
  readonly stats: { readonly passes: number; readonly failures: number; readonly duration: number };
  readonly failures: readonly { readonly fullTitle: string; readonly err: { readonly message: string } }[];
}
