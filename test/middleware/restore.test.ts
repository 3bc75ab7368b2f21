/** Rule 13: what leaves an application, in whatever way, leaves no trace; in each host, three mounts deep. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import {
  type Application,
  environ,
  type MountedRequest,
  mount,
  type Next,
  pattern,
} from '../../lib/index.js';
import { alone, express5Host, hosts } from '../support/hosts.js';
import { rawRequest, withServer } from '../support/raw.js';

/** All that an application could have changed. */
function traceOf(req: IncomingMessage, res: ServerResponse): object {
  const { url, baseUrl, originalUrl, params } = req as MountedRequest;
  const prototypes = [Object.getPrototypeOf(req), Object.getPrototypeOf(res)];
  const { SCRIPT_NAME, PATH_INFO } = environ(req);
  return { url, baseUrl, originalUrl, params: { ...params }, prototypes, SCRIPT_NAME, PATH_INFO };
}

type Exit = (req: MountedRequest, res: ServerResponse, next: Next) => unknown;

const failure = new Error('the application failed');
const exits: Readonly<Record<string, { readonly exit: Exit; readonly error: boolean | RegExp }>> = {
  'next()': { exit: (_req, _res, next) => next(), error: false },
  'next(err)': { exit: (_req, _res, next) => next(failure), error: true },
  'a later next()': { exit: (_req, _res, next) => void setImmediate(next), error: false },
  'a throw': {
    exit: () => {
      throw failure;
    },
    error: true,
  },
  'a rejection': { exit: async () => Promise.reject(failure), error: true },
  'a throw of nothing': {
    exit: () => {
      throw undefined;
    },
    error: /must fail with an error, got undefined/,
  },
  'a rejection with nothing': {
    exit: async () => Promise.reject(),
    error: /must fail with an error, got undefined/,
  },
};

/** Applications that stand between a mount and the one that exits. */
const kinds: Readonly<Record<string, (inner: Application) => Application>> = {
  functions: (inner) => inner,
  'Express 5 applications': (inner) => express().use(inner as never),
  'Express 4 applications': (inner) => express4().use(inner as never) as never,
  routers: (inner) => express.Router().use('/', inner as never) as never,
};

const nested = (wrap: (inner: Application) => Application, inner: Application): Application =>
  mount('/a', wrap(mount(pattern('/:b'), wrap(mount('/c', inner)))));

