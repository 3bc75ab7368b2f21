/**
 * `rewrite: true`: each field on its own, then all the ways in which a head can be written, hosts and applications.
 *
 * Long for its tables.
 */

import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import fc from 'fast-check';
import Fastify from 'fastify';
import Koa from 'koa';
import { type Application, type MountOptions, mount, type Next, pattern, urlFor } from '../../lib/index.js';
import { mount as mountInKoa } from '../../lib/middleware/koa.js';
import { rewriteField } from '../../lib/middleware/rewrite.js';
import { alone, express5Host, hosts } from '../support/hosts.js';
import { withServer } from '../support/raw.js';

const base = { path: '/foo', origin: 'http://h.example:8000' };

/** By field, what becomes what. */
const rewritten: Readonly<Record<string, readonly (readonly [given: string, becomes: string])[]>> = {
  Location: [
    ['/', '/foo/'],
    ['/x?q=/#/f', '/foo/x?q=/#/f'],
    ['/?/foo', '/foo/?/foo'],
    ['/foobar', '/foo/foobar'],
    ['/foo.html', '/foo/foo.html'],
    ['/foo%2Fx', '/foo/foo%2Fx'],
    ['/FOO/x', '/foo/FOO/x'],
    ['/x/foo', '/foo/x/foo'],
    ['/%zz', '/foo/%zz'],
    ['/http://other.example/', '/foo/http://other.example/'],
    ['/\\other.example', '/foo/\\other.example'],
    ['/../x', '/foo/x'],
    ['/foo/../x?/../y', '/foo/x?/../y'],
    ['/foo/%2E%2e', '/foo/'],
    ['/foo\\..\\x', '/foo/x'],
    ['/x/.', '/foo/x/'],
    ['/x/..//other.example', '/foo/other.example'],
    ['http://h.example:8000/x', 'http://h.example:8000/foo/x'],
    ['HTTP://H.Example:8000/x', 'HTTP://H.Example:8000/foo/x'],
    ['http://h.example:8000//x', 'http://h.example:8000/foo//x'],
    ['http://h.example:8000', 'http://h.example:8000/foo'],
    ['http://h.example:8000?q', 'http://h.example:8000/foo?q'],
  ],
  LOCATION: [['/x', '/foo/x']],
  'Content-Location': [['/x', '/foo/x']],
  'content-location': [['/x', '/foo/x']],
  Refresh: [
    ['5;url=/x', '5;url=/foo/x'],
    ['5; URL=/x', '5; URL=/foo/x'],
    ["5; URL='/x'", "5; URL='/foo/x'"],
    ['5; url = "/x"', '5; url = "/foo/x"'],
    ['0,url=/x', '0,url=/foo/x'],
    ['0 url=/x', '0 url=/foo/x'],
    ['0.5 ; url=/x;y,z', '0.5 ; url=/foo/x;y,z'],
    ["0;url=/it's", "0;url=/foo/it's"],
    ['5; /x', '5; /foo/x'],
    ['5;url=http://h.example:8000/x', '5;url=http://h.example:8000/foo/x'],
  ],
  Link: [
    ['</x>; rel=preload', '</foo/x>; rel=preload'],
    ['</x>; rel=next, <y>, </z>;rel="a b"', '</foo/x>; rel=next, <y>, </foo/z>;rel="a b"'],
    ['</x>; title="</no>, \\"</no>", </y>', '</foo/x>; title="</no>, \\"</no>", </foo/y>'],
    ['</x,y;z>, </foo/x>, <//o.example/x>', '</foo/x,y;z>, </foo/x>, <//o.example/x>'],
    ['<http://h.example:8000/x>', '<http://h.example:8000/foo/x>'],
  ],
  'Set-Cookie': [
    ['a=b; Path=/', 'a=b; Path=/foo'],
    ['a=b; Path=/x', 'a=b; Path=/foo/x'],
    ['a=b; Path=/x/', 'a=b; Path=/foo/x/'],
    ['a=b;path=/x', 'a=b;path=/foo/x'],
    ['a=b; PATH = /x ; Secure', 'a=b; PATH = /foo/x; Secure'],
    ['a=b; Domain=h.example; Path=/; HttpOnly', 'a=b; Domain=h.example; Path=/foo; HttpOnly'],
    ['a=b; Path=/x; Path=/', 'a=b; Path=/foo/x; Path=/foo'],
    ['path=/x; Path=/y', 'path=/x; Path=/foo/y'],
    ['a="b; path=/y"', 'a="b; path=/foo/y"'],
    ['a=b; Path=/foobar', 'a=b; Path=/foo/foobar'],
    ['__Secure-a=b; Secure; Path=/', '__Secure-a=b; Secure; Path=/foo'],
  ],
};

