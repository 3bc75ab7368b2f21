/**
 * `lint()`: each rule is broken by something, and told where it is broken; applications that break none hear nothing.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import request from 'supertest';
import { environRules } from '../../lib/environ/rules.js';
import { ConfigurationError, environ, LintError, lint, mount } from '../../lib/index.js';
import { contract } from '../../lib/middleware/contract.js';
import { fileAt } from '../project/sources.js';

type Handler = (
  req: IncomingMessage & { baseUrl?: string; originalUrl?: string },
  res: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/** The rules that an application breaks which is asked for `path`, below `/shop`; and the status of the answer. */
async function broken(
  application: Handler,
  path = '/shop/cart',
  method: 'get' | 'head' = 'get',
): Promise<string[]> {
  const rules: string[] = [];
  const linted = lint(application as never, { report: ({ rule }) => rules.push(rule) });
  const mounted = mount('/shop', linted);
  // A host that answers what is passed on, where the application has not done so too.
  const host = createServer((req, res) => {
    void mounted(req, res, () => setImmediate(() => res.writableEnded || res.end()));
  });
  await request(host)
    [method](path)
    .catch(() => undefined);
  return rules;
}

const answers: Readonly<Record<string, Handler>> = {
  status: (_, res) => res.writeHead(199).end(),
  'status-field': (_, res) => res.setHeader('Status', '404 Not Found').end(),
  'hop-by-hop': (_, res) => res.setHeader('Keep-Alive', 'timeout=5').end(),
  'no-content': (_, res) => res.writeHead(204, { 'Content-Length': '0' }).end(),
  location: (_, res) => res.writeHead(302, { Location: '//evil.example/' }).end(),
  'location-below-mount': (_, res) => res.writeHead(302, ['Location', '/login']).end(),
  'cookie-below-mount': (_, res) =>
    res.writeHead(200, { 'Set-Cookie': ['a=1; Path=/shop', 'b=2; Path=/'] }).end(),
  body: (_, res) => {
    res.statusCode = 304;
    res.end('body');
  },
  'body-length': (_, res) => res.writeHead(200, { 'Content-Length': '5' }).end('body'),
  'next-once': (_, __, next) => {
    next();
    next();
  },
  'next-or-answer': (_, res, next) => {
    res.end('answered');
    next();
  },
  'answer-after-next': (_, res, next) => {
    next();
    res.end('answered too');
  },
  'base-url-restored': (req, _, next) => {
    req.baseUrl = '/other';
    next();
  },
};

const environs: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> = {
  strings: [{ SERVER_PORT: 80 }, { HTTP_X: null }],
  required: [{ PATH_INFO: undefined }, { SERVER_NAME: undefined }],
  'request-method': [{ REQUEST_METHOD: '' }, { REQUEST_METHOD: 'GET /' }],
  'script-name': ['/', 'foo', '/foo/', '//foo'].map((SCRIPT_NAME) => ({ SCRIPT_NAME })),
  'path-info': ['bar', '//bar', '*', 'http://h/'].map((PATH_INFO) => ({ PATH_INFO })),
  path: [{ SCRIPT_NAME: '', PATH_INFO: '' }],
  'query-string': [{ QUERY_STRING: 'a b' }, { QUERY_STRING: 'a#b' }, { QUERY_STRING: 'a\n' }],
  'server-name': [{ SERVER_NAME: '' }],
  'server-port': [{ SERVER_PORT: '' }, { SERVER_PORT: '0x50' }],
  'server-protocol': [{ SERVER_PROTOCOL: 'HTTP' }, { SERVER_PROTOCOL: 'HTTP/1.1 ' }],
  'request-scheme': [
    { REQUEST_SCHEME: 'ftp' },
    { REQUEST_SCHEME: 'http', HTTPS: 'on' },
    { REQUEST_SCHEME: 'https', HTTPS: 'off' },
  ],
  'content-length': [{ CONTENT_LENGTH: '' }, { CONTENT_LENGTH: '-1' }, { CONTENT_LENGTH: '5, 5' }],
  'content-headers': [{ HTTP_CONTENT_TYPE: 'text/plain' }, { HTTP_CONTENT_LENGTH: '5' }],
  'http-proxy': [{ HTTP_PROXY: 'http://evil.example' }],
  'header-bytes': [{ HTTP_X: 'a\r\nb' }, { HTTP_X: '\u0416' }, { HTTP_X: '\u0000' }],
};

const sound = {
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '/foo',
  PATH_INFO: '/bar',
  QUERY_STRING: 'a=b?c',
  SERVER_NAME: 'example.com',
  SERVER_PORT: '80',
  SERVER_PROTOCOL: 'HTTP/1.1',
};

/** The rules of an environ that are broken. */
const brokenIn = (variables: Readonly<Record<string, unknown>>): string[] =>
  environRules.filter((rule) => rule.broken({ ...sound, ...variables }) !== undefined).map(({ id }) => id);

