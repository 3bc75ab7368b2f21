/**
 * The benchmark `harness`: requests to an application by supertest, by supertest through `behind()`, and by `inject()`.
 *
 * Rules of this file: as a user writes it: supertest listens anew for each request. A wrong answer ends the run.
 */

import express from 'express';
import request from 'supertest';
import { behind, inject } from '../lib/harness/index.js';
import type { Application } from '../lib/index.js';
import type { Benchmark } from './benchmark.js';
import { createRandom, shuffle, summarize, summarizeRatio } from './statistics.js';
import { formatSummary, formatTable } from './text-table.js';

const app = express().disable('x-powered-by');
app.get('/bar', (_req, res) => void res.send('hello'));
const site = express().use('/foo', app);
const mounted = app as unknown as Application;
const behindNginx = behind('nginx/fastcgi', mounted, { mount: '/foo' });

interface Contender {
  readonly name: string;
  readonly ask: () => Promise<{ readonly text: string }>;
}

const supertest: Contender = { name: 'supertest', ask: async () => request(site).get('/foo/bar') };

const through: Contender = {
  name: "supertest, behind('nginx/fastcgi')",
  ask: async () => request(behindNginx).get('/foo/bar'),
};

const injected: Contender = {
  name: 'inject()',
  ask: () => inject(mounted, { url: '/foo/bar', mount: '/foo' }),
};

const injectedBehind: Contender = {
  name: "inject(), behind 'nginx/fastcgi'",
  ask: () => inject(mounted, { url: '/foo/bar', mount: '/foo', frontServer: 'nginx/fastcgi' }),
};

const contenders = [supertest, through, injected, injectedBehind];

/** Microseconds a request. */
async function sample({ name, ask }: Contender, times: number): Promise<number> {
  const start = performance.now();
  for (let time = 0; time < times; time++) {
    const { text } = await ask();
    if (text !== 'hello') throw new Error(`${name} must answer hello, got ${text}`);
  }
  return ((performance.now() - start) * 1e3) / times;
}

export const harnessBenchmark: Benchmark = async ({ starts, rounds, isQuick }) => {
  const times = isQuick ? 100 : 1000;
  const random = createRandom(contenders.length);
  const samples = new Map(contenders.map((contender) => [contender, [] as number[]]));
  for (const contender of contenders) await sample(contender, 200);
  for (let round = 0; round < Math.max(7, starts * rounds); round++) {
    for (const contender of shuffle(contenders, random)) {
      samples.get(contender)?.push(await sample(contender, times));
    }
  }
  const base = samples.get(supertest) ?? [];
  const ratioOf = (contender: Contender) => summarizeRatio(samples.get(contender) ?? [], base);
  const rows = contenders.map((contender) => [
    contender.name,
    formatSummary(summarize(samples.get(contender) ?? [])),
    contender === supertest ? '' : formatSummary(ratioOf(contender)),
  ]);
  console.log(`\n${formatTable([['a request', 'us', 'it/supertest'], ...rows])}`);
  const goal = (contender: Contender, limit: number) => {
    const ratio = ratioOf(contender);
    return {
      rule: `${contender.name}: at most ${limit.toFixed(2)} times supertest`,
      measured: formatSummary(ratio),
      isReached: ratio.median <= limit,
    };
  };
  return [goal(through, 3), goal(injected, 1 / 3), goal(injectedBehind, 1 / 3)];
};