/** By field, what stays as it is. */
const untouched: Readonly<Record<string, readonly string[]>> = {
  Location: [
    ...['', 'x', './x', '../x', '?q=/x', '#/f', 'mailto:a@h.example', 'data:,/x', 'javascript:/x'],
    ...['/foo', '/foo/', '/foo/x', '/foo?q', '/foo#f', '/foo/?/../x'],
    ...['//h.example:8000/x', '//other.example/x', '///x'],
    ...['http://other.example/x', 'http://h.example/x', 'http://h.example:80/x', 'http://h.example:80001/x'],
    ...['https://h.example:8000/x', 'http://u@h.example:8000/x', 'http://h.example:8000.evil.example/x'],
    ...['http://h.example:8000/foo', 'http://h.example:8000/foo/x', 'ftp://h.example:8000/x'],
  ],
  Refresh: [
    ...['5', '', '5;url=x', '5;url=', '5;url=//o.example/', '5;url="/foo/x"', '5; url=http://o.example/x'],
  ],
  Link: ['', '<>; rel=x', '<x>; rel=next', '<//o.example/x>', '</foo/x>', '<http://o.example/x>', 'x="</x>"'],
  'Set-Cookie': [
    ...['a=b', 'path=/x', 'a=/x', 'a=b; Pathe=/x', 'a=b; Path', 'a=b; Path=', 'a=b; Path=x'],
    ...['a=b; Path="/x"', 'a=b; Path=/foo', 'a=b; Path=/foo/x'],
    ...['__Host-a=b; Secure; Path=/', '__host-a=b; Secure; Path=/'],
  ],
  'X-Location': ['/x'],
  'Content-Type': ['/x'],
};

describe('rewriteField()', () => {
  for (const [name, rows] of Object.entries(rewritten)) {
    for (const [given, becomes] of rows) {
      it(`${name}: ${given} becomes ${becomes}`, () => {
        expect(rewriteField(name, given, base)).to.equal(becomes);
      });
    }
  }
  for (const [name, values] of Object.entries(untouched)) {
    for (const value of values) {
      it(`${name}: ${value} stays`, () => expect(rewriteField(name, value, base)).to.equal(value));
    }
  }

  const pieces = String.raw`/ // /\ \ . .. %2e foo foobar x o.example : @ %zz`.split(' ');
  const tails = ['?', '#', ';', ',', '"', "'", '<', '>', ' ', '=', 'url=', 'path=', 'é'];
  const starts = ['', '/', '/', '/foo', '/a%20b', base.origin, 'http://o.example', 'https://h.example:8000'];
  const references = (...more: readonly string[]): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.constantFrom(...starts),
        fc.array(fc.constantFrom(...pieces, ...more), { maxLength: 7 }),
        fc.constantFrom('', '', '?q=/../x', '#/f'),
      )
      .map(([start, rest, tail]) => start + rest.join('') + tail);
  const bases = fc.constantFrom('/foo', '/a%20b', '/foo/a.b').map((path) => ({ ...base, path }));
  const settings = { seed: 20260101, numRuns: 5000 };

  it('rewrites once: twice is the same', () => {
    const heads = ['', '5;url=', "5;url='", '<', '</a>; t="', 'a=b; Path=', 'a=b;path=/x;PATH='];
    const values = fc.tuple(fc.constantFrom(...heads), references(...tails)).map((parts) => parts.join(''));
    const fields = fc.constantFrom('location', 'refresh', 'link', 'set-cookie');
    fc.assert(
      fc.property(fields, values, bases, (name, value, below) => {
        const result = rewriteField(name, value, below);
        expect(rewriteField(name, result, below)).to.equal(result);
      }),
      settings,
    );
  });

  it('leads below the base, or where it led before', () => {
    fc.assert(
      fc.property(references(), bases, (reference, below) => {
        const result = rewriteField('Location', reference, below);
        if (result === reference) return;
        expect(result).to.not.match(/^\/[/\\]/);
        const { origin, pathname } = new URL(result, base.origin);
        expect(origin).to.equal(base.origin);
        expect(`${pathname}/`.startsWith(`${below.path}/`), `${reference}: ${result}`).to.equal(true);
      }),
      settings,
    );
  });

  it('does not touch other origins, nor what is relative to the page', () => {
    const starts = ['//', 'http://o.example', 'https://h.example:8000', `${base.origin}0`, 'x', '?'];
    const others = fc.constantFrom(...starts);
    fc.assert(
      fc.property(others, references(), (start, rest) => {
        expect(rewriteField('Location', start + rest, base)).to.equal(start + rest);
      }),
      settings,
    );
  });
});

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  /** Name, value and Path, in order. */
  readonly cookies: readonly string[];
  readonly link: string | undefined;
  readonly hints: readonly unknown[];
}

