/**
 * What `lint()` must not do: blame an application for what others did, stand between an error and whoever hears of it, or
 * bring a server down.
 */

import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import express from 'express';
import request from 'supertest';
import { type Handler, type LintError, lint, type MountOptions, mount } from '../../lib/index.js';

interface Around {
  readonly before?: Handler;
  readonly after?: Handler;
  readonly onError?: (error: unknown, res: express.Response) => void;
  readonly options?: MountOptions;
}

interface Told {
  readonly status: number;
  readonly rules: readonly string[];
  /** What the host's error handler got. */
  readonly errors: readonly unknown[];
  readonly written: readonly unknown[];
}

/** Asks an application in lint() below `base` of an Express host. */
async function ask(
  application: Handler,
  { before, after, onError, options }: Around = {},
  { isReporting = true, base = '/shop' } = {},
): Promise<Told> {
  const rules: string[] = [];
  const errors: unknown[] = [];
  const written: unknown[] = [];
  const report = (broken: LintError): void => void rules.push(broken.rule);
  const host = express();
  if (before) host.use(before as never);
  host.use(mount(base, lint(application, isReporting ? { report } : {}), options));
  if (after) host.use(after as never);
  const handler: express.ErrorRequestHandler = (error, _req, res, _next) => {
    errors.push(error);
    if (onError) onError(error, res);
    else res.status(500).end();
  };
  host.use(handler);
  const { error } = console;
  console.error = (...words: unknown[]) => void written.push(...words);
  try {
    const { status } = await request(host).get(encodeURI(`${base}/x`));
    return { status, rules, errors, written };
  } finally {
    console.error = error;
  }
}

const redirectTo =
  (Location: string): Handler =>
  (_req, res) =>
    void res.writeHead(302, { Location }).end();

/** Has a header changed when the head is written, as on-headers does (cookie-session, compression). */
const late =
  (change: (res: Parameters<Handler>[1]) => void, then: Handler): Handler =>
  (req, res, next) => {
    const { writeHead } = res;
    res.writeHead = (...parameters: readonly unknown[]) => {
      change(res);
      return writeHead.apply(res, parameters as never);
    };
    return then(req, res, next);
  };

const end: Handler = (_req, res) => void res.end('body');
const toError = (_error: unknown, res: express.Response): void => res.redirect('/error');

describe('lint() blames', () => {
  const fails: Handler = () => {
    throw new Error('own');
  };
  const rejects: Handler = async () => {
    throw new Error('own');
  };
  const rows: Readonly<Record<string, readonly [ask: () => Promise<Told>, rules: readonly string[]]>> = {
    'nobody for a path that rewrite: true puts right': [
      () => ask(redirectTo('/login'), { options: { rewrite: true } }),
      [],
    ],
    'nobody for a cookie that the host set before': [
      () =>
        ask(end, {
          before: (_req, res, next) => {
            res.setHeader('Set-Cookie', 'a=1; Path=/');
            next();
          },
        }),
      [],
    ],
    'the application for its own cookie beside it': [
      () =>
        ask((_req, res) => void res.appendHeader('Set-Cookie', 'b=1; Path=/').end(), {
          before: (_req, res, next) => {
            res.setHeader('Set-Cookie', ['a=1; Path=/']);
            next();
          },
        }),
      ['cookie-below-mount'],
    ],
    'the application for a header that comes with the head': [
      () => ask(late((res) => res.setHeader('Set-Cookie', 'a=1; Path=/'), end)),
      ['cookie-below-mount'],
    ],
    'nobody for a Content-Length that goes with the head': [
      () =>
        ask(
          late(
            (res) => res.removeHeader('Content-Length'),
            (_req, res) => void res.setHeader('Content-Length', 99).end('body'),
          ),
        ),
      [],
    ],
    'nobody for what the host answers after next(), whoever came over the methods': [
      () =>
        ask(
          late(
            () => undefined,
            (_req, _res, next) => next(),
          ),
          { after: (_req, res) => void res.setHeader('Status', '1').end() },
        ),
      [],
    ],
    'nobody for what the host answers after a throw': [() => ask(fails, { onError: toError }), []],
    'nobody for what the host answers after a rejection': [() => ask(rejects, { onError: toError }), []],
    'the application for dots that leave the mount': [
      () => ask(redirectTo('/shop/../login')),
      ['location-below-mount'],
    ],
    'nobody for a __host- cookie': [
      () => ask((_req, res) => void res.setHeader('Set-Cookie', '__host-a=1; Path=/; Secure').end()),
      [],
    ],
    'nobody for an error after the head': [
      () =>
        ask(
          (_req, res, next) => {
            res.write('begun');
            next(new Error('own'));
          },
          { onError: (_error, res) => void res.end() },
        ),
      [],
    ],
  };
  for (const [whom, [told, rules]] of Object.entries(rows)) {
    it(whom, async () => expect((await told()).rules).to.deep.equal(rules));
  }
});

