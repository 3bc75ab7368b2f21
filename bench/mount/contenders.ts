/**
 * The contenders: each mounts one handler at `/m0` … `/m<count - 1>`, and does the same job for it. `req.url` is what is
 * left, `req.baseUrl` what was consumed (Connect knows no baseUrl), and what no mount takes goes to one last handler.
 *
 * Rules of this file: each as its users would write it, with what makes it faster (no `X-Powered-By`, no final handler
 * made for each request) and without what another one lacks. A handler behind the mounts takes what they miss, so that
 * no contender is timed while it waits: Express and Connect put off the end of their own stack with setImmediate().
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import connect from 'connect';
import express from 'express';
import findMyWay from 'find-my-way';
import { mount } from '../../lib/index.js';

/** A request as contenders leave it. */
export interface BenchRequest extends IncomingMessage {
  baseUrl?: string | undefined;
  originalUrl?: string | undefined;
  params?: unknown;
  next?: unknown;
  /** Where parseurl, for Express and Connect, keeps what it parsed: a request that arrives has none. */
  _parsedUrl?: unknown;
}

export type Handler = (req: BenchRequest, res: ServerResponse) => void;

/** What its declarations leave out. */
type PrefixRouter = ReturnType<typeof findMyWay> & { compile(): unknown };

/** Dispatches one request. `next` is given for a miss only: a listener of a server has none, and a miss has to be counted. */
export type Dispatch = (req: BenchRequest, res: ServerResponse, next: (() => void) | undefined) => void;

export interface Contender {
  readonly create: (count: number, taken: Handler, missed: () => void) => Dispatch;
  /** More mounts than these are not measured. */
  readonly most: number;
  /** Why not. */
  readonly limit: string;
  /** Which of ours it is compared with. */
  readonly peer: 'ours in Express' | 'ours alone' | undefined;
  readonly setsBaseUrl: boolean;
}

const everyCount = { most: Number.POSITIVE_INFINITY, limit: '' };

const contenderTable = {
  'Express app.use': {
    create: (count, taken, missed) => {
      const app = express().disable('x-powered-by');
      for (let index = 0; index < count; index++) app.use(`/m${index}`, taken);
      app.use(missed);
      return (req, res) => (app as unknown as Dispatch)(req, res, fellThrough);
    },
    most: 1_000,
    limit: 'it looks at each mount, so that a dispatch takes milliseconds',
    peer: 'ours in Express',
    setsBaseUrl: true,
  },
  Connect: {
    create: (count, taken, missed) => {
      const app = connect();
      for (let index = 0; index < count; index++) app.use(`/m${index}`, taken);
      app.use(missed);
      return (req, res) => (app as unknown as Dispatch)(req, res, fellThrough);
    },
    most: 1_000,
    limit: 'it calls itself for each mount it passes, so that the stack overflows',
    peer: 'ours in Express',
    setsBaseUrl: false,
  },
  'ours in Express': {
    create: (count, taken, missed) => {
      const app = express().disable('x-powered-by');
      app.use(mount(tableOf(count, taken)), missed);
      return (req, res) => (app as unknown as Dispatch)(req, res, fellThrough);
    },
    ...everyCount,
    peer: undefined,
    setsBaseUrl: true,
  },
  'ours alone': {
    create: (count, taken) => {
      const mounts = mount(tableOf(count, taken));
      return (req, res, next) => void mounts(req, res, next);
    },
    ...everyCount,
    peer: undefined,
    setsBaseUrl: true,
  },
  'find-my-way': {
    create: (count, taken, missed) => {
      const router = prefixRouter(count, taken, missed);
      return (req, res) => router.lookup(req, res);
    },
    ...everyCount,
    peer: 'ours alone',
    setsBaseUrl: true,
  },
  'find-my-way compile()': {
    create: (count, taken, missed) => {
      const router = prefixRouter(count, taken, missed);
      router.compile();
      return (req, res) => router.lookup(req, res);
    },
    most: 10_000,
    limit: 'its compiler calls itself so deep that the stack overflows',
    peer: 'ours alone',
    setsBaseUrl: true,
  },
  'floor: startsWith + slice': {
    create: (_count, taken, missed) => (req, res) => {
      const { url = '' } = req;
      if (url.startsWith('/m0/')) {
        req.baseUrl = '/m0';
        req.url = url.slice(3);
        taken(req, res);
      } else {
        missed();
      }
    },
    most: 1,
    limit: 'it is the floor of one mount only',
    peer: 'ours alone',
    setsBaseUrl: true,
  },
} as const satisfies Record<string, Contender>;

export type ContenderName = keyof typeof contenderTable;

export const contenders: Readonly<Record<ContenderName, Contender>> = contenderTable;

export const contenderNames = Object.keys(contenders) as readonly ContenderName[];

/** Given to Express and Connect for the end of their stack, so that they do not make a handler of it for each request. */
function fellThrough(): void {
  throw new Error('the last handler must take what the mounts miss');
}

function tableOf(count: number, taken: Handler): Record<string, Handler> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`/m${index}`, taken]));
}

/** find-my-way knows no prefixes: two routes a mount, and what a mount does in their handler. */
function prefixRouter(count: number, taken: Handler, missed: () => void): PrefixRouter {
  const router = findMyWay({ defaultRoute: missed });
  const enter = (req: BenchRequest, res: ServerResponse, _params: unknown, prefix: string): void => {
    const rest = (req.url as string).slice(prefix.length);
    req.baseUrl = prefix;
    req.url = rest.startsWith('/') ? rest : `/${rest}`;
    taken(req, res);
  };
  for (let index = 0; index < count; index++) {
    const prefix = `/m${index}`;
    router.on('GET', prefix, enter, prefix);
    router.on('GET', `${prefix}/*`, enter, prefix);
  }
  return router as PrefixRouter;
}