function answerOf(status: number, headers: IncomingHttpHeaders, hints: readonly unknown[]): Answer {
  const { location, link, 'set-cookie': all = [] } = headers;
  const cookies = all.map((cookie) => cookie.replace(/;(?!\s*path)[^;]*/gi, '').toLowerCase());
  return { status, location, cookies, link: link as string | undefined, hints };
}

async function ask(port: number, path: string, agent: Agent | false = false): Promise<Answer> {
  const sent = request({ port, host: '127.0.0.1', path, agent, headers: { host: 'h.example:8000' } }).end();
  const hints: unknown[] = [];
  sent.on('information', ({ headers }) => hints.push(headers.link));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return answerOf(answer.statusCode ?? 0, answer.headers, hints);
}

async function askHttp2(listener: Application, path: string): Promise<Answer> {
  const server = createHttp2Server(listener as never).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    const stream = client.request({ ':path': path, ':authority': 'h.example:8000' });
    const hints: unknown[] = [];
    stream.on('headers', (headers) => hints.push(headers.link));
    const [headers] = await once(stream, 'response');
    stream.resume();
    await once(stream, 'end');
    return answerOf(headers[':status'], headers, hints);
  } finally {
    client.close();
    server.close();
  }
}

type Listener = Parameters<typeof withServer>[0];

const askOnce = (listener: unknown, path: string): Promise<Answer> =>
  withServer(listener as Listener, (server) => ask((server.address() as AddressInfo).port, path));

const cookies = ['a=1; Path=/', 'b=2'];
const values = { Location: '/x', 'Set-Cookie': cookies, Link: '</x>; rel=next' };
const flat = Object.entries(values).flat();
const good = {
  status: 302,
  location: '/foo/x',
  cookies: ['a=1; path=/foo', 'b=2'],
  link: '</foo/x>; rel=next',
  hints: [],
};
const setAll = (res: ServerResponse) => {
  res.statusCode = 302;
  for (const [name, value] of Object.entries(values)) res.setHeader(name, value);
};
const rewriting: MountOptions = { rewrite: true };

/** The ways to write one head. */
const ways: Readonly<Record<string, (res: ServerResponse) => unknown>> = {
  'setHeader and end': (res) => {
    setAll(res);
    res.end();
  },
  'setHeader and write': (res) => {
    setAll(res);
    res.write('text');
    res.end();
  },
  'setHeader and flushHeaders': (res) => {
    setAll(res);
    res.flushHeaders();
    res.end();
  },
  'setHeader and pipe': (res) => {
    setAll(res);
    Readable.from(['a', 'b']).pipe(res);
  },
  'setHeader, then writeHead over it': (res) => {
    setAll(res);
    res.setHeader('Location', '/other');
    res.writeHead(302, { location: '/x' }).end();
  },
  appendHeader: (res) => {
    res.statusCode = 302;
    for (const [name, value] of Object.entries(values)) res.appendHeader(name, value);
    res.end();
  },
  'setHeaders with a Map': (res) => {
    res.statusCode = 302;
    res.setHeaders(new Map(Object.entries(values))).end();
  },
  'setHeaders with Headers': (res) => {
    res.statusCode = 302;
    const headers = new Headers({ location: '/x', link: '</x>; rel=next' });
    for (const cookie of cookies) headers.append('set-cookie', cookie);
    res.setHeaders(headers).end();
  },
  'writeHead with an object': (res) => res.writeHead(302, values).end(),
  'writeHead with names in upper case': (res) => {
    const entries = Object.entries(values).map(([name, value]) => [name.toUpperCase(), value]);
    res.writeHead(302, Object.fromEntries(entries)).end();
  },
  'writeHead with a message': (res) => res.writeHead(302, 'Over there', values).end(),
  'writeHead with a flat array': (res) => res.writeHead(302, flat).end(),
  'writeHead after a writeHead that failed': (res) => {
    expect(() => res.writeHead(302, { Location: '/\0' })).to.throw(/Invalid character/);
    res.writeHead(302, values).end();
  },
};
/** Node takes pairs only where no header was set before. */
const pairs: Application = (_req, res) => res.writeHead(302, Object.entries(values) as never).end();