describe('lint() without report', () => {
  const status: Handler = (_req, res) => void res.setHeader('Status', '1').end();
  const own = new Error('own');
  const applications: Readonly<Record<string, readonly [Handler, expected: unknown]>> = {
    'a broken rule': [status, 'status-field'],
    'a broken rule of an async function': [async (req, res, next) => status(req, res, next), 'status-field'],
    'an error that is thrown': [
      () => {
        throw own;
      },
      own,
    ],
    'a rejection': [() => Promise.reject(own), own],
    'an error after the head': [
      (_req, res, next) => {
        res.write('begun');
        next(own);
      },
      own,
    ],
    'next() after the head': [
      (_req, res, next) => {
        res.write('begun');
        next();
      },
      'next-or-answer',
    ],
    'next() after the head, by an Express application': [
      express().use((_req, res, next) => {
        res.write('begun');
        next();
      }) as never,
      'next-or-answer',
    ],
    'an error after next()': [
      (_req, _res, next) => {
        next();
        next(own);
      },
      own,
    ],
  };
  for (const [what, [application, expected]] of Object.entries(applications)) {
    it(`lets the host hear of ${what}, once`, async () => {
      const { errors } = await ask(
        application,
        {
          // Later than an error that the application may still have.
          after: (_req, res) => void setTimeout(() => res.end(), 20),
          onError: (_error, res) => void res.end(),
        },
        { isReporting: false },
      );
      expect(errors.map((error) => (error === own ? own : (error as LintError).rule))).to.deep.equal([
        expected,
      ]);
    });
  }

  for (const what of [
    'a broken rule',
    'a broken rule of an async function',
    'an error that is thrown',
    'a rejection',
  ]) {
    it(`answers ${what} itself where it stands alone, and right below app.use()`, async () => {
      const [application] = applications[what] as readonly [Handler, unknown];
      const app = express().use(lint(application) as never);
      app.use(((_error, _req, res, _next) => void res.status(500).end()) as express.ErrorRequestHandler);
      const { error } = console;
      console.error = () => undefined;
      try {
        expect((await request(createServer(lint(application) as never)).get('/')).status).to.equal(500);
        expect((await request(app).get('/')).status).to.equal(500);
      } finally {
        console.error = error;
      }
    });
  }

  const tooLate: Readonly<Record<string, readonly [Handler, rule: string]>> = {
    'a stream of another length': [
      (_req, res) => {
        res.setHeader('Content-Length', 9).setHeader('Connection', 'close');
        Readable.from(['abc']).pipe(res);
      },
      'body-length',
    ],
    'a second next()': [
      (_req, _res, next) => {
        next();
        next();
      },
      'next-once',
    ],
  };
  for (const [what, [application, rule]] of Object.entries(tooLate)) {
    it(`writes ${what} to the console, where nothing can be answered`, async () => {
      const { warn } = console;
      console.warn = () => undefined;
      const written: unknown[] = [];
      const { error } = console;
      console.error = (...words: unknown[]) => void written.push(...words);
      try {
        const host = express().use(lint(application) as never, (_req, res) => void res.end());
        await request(host)
          .get('/')
          .catch(() => undefined);
      } finally {
        Object.assign(console, { warn, error });
      }
      expect(written.map((each) => (each as LintError).rule)).to.deep.equal([rule]);
    });
  }
});

describe('lint() of a base', () => {
  for (const baseUrl of ['/a//b', '/a\u0000b', '/a?b', '/a#b', '/a b', '//a', 'a', '/', 5]) {
    it(`${JSON.stringify(baseUrl)} is refused`, async () => {
      const rules: string[] = [];
      const linted = lint(end, { report: ({ rule }) => rules.push(rule) });
      const server = createServer((req, res) =>
        linted(Object.assign(req, { baseUrl }) as never, res, () => res.end()),
      );
      await request(server).get('/');
      expect(rules).to.include('base-url');
    });
  }
});
