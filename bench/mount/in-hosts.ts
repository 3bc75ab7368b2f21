/**
 * One mount in the hosts that have a `mount()` of their own, and the Fetch adapter without and with a mount: a whole
 * request each, from the listener to the last byte, without a network.
 *
 * Rules of this file: both of a pair have the same application, and the host's own Node adapter where it has one; each request
 * and response is Node's own and new, over one stream that swallows what is written; a wrong answer ends the run.
 */

import { once } from 'node:events';
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { H3 } from 'h3';
import { Hono } from 'hono';
import Koa from 'koa';
import koaMount from 'koa-mount';
import { toNodeHandler } from 'srvx/node';
import { fetchHandler, mount } from '../../lib/index.js';
import { mount as mountInKoa } from '../../lib/middleware/koa.js';
import type { Settings, Target } from '../benchmark.js';
import { createRandom, shuffle, summarize, summarizeRatio } from '../statistics.js';
import { formatSummary, formatTable } from '../text-table.js';

interface Pair {
  readonly name: string;
  readonly theirs: RequestListener;
  readonly ours: RequestListener;
}

const koaApplication = (): Koa =>
  new Koa().use((context) => {
    context.body = context.path;
  });

const handler = (request: Request): Response => new Response(new URL(request.url).pathname);

const node = (handle: (request: Request) => Response | Promise<Response>): RequestListener =>
  toNodeHandler(handle) as RequestListener;

const oursWithFetch = mount('/m0', fetchHandler(handler));

const pairs: readonly Pair[] = [
  {
    name: 'Koa, koa-mount',
    theirs: new Koa().use(koaMount('/m0', koaApplication())).callback(),
    ours: new Koa().use(mountInKoa('/m0', koaApplication())).callback(),
  },
  {
    name: 'Hono, app.mount()',
    theirs: getRequestListener(new Hono().mount('/m0', handler).fetch) as RequestListener,
    ours: oursWithFetch,
  },
  {
    name: 'h3, app.mount()',
    theirs: node((request) => h3.fetch(request)),
    ours: oursWithFetch,
  },
  { name: 'the Fetch adapter alone', theirs: node(handler), ours: oursWithFetch },
];

const h3 = new H3().mount('/m0', { fetch: handler });

/** Runs one request through a listener, and returns what was written. */
async function request(listener: RequestListener): Promise<string> {
  const written: Buffer[] = [];
  const sink = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const req = new IncomingMessage(sink as never);
  req.method = 'GET';
  req.url = '/m0/a/b';
  req.headers.host = 'localhost';
  req.rawHeaders = ['Host', 'localhost'];
  req.push(null);
  const res = new ServerResponse(req);
  res.assignSocket(sink as never);
  const finished = once(res, 'finish');
  listener(req, res);
  await finished;
  return Buffer.concat(written).toString('latin1');
}

/** Nanoseconds a request. */
async function sample(listener: RequestListener, times: number): Promise<number> {
  const start = performance.now();
  for (let time = 0; time < times; time++) await request(listener);
  return ((performance.now() - start) * 1e6) / times;
}

export async function benchInHosts({ starts, rounds, sampleMs }: Settings): Promise<readonly Target[]> {
  const times = sampleMs * 20;
  const random = createRandom(pairs.length);
  const samples = pairs.map((pair) => ({ pair, theirs: [] as number[], ours: [] as number[] }));
  for (const { pair } of samples) {
    const wanted = pair.name === 'the Fetch adapter alone' ? '/m0/a/b' : '/a/b';
    const got = [await request(pair.theirs), await request(pair.ours)].map((text) =>
      text.split('\r\n').at(-1),
    );
    const isRight = got[0]?.endsWith(wanted) && got[1]?.endsWith('/a/b');
    if (!isRight) throw new Error(`${pair.name} must answer ${wanted} and /a/b, got ${got}`);
    await sample(pair.theirs, times);
    await sample(pair.ours, times);
  }
  for (let round = 0; round < starts * rounds; round++) {
    for (const { pair, theirs, ours } of shuffle(samples, random)) {
      for (const which of shuffle(['theirs', 'ours'] as const, random)) {
        (which === 'ours' ? ours : theirs).push(await sample(pair[which], times));
      }
    }
  }
  const head = ['one mount, a whole request', 'theirs, ns', 'ours, ns', 'ours/it'];
  const rows = samples.map(({ pair, theirs, ours }) => [
    pair.name,
    ...[summarize(theirs), summarize(ours), summarizeRatio(ours, theirs)].map(formatSummary),
  ]);
  console.log(`\n${formatTable([head, ...rows])}`);
  return samples.map(({ pair, theirs, ours }) => {
    const ratio = summarizeRatio(ours, theirs);
    return {
      rule: `ours no slower than ${pair.name}, beyond the spread`,
      measured: formatSummary(ratio),
      // Two runs of the same code differ by the spread.
      isReached: ratio.median - ratio.spread <= 1,
    };
  });
}