describe('rewrite: true, in each way to write a head', () => {
  for (const [name, write] of Object.entries(ways)) {
    for (const host of [...hosts, alone]) {
      it(`${name}, in ${host.name}`, async () => {
        const listener = host.of(mount('/foo', (_req, res) => write(res), rewriting) as never);
        expect(await askOnce(listener, '/foo')).to.deep.equal(good);
      });
    }

    // There, Node 20 has no setHeaders(), warns of messages, and what a failed writeHead() was given is not forgotten.
    if (/^setHeaders|message$|failed$/.test(name)) continue;
    it(`${name}, over HTTP/2`, async () => {
      const listener = mount('/foo', (_req, res) => write(res), rewriting);
      expect(await askHttp2(listener, '/foo')).to.deep.equal(good);
    });
  }

  it('writeHead with an array of pairs', async () => {
    expect(await askOnce(mount('/foo', pairs, rewriting), '/foo')).to.deep.equal(good);
    expect(await askHttp2(mount('/foo', pairs, rewriting), '/foo')).to.deep.equal(good);
  });

  it('writeEarlyHints', async () => {
    const sent: unknown[] = [];
    const hinting: Application = (_req, res) => {
      sent.push(res.writeEarlyHints({ link: ['</a>; rel=preload', '<b>; rel=preload'] }));
      res.writeHead(302, values).end();
    };
    const hinted = { ...good, hints: ['</foo/a>; rel=preload, <b>; rel=preload'] };
    for (const host of [...hosts, alone]) {
      expect(await askOnce(host.of(mount('/foo', hinting, rewriting) as never), '/foo')).to.deep.equal(
        hinted,
      );
    }
    expect(await askHttp2(mount('/foo', hinting, rewriting), '/foo')).to.deep.equal(hinted);
    expect(sent.at(-1), 'HTTP/2 says whether it was sent').to.equal(true);
  });

  it('leaves the spelling of names, and all that it has nothing to do with', async () => {
    const listener = mount(
      '/foo',
      (_req, res) => res.writeHead(200, { LOCATION: '/x', 'X-Path': '/x', 'Content-Length': 0 }).end(),
      rewriting,
    );
    const setting = mount(
      '/foo',
      (_req, res) => {
        res.setHeader('LOCATION', '/x').setHeader('X-Path', '/x').setHeader('Content-Length', 0).end();
      },
      rewriting,
    );
    for (const each of [listener, setting]) {
      await withServer(each, async (server) => {
        const { port } = server.address() as AddressInfo;
        const sent = request({ port, host: '127.0.0.1', path: '/foo', agent: false }).end();
        const [{ rawHeaders }] = (await once(sent, 'response')) as [IncomingMessage];
        expect(rawHeaders.slice(0, 6)).to.deep.equal([
          'LOCATION',
          '/foo/x',
          'X-Path',
          '/x',
          'Content-Length',
          '0',
        ]);
      });
    }
  });
});

const send: Application = (_req, res) => ways['setHeader and end']?.(res);
const redirecting = (app: express.Express) =>
  app.use((_req, res) => {
    res.cookie('a', '1').cookie('b', '2', { path: '/foo/b' }).redirect('/x');
  });
const fastify = Fastify();
fastify.get('/*', (_request, reply) => reply.header('set-cookie', cookies).redirect('/x'));

