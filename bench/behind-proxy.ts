/**
 * The benchmark `behind-proxy`: a hello of Express without and with `behindProxy()`, and with Express's own `trust proxy`: a
 * whole request each, from the listener to the last byte, without a network.
 *
 * Rules of this file: all get the same header, from the same peer, and a request and response of Node's own that are new; a
 * wrong answer ends the run.
 */

import { once } from 'node:events';
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import express from 'express';
import { type Application, behindProxy, type ProxyOptions } from '../lib/index.js';
import type { Benchmark } from './benchmark.js';
import { createRandom, shuffle, summarize, summarizeRatio } from './statistics.js';
import { formatSummary, formatTable } from './text-table.js';

interface Contender {
  readonly name: string;
  readonly listener: RequestListener;
  /** What is asked for. */
  readonly target: string;
  /** Whether its cost is what is to be kept low. */
  readonly isOurs: boolean;
}

function hello(): express.Express {
  const app = express().disable('x-powered-by');
  app.get('/', (_req, res) => void res.send('hello'));
  return app;
}

const proxied = (options: Omit<ProxyOptions, 'trust'>): RequestListener =>
  behindProxy(hello() as unknown as Application, { trust: 'loopback', ...options });

const plain = { name: 'Express', listener: hello(), target: '/', isOurs: false } as const satisfies Contender;

const contenders: readonly Contender[] = [
  plain,
  {
    name: 'with trust proxy',
    listener: hello().set('trust proxy', 'loopback'),
    target: '/',
    isOurs: false,
  },
  { name: 'behindProxy()', listener: proxied({}), target: '/', isOurs: true },
  { name: 'a prefix kept', listener: proxied({ prefix: '/app' }), target: '/app/', isOurs: true },
  {
    name: 'a prefix in a header',
    listener: proxied({ prefix: { header: 'x-forwarded-prefix' } }),
    target: '/',
    isOurs: true,
  },
];

/** What a browser sends, and nginx adds. */
const rawHeaders = [
  ...['Host', 'inner.example', 'Connection', 'keep-alive', 'Accept', 'text/html,application/xhtml+xml'],
  ...['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'],
  ...['Accept-Encoding', 'gzip, deflate, br', 'Accept-Language', 'en', 'Cookie', 'session=abcdefgh'],
  ...['X-Forwarded-For', '203.0.113.7', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'site.example'],
  ...['X-Forwarded-Prefix', '/app'],
];

class Connection extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  readonly written: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk);
    done();
  }
}

/** Runs one request through a listener, and returns what was written. */
async function request({ listener, target }: Contender): Promise<string> {
  const connection = new Connection();
  const req = new IncomingMessage(connection as never);
  req.method = 'GET';
  req.url = target;
  req.rawHeaders = rawHeaders;
  const headers: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers[(rawHeaders[index] as string).toLowerCase()] = rawHeaders[index + 1] as string;
  }
  req.headers = headers;
  req.push(null);
  const res = new ServerResponse(req);
  res.assignSocket(connection as never);
  const finished = once(res, 'finish');
  listener(req, res);
  await finished;
  return Buffer.concat(connection.written).toString('latin1');
}

/** Nanoseconds a request: those that passed, or fewer where the process had to wait for a core meanwhile. */
async function sample(contender: Contender, times: number): Promise<number> {
  const start = performance.now();
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) await request(contender);
  const { user, system } = process.cpuUsage(before);
  return Math.min((performance.now() - start) * 1e6, (user + system) * 1e3) / times;
}

const limit = 1.1;

/** A block of rounds is one figure for each contender, their median. */
const roundsOfBlock = 25;

export const behindProxyBenchmark: Benchmark = async ({ starts, rounds, sampleMs, warmUpMs }) => {
  // Short, and many: what slows the machine down for a moment then slows all contenders down.
  const times = sampleMs;
  const random = createRandom(contenders.length);
  const samples = new Map(contenders.map((contender) => [contender, [] as number[]]));
  for (const contender of contenders) {
    const got = await request(contender);
    if (!got.endsWith('\r\n\r\nhello')) throw new Error(`${contender.name} must answer hello, got ${got}`);
    await sample(contender, warmUpMs * 20);
  }
  for (let block = 0; block < starts * rounds; block++) {
    const all = new Map(contenders.map((contender) => [contender, [] as number[]]));
    for (let round = 0; round < roundsOfBlock; round++) {
      for (const contender of shuffle(contenders, random)) {
        all.get(contender)?.push(await sample(contender, times));
      }
    }
    for (const [contender, own] of all) samples.get(contender)?.push(summarize(own).median);
  }
  const base = samples.get(plain) ?? [];
  const judged = contenders.map((contender) => {
    const own = samples.get(contender) ?? [];
    return { contender, own, ratio: summarizeRatio(own, base) };
  });
  const head = ['a hello of Express, a whole request', 'ns', 'it/Express'];
  const rows = judged.map(({ contender, own, ratio }) => [
    contender.name,
    formatSummary(summarize(own)),
    contender === plain ? '' : formatSummary(ratio),
  ]);
  console.log(`\n${formatTable([head, ...rows])}`);
  return judged
    .filter(({ contender }) => contender.isOurs)
    .map(({ contender, ratio }) => ({
      rule: `${contender.name}: less than 10 % of a hello of Express, beyond the spread`,
      measured: formatSummary(ratio),
      isReached: ratio.median - ratio.spread < limit,
    }));
};