describe('restoring', () => {
  for (const host of hosts) {
    for (const [kind, wrap] of Object.entries(kinds)) {
      for (const [name, { exit, error: expected }] of Object.entries(exits)) {
        for (const target of ['/a/b%20b/c', '/a/b%20b/c/x?q=%zz']) {
          it(`${host.name}, through ${kind}, after ${name}: ${target}`, async () => {
            let before: object | undefined;
            let inside: MountedRequest | undefined;
            let seen: { trace: object; error: unknown } | undefined;
            const after = (error: unknown, req: IncomingMessage, res: ServerResponse, _next: Next) => {
              seen = { trace: traceOf(req, res), error };
              res.end();
            };
            const listener = host.of(
              (req: IncomingMessage, res: ServerResponse, next: Next) => {
                before = traceOf(req, res);
                next();
              },
              nested(wrap, (req, res, next) => {
                inside = { url: req.url, baseUrl: req.baseUrl, params: { ...req.params } } as MountedRequest;
                return exit(req, res, next);
              }) as never,
              (req: IncomingMessage, res: ServerResponse, next: Next) => after(undefined, req, res, next),
              after,
            );
            await withServer(listener, (server) => rawRequest(server, target));
            const [, rest = ''] = target.split('/c');
            expect(inside).to.deep.equal({ url: rest || '/', baseUrl: '/a/b%20b/c', params: { b: 'b b' } });
            expect(seen?.trace).to.deep.equal(before);
            if (expected instanceof RegExp) expect(String(seen?.error)).to.match(expected);
            else expect(seen?.error).to.equal(expected ? failure : undefined);
          });
        }
      }
    }
  }

  const rewrites: readonly (readonly [target: string, rewritten: string, outside: string])[] = [
    ['/a/x', '/y', '/a/y'],
    ['/a/x?q', '/y?r', '/a/y?r'],
    ['/a', '/index.html', '/a/index.html'],
    ['/a', '/?r', '/a?r'],
    ['/a?q', '/', '/a'],
    ['/a/', '/?r', '/a/?r'],
    ['/a/x', 'y', '/a/y'],
  ];
  for (const [target, rewritten, outside] of rewrites) {
    it(`a url rewritten from ${target} to ${rewritten} is ${outside} outside, as in Express's router`, async () => {
      const urls: Record<string, unknown> = {};
      const rewrite = (req: MountedRequest, _res: unknown, next: Next) => {
        req.url = rewritten;
        next();
      };
      const note = (name: string) => (req: MountedRequest, res: ServerResponse) => {
        urls[name] = [req.url, req.originalUrl];
        res.end();
      };
      const ours = express5Host.of(mount('/a', rewrite) as never, note('ours') as never);
      await withServer(ours, (server) => rawRequest(server, target));
      expect(urls.ours).to.deep.equal([outside, target]);
      const theirs = express()
        .use('/a', rewrite as never)
        .use(note('theirs') as never);
      await withServer(theirs, (server) => rawRequest(server, target));
      if (rewritten.startsWith('/')) expect(urls.theirs).to.deep.equal(urls.ours);
    });
  }

  it('gives an untouched url back to its exact bytes, and never touches originalUrl', async () => {
    const target = '/x/../a//b/%63?q=//';
    let inside: unknown;
    let seen: unknown;
    const application = (req: MountedRequest, _res: unknown, next: Next) => {
      inside = [req.url, req.baseUrl, req.originalUrl];
      next();
    };
    const listener = express5Host.of(
      mount('/a/b', application, { nonNormal: 'normalize' }) as never,
      ((req: MountedRequest, res: ServerResponse) => {
        seen = [req.url, req.baseUrl, req.originalUrl];
        res.end();
      }) as never,
    );
    await withServer(listener, (server) => rawRequest(server, target));
    expect(inside).to.deep.equal(['/c?q=//', '/a/b', target]);
    expect(seen).to.deep.equal([target, '', target]);
  });

  it('happens when the client has gone', async () => {
    const seen = await new Promise<unknown>((resolve) => {
      const application = (req: MountedRequest, res: ServerResponse, next: Next) => {
        res.on('close', () => next());
        req.socket.destroy();
      };
      const after = (req: MountedRequest) => resolve([req.url, req.baseUrl]);
      void withServer(express5Host.of(mount('/a', application) as never, after as never), (server) =>
        rawRequest(server, '/a/x').catch(() => undefined),
      );
    });
    expect(seen).to.deep.equal(['/a/x', '']);
  });

  it('happens once: what comes after the request was given back is passed on, and changes nothing', async () => {
    const late = new Error('late');
    const seen: unknown[] = [];
    const application = async (_req: unknown, _res: unknown, next: Next) => {
      next();
      throw late;
    };
    const listener = express5Host.of(
      mount('/a', application) as never,
      ((req: MountedRequest, _res: unknown, next: Next) => {
        seen.push(req.url);
        setTimeout(next, 20);
      }) as never,
      ((error: unknown, req: MountedRequest, res: ServerResponse, _next: Next) => {
        seen.push(error, req.url);
        res.end();
      }) as never,
    );
    await withServer(listener, (server) => rawRequest(server, '/a/x'));
    expect(seen).to.deep.equal(['/a/x', late, '/a/x']);
  });

  it("throws the host's own error back to it", () => {
    const own = new Error('of the host');
    const calls: unknown[] = [];
    const host = (error?: unknown) => {
      calls.push(error);
      throw own;
    };
    const req = { url: '/a/x', headers: {}, rawHeaders: [], method: 'GET' };
    const application: Application = (_req, _res, next) => next();
    expect(() => mount('/a', application)(req as never, {} as never, host)).to.throw(own);
    expect(calls).to.deep.equal([undefined]);
  });

  it('answers where there is no host: 404, the status of the error, 500', async () => {
    const log = console.error;
    const logged: unknown[] = [];
    console.error = (error: unknown) => logged.push(error);
    try {
      const statuses: number[] = [];
      for (const exit of [
        ...Object.values(exits).map(({ exit }) => exit),
        ((_req, _res, next) => next('router')) as Exit,
        ((_req, _res, next) => next('route')) as Exit,
        ((_req, _res, next) => next(Object.assign(new Error('teapot'), { status: 418 }))) as Exit,
      ]) {
        await withServer(alone.of(mount('/a', exit) as never), async (server) => {
          statuses.push((await rawRequest(server, '/a/x')).status);
        });
      }
      expect(statuses).to.deep.equal([404, 500, 404, 500, 500, 500, 500, 404, 404, 418]);
      expect(logged).to.have.lengthOf(5);
    } finally {
      console.error = log;
    }
  });
});