describe('rewrite: true, for each kind of application', () => {
  const applications: Readonly<Record<string, Application>> = {
    'Express 5': redirecting(express()),
    'Express 4': redirecting(express4()),
    Koa: new Koa().use((ctx) => {
      ctx.cookies.set('a', '1', { httpOnly: false });
      ctx.cookies.set('b', '2', { path: '/foo/b' });
      ctx.redirect('/x');
    }),
    Fastify: fastify,
    Fetch: { fetch: () => new Response(null, { status: 302, headers: { location: '/x' } }) },
    'an http.Server': createServer(send as never),
  };
  for (const [kind, application] of Object.entries(applications)) {
    for (const host of [...hosts, alone]) {
      it(`${kind} in ${host.name}`, async () => {
        const answer = await askOnce(host.of(mount('/foo', application, rewriting) as never), '/foo/page');
        expect([answer.status, answer.location]).to.deep.equal([302, '/foo/x']);
        expect(answer.cookies.filter((cookie) => /path=(?!\/foo)/.test(cookie))).to.deep.equal([]);
      });
    }

    it(`${kind} in Koa, whose own headers stay`, async () => {
      const host = new Koa()
        .use(async (ctx, next) => {
          ctx.cookies.set('before', '1');
          await next();
          if (!ctx.headerSent) ctx.cookies.set('after', '1');
        })
        .use(mountInKoa('/foo', application, rewriting) as never);
      const answer = await askOnce(host.callback(), '/foo/page');
      expect([answer.status, answer.location]).to.deep.equal([302, '/foo/x']);
      const outside = answer.cookies.filter((cookie) => /path=(?!\/foo)/.test(cookie));
      for (const cookie of outside) expect(cookie).to.match(/^(?:before|after)=1; path=\/$/);
      if (kind === 'Koa') expect(outside).to.have.lengthOf(2);
    });
  }
});

describe('rewrite: true, nested and not', () => {
  const links: Application = (req, res) => res.writeHead(302, { Location: urlFor(req, '/x') }).end();
  const absolute: Application = (req, res) => {
    const location = req.url === '/other' ? 'http://other.example/x' : `http://${req.headers.host}/x`;
    res.writeHead(302, { Location: location }).end();
  };
  const rows: readonly (readonly [name: string, listener: unknown, target: string, location: string])[] = [
    ['both', mount('/a', mount('/b', send, rewriting), rewriting), '/a/b', '/a/b/x'],
    [
      'thrice',
      mount('/a', mount('/b', mount('/c', send, rewriting), rewriting), rewriting),
      '/a/b/c',
      '/a/b/c/x',
    ],
    ['the outer only', mount('/a', mount('/b', send), rewriting), '/a/b', '/a/x'],
    ['the inner only', mount('/a', mount('/b', send, rewriting)), '/a/b', '/a/b/x'],
    ['both of one name', mount('/x', mount('/x', send, rewriting), rewriting), '/x/x', '/x/x/x'],
    ['none', mount('/a', send), '/a', '/x'],
    ['rewrite: false', mount('/a', send, { rewrite: false }), '/a', '/x'],
    ['the root', mount('/', send, rewriting), '/y', '/x'],
    ['the root below a router', express().use('/api', mount('/', send, rewriting)), '/api/y', '/api/x'],
    ['a mount below a router', express().use('/api', mount('/a', send, rewriting)), '/api/a/y', '/api/a/x'],
    ['a pattern', mount(pattern('/t/:t'), send, rewriting), '/t/caf%C3%A9/y', '/t/caf%C3%A9/x'],
    ['a path that needs escapes', mount('/é "', send, rewriting), '/%c3%A9%20"', '/%c3%A9%20%22/x'],
    ['an application that knows its mount', mount('/a', links, rewriting), '/a', '/a/x'],
    ["its own '/x' at the mount '/x'", mount('/x', send, rewriting), '/x', '/x'],
    ['an absolute URL', mount('/a', absolute, rewriting), '/a', 'http://h.example:8000/a/x'],
    ['another origin', mount('/a', absolute, rewriting), '/a/other', 'http://other.example/x'],
    [
      'a redirect of a bare mount inside',
      mount('/a', mount('/b', send, { trailingSlash: 'add' }), rewriting),
      '/a/b',
      '/a/b/',
    ],
  ];
  for (const [name, listener, target, location] of rows) {
    it(`${name}: ${location}`, async () => {
      expect((await askOnce(listener, target)).location).to.equal(location);
    });
  }
});