const requests: Readonly<
  Record<string, (req: IncomingMessage & { baseUrl?: string; originalUrl?: unknown }) => void>
> = {
  url: (req) => {
    req.url = 'cart';
  },
  'base-url': (req) => {
    req.baseUrl = '/shop/';
  },
  'original-url': (req) => {
    req.originalUrl = 5;
  },
  'script-name': (req) => {
    // Fine to look at, but not when it is decoded.
    req.baseUrl = '/shop%2F'.replace('%2F', '%C3%A9');
    req.method = 'GET ';
  },
};

describe('lint()', () => {
  describe('the environ', () => {
    it('is sound as it is', () => {
      expect(brokenIn({})).to.deep.equal([]);
      expect(
        brokenIn({ PATH_INFO: '', REQUEST_SCHEME: 'https', HTTPS: 'on', CONTENT_LENGTH: '0' }),
      ).to.deep.equal([]);
      expect(brokenIn({ REQUEST_METHOD: 'OPTIONS', PATH_INFO: '*' })).to.deep.equal([]);
      expect(brokenIn({ SCRIPT_NAME: '/f\nö', PATH_INFO: '/a b#?\u0000' })).to.deep.equal([]);
    });

    for (const [id, vectors] of Object.entries(environs)) {
      for (const vector of vectors) {
        it(`${id} is broken by ${JSON.stringify(vector, (_, value) => value ?? 'undefined')}`, () => {
          expect(brokenIn(vector)).to.include(id);
        });
      }
    }
  });

  describe('the answer', () => {
    for (const [id, application] of Object.entries(answers)) {
      it(`${id} is told`, async () => expect(await broken(application)).to.deep.equal([id]));
    }

    it('is judged once, however it is written', async () => {
      const redirect: Handler = (_, res) => {
        res.setHeader('Location', '/login');
        res.statusCode = 302;
        res.flushHeaders();
        res.write('a');
        res.end('b');
      };
      expect(await broken(redirect)).to.deep.equal(['location-below-mount']);
    });

    it('is judged by whole segments, and where it names this host', async () => {
      const to =
        (location: string): Handler =>
        (_, res) =>
          res.writeHead(302, { Location: location }).end();
      expect(await broken(to('/shopping'))).to.deep.equal(['location-below-mount']);
      for (const fine of [
        '/shop',
        '/shop/',
        '/shop?a',
        'cart',
        '../x',
        'https://other.example/login',
        '?a',
      ]) {
        expect(await broken(to(fine)), fine).to.deep.equal([]);
      }
      const toSelf: Handler = (req, res) =>
        res.writeHead(302, { Location: `http://${req.headers.host}/login` }).end();
      expect(await broken(toSelf)).to.deep.equal(['location-below-mount']);
    });
  });

  describe('the request', () => {
    for (const [id, spoil] of Object.entries(requests)) {
      it(`is refused where ${id} is broken`, async () => {
        const wrong: LintError[] = [];
        let isReached = false;
        const linted = lint(() => {
          isReached = true;
        });
        const server = createServer((req, res) => {
          spoil(req as never);
          linted(req as never, res, (error) => {
            wrong.push(error as LintError);
            res.end();
          });
        });
        await request(server).get('/shop/cart');
        expect(isReached).to.equal(false);
        expect(wrong.map(({ side }) => side)).to.deep.equal(['request']);
        expect(wrong[0]).to.be.instanceOf(LintError).and.include({ code: 'ERR_LINT' });
        expect(wrong[0]?.rule).to.equal(id === 'script-name' ? 'request-method' : id);
      });
    }
  });

  it('has a vector for each rule', () => {
    const covered = [...Object.keys(answers), ...Object.keys(environs), ...Object.keys(requests)];
    expect([...new Set(covered)].sort()).to.deep.equal(contract.map(({ id }) => id).sort());
  });

  describe('by default', () => {
    const app = express();
    app.use(
      mount(
        '/shop',
        lint((_req, res) => res.setHeader('Status', '404').end('answered')),
      ),
    );
    let caught: unknown;
    let stack: string | undefined;
    app.use(((error, _req, res, _next) => {
      caught = error;
      stack = error.stack;
      res.status(500).end('told');
    }) as express.ErrorRequestHandler);

    it('throws where the application made the mistake', async () => {
      const { text } = await request(app).get('/shop');
      expect(text).to.equal('told');
      expect(caught).to.be.instanceOf(LintError).and.include({ rule: 'status-field', side: 'response' });
      expect(stack).to.match(/lint\.test/);
    });

    it('writes advice to the console and goes on', async () => {
      const { warn } = console;
      const told: unknown[] = [];
      console.warn = (...words: unknown[]) => told.push(...words);
      try {
        const shop = mount(
          '/shop',
          lint((_req, res) => res.writeHead(302, { Location: '/login' }).end()),
        );
        const { status } = await request(createServer(shop)).get('/shop');
        expect(status).to.equal(302);
      } finally {
        console.warn = warn;
      }
      expect(told.map((error) => (error as LintError).message)).to.deep.equal([
        'Location must lie below the mount: write urlFor(req, path), or mount with rewrite: true, got "/login" (location-below-mount)',
      ]);
    });
  });

  it('is the application itself where it is not enabled', () => {
    const app = express();
    expect(lint(app, { enabled: false })).to.equal(app);
  });

  it('takes no wrong option and no wrong application', () => {
    expect(() => lint(express(), { enabled: 1 as never })).to.throw(
      ConfigurationError,
      /enabled must be true or false, got 1/,
    );
    expect(() => lint(express(), { report: true as never })).to.throw(
      ConfigurationError,
      /report must be a function/,
    );
    expect(() => lint(5 as never)).to.throw(ConfigurationError, /application of lint\(\)/);
  });

  it('gives the methods of a response back when the application passes', async () => {
    const app = express();
    app.use(lint((_req, _res, next) => next()));
    let own: string[] = [];
    app.use((_req, res) => {
      own = ['writeHead', 'write', 'end'].filter((name) => Object.hasOwn(res, name));
      res.setHeader('Status', '200').end('fine');
    });
    expect((await request(app).get('/')).text).to.equal('fine');
    expect(own).to.deep.equal([]);
  });

  it('lets Express know the application in it', () => {
    const shop = express();
    const app = express();
    app.use(mount('/shop', lint(shop)));
    expect(shop.path()).to.equal('/shop');
  });

  it('hands upgrades to the application', () => {
    const server = createServer();
    expect(lint(server)).to.have.property('upgrade').that.is.a('function');
    expect(lint(express())).not.to.have.property('upgrade');
  });

  describe('sound applications', () => {
    const makeExpress = (make: typeof express): Handler => {
      const app = make();
      app.get('/json', (_req, res) => void res.json({ a: 'é' }));
      app.get('/redirect', (req, res) => res.redirect(`${req.baseUrl}/json`));
      app.get('/none', (_req, res) => void res.status(204).send());
      app.get('/cookie', (req, res) => void res.cookie('a', '1', { path: req.baseUrl || '/' }).send('a'));
      app.get('/stream', (_req, res) => {
        const stream = new PassThrough();
        stream.pipe(res);
        stream.write('a');
        setImmediate(() => stream.end('b'));
      });
      app.use('/static', make.static('docs'));
      return app as never;
    };
    const koa = new Koa();
    koa.use((ctx) => {
      if (ctx.path === '/none') ctx.status = 204;
      else ctx.body = ctx.path === '/json' ? { a: 1 } : 'text';
    });
    const fast = fastify();
    fast.get('/json', () => ({ a: 1 }));
    const hono = new Hono();
    hono.get('/json', (context) => context.json({ a: 1 }));
    hono.get('/none', (context) => context.body(null, 204));
    const plain: Handler = (req, res) => res.end(JSON.stringify(environ(req)));
    const applications: readonly (readonly [string, unknown])[] = [
      ['Express 5', makeExpress(express)],
      ['Express 4', makeExpress(express4 as never)],
      ['Koa', koa],
      ['Fastify', fast],
      ['Hono', hono],
      ['a function', plain],
      ['lint() of a mount', mount('/', lint(plain as never))],
    ];
    const paths = [
      '/json',
      '/redirect',
      '/none',
      '/cookie',
      '/stream',
      '/static',
      '/static/',
      '/static/mounting.md',
      '/missing',
      '/json?a=b',
      '',
    ];
    for (const [name, application] of applications) {
      for (const base of ['/', '/shop', '/a b/ö']) {
        it(`${name} at ${base} hears nothing`, async () => {
          const rules: string[] = [];
          const linted = lint(application as never, {
            report: ({ message }) => rules.push(message),
          });
          const app = express();
          app.use(mount(base, linted));
          const server = createServer(app);
          for (const path of paths) {
            const target = encodeURI(base === '/' ? path || '/' : base + path);
            for (const method of ['get', 'head', 'post'] as const) await request(server)[method](target);
            const { headers } = await request(server).get(target);
            if (headers.etag) await request(server).get(target).set('If-None-Match', headers.etag);
          }
          expect(rules).to.deep.equal([]);
        });
      }
    }
  });
});

describe('docs/environ.md', () => {
  it('lists each rule with its sentence, as the code has it', () => {
    const lines = fileAt('docs/environ.md')?.text.split('\n') ?? [];
    const rows = lines.filter((line) => /^\| `[a-z-]+` \| (?:request|response) \|/.test(line));
    expect(rows).to.deep.equal(contract.map(({ id, side, says }) => `| \`${id}\` | ${side} | ${says} |`));
  });
});