describe('rewrite: true, and the host', () => {
  const own: Application = (_req, res) => {
    expect(Object.keys(Object.getOwnPropertyDescriptors(res))).to.not.include('writeHead');
    send(_req, res, () => undefined);
  };
  const asIs = { ...good, location: '/x', cookies: ['a=1; path=/', 'b=2'], link: '</x>; rel=next' };

  it('what falls through is the host’s, and writes as the host writes', async () => {
    const exits: readonly Application[] = [
      (_req, _res, next) => next(),
      (_req, _res, next) => void setImmediate(next),
      mount('/', (_req, _res, next) => next(), rewriting),
      express(),
    ];
    for (const host of hosts) {
      for (const exit of exits) {
        const listener = host.of(mount('/foo', exit, rewriting) as never, own as never);
        expect(await askOnce(listener, '/foo'), host.name).to.deep.equal(asIs);
      }
    }
  });

  it('an error that the host answers is answered by the host', async () => {
    const listener = express5Host.of(
      mount('/foo', () => Promise.reject(new Error('no')), rewriting) as never,
      ((_error: unknown, req: never, res: never, _next: Next) => own(req, res, () => undefined)) as never,
    );
    expect(await askOnce(listener, '/foo')).to.deep.equal(asIs);
  });

  it('what an application set before it let go is rewritten, what the host sets is not', async () => {
    const application: Application = (_req, res, next) => {
      res.appendHeader('Set-Cookie', 'seen=1; Path=/');
      next();
    };
    const host = (_req: IncomingMessage, res: ServerResponse) =>
      res.appendHeader('Set-Cookie', 'host=1; Path=/').end();
    const listener = express5Host.of(mount('/foo', application, rewriting) as never, host as never);
    expect((await askOnce(listener, '/foo')).cookies).to.deep.equal(['seen=1; path=/foo', 'host=1; path=/']);
  });

  it('what the host had set before stays, what the application adds to it does not', async () => {
    const before = (_req: IncomingMessage, res: ServerResponse, next: Next) => {
      res.setHeader('Set-Cookie', 'host=1; Path=/').setHeader('Link', '</host>');
      next();
    };
    const application: Application = (_req, res) => res.appendHeader('Set-Cookie', 'a=1; Path=/').end();
    for (const host of hosts) {
      const listener = host.of(before, mount('/foo', application, rewriting) as never);
      const answer = await askOnce(listener, '/foo');
      expect(answer.cookies).to.deep.equal(['host=1; path=/', 'a=1; path=/foo']);
      expect(answer.link).to.equal('</host>');
    }
  });

  /** As the package on-headers does, with which compression and express-session work. */
  const onHeaders = (res: ServerResponse, before: () => void) => {
    const { writeHead } = res;
    res.writeHead = (...parameters: readonly unknown[]) => {
      before();
      return writeHead.apply(res, parameters as never);
    };
  };

  it('wrappers of writeHead inside the application come before it, those of the host after it', async () => {
    const outside = (_req: IncomingMessage, res: ServerResponse, next: Next) => {
      onHeaders(res, () => res.appendHeader('Set-Cookie', 'host=1; Path=/'));
      next();
    };
    const application = express().use((_req, res) => {
      onHeaders(res, () => res.appendHeader('Set-Cookie', 'inside=1; Path=/'));
      res.redirect('/x');
    });
    for (const host of hosts) {
      const listener = host.of(outside, mount('/foo', application, rewriting) as never);
      const { location, cookies } = await askOnce(listener, '/foo');
      expect(location).to.equal('/foo/x');
      expect(cookies).to.deep.equal(['inside=1; path=/foo', 'host=1; path=/']);
    }
  });

  it('a wrapper that an application leaves behind stays, without the rewriting', async () => {
    const wrapping: Application = (_req, res, next) => {
      onHeaders(res, () => res.setHeader('X-Wrapped', 'yes'));
      next();
    };
    const last = (_req: IncomingMessage, res: ServerResponse) => res.writeHead(302, values).end();
    const listener = express5Host.of(mount('/foo', wrapping, rewriting) as never, last as never);
    expect(await askOnce(listener, '/foo')).to.deep.equal(asIs);
  });

  it('one request of a connection does not matter to the next', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    const server = createServer(mount({ '/foo': mount(send, rewriting), '/bar': send }));
    server.on('connection', () => connections++);
    await withServer(server, async () => {
      const { port } = server.address() as AddressInfo;
      for (const path of ['/foo', '/bar', '/foo/y', '/bar']) {
        expect(await ask(port, path, agent), path).to.deep.equal(path.startsWith('/foo') ? good : asIs);
      }
    });
    agent.destroy();
    expect(connections).to.equal(1);
  });
});
