/**
 * What `behindProxy()` shows of a request, and how it is put back: sockets, headers, protocols, hosts, upgrades.
 */

import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer, request as requestHttps } from 'node:https';
import { connect, Socket } from 'node:net';
import { json, text } from 'node:stream/consumers';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import {
  type Application,
  applicationUri,
  behindProxy,
  ConfigurationError,
  environ,
  ForwardedError,
  type MountedRequest,
  mount,
  type Next,
  type ProxyOptions,
  requestUri,
  urlFor,
} from '../../lib/index.js';
import { mount as mountInKoa } from '../../lib/middleware/koa.js';
import { cert, key } from '../matrix/certificate.js';
import { hosts } from '../support/hosts.js';
import { rawRequest, withServer } from '../support/raw.js';
import { portOf, taking, viewOf } from '../support/upgrades.js';

const trusted = { trust: 'loopback' } as const;
const fields = {
  'X-Forwarded-For': '203.0.113.7',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'site.example',
  'X-Forwarded-Port': '8443',
  'X-Forwarded-Prefix': '/app',
};
const lines = Object.entries(fields).map((field) => field.join(': '));
const original = Symbol.for('mountpoint.forwarded');

/** What a request has been given by whoever answers it. */
type Answerer = (req: MountedRequest, res: ServerResponse, next: Next) => unknown;

/** Asks once with the forwarded fields, at `/a`, and returns the answer's body. */
async function ask(application: Application, options: ProxyOptions, target = '/a'): Promise<string> {
  return withServer(createServer(behindProxy(application, options)), async (server) => {
    const answer = await rawRequest(server, target, { headers: ['Host: inner.example:81', ...lines] });
    return answer.body;
  });
}

describe('a request behind a proxy', () => {
  it('has no forwarded fields in any form of its header, and the host of the client', async () => {
    const seen = await ask((req, res) => {
      const { headers, rawHeaders, headersDistinct } = req;
      res.end(JSON.stringify({ headers, rawHeaders, headersDistinct }));
    }, trusted);
    expect(JSON.parse(seen)).to.deep.equal({
      headers: { host: 'site.example:8443', connection: 'close' },
      rawHeaders: ['Host', 'site.example:8443', 'Connection', 'close'],
      headersDistinct: { host: ['site.example:8443'], connection: ['close'] },
    });
  });

  it('has one Host, though two came', async () => {
    const application: Application = (req, res) => res.end(JSON.stringify(req.headersDistinct.host));
    const seen = await withServer(createServer(behindProxy(application, trusted)), (server) =>
      rawRequest(server, '/', { headers: ['Host: a.example', 'Host: b.example', ...lines] }),
    );
    expect(seen.body).to.equal('["site.example:8443"]');
  });

  it('keeps what it was', async () => {
    const seen = await ask((req, res) => {
      const { headers, socket, rawHeaders, url, isTrusted } = (
        req as unknown as Record<symbol, IncomingMessage>
      )[original] as IncomingMessage & { isTrusted: boolean };
      const isReal = socket instanceof Socket && socket === res.socket;
      res.end(JSON.stringify([headers, rawHeaders.length, socket.remoteAddress, isReal, url, isTrusted]));
    }, trusted);
    const names = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const headers = { host: 'inner.example:81', ...names, connection: 'close' };
    expect(JSON.parse(seen)).to.deep.equal([headers, 14, '127.0.0.1', true, '/a', true]);
  });

  it('has the variables and URLs that the client used', async () => {
    const prefix = { header: 'x-forwarded-prefix' };
    const seen = await ask(
      (req, res) => {
        const { HTTPS, REQUEST_SCHEME, REMOTE_ADDR, SERVER_NAME, SERVER_PORT, HTTP_HOST } = environ(req);
        const { SCRIPT_NAME, PATH_INFO, REQUEST_URI, REMOTE_PORT, HTTP_X_FORWARDED_FOR } = environ(req);
        res.end(
          JSON.stringify([
            ...[HTTPS, REQUEST_SCHEME, REMOTE_ADDR, SERVER_NAME, SERVER_PORT, HTTP_HOST],
            ...[SCRIPT_NAME, PATH_INFO, REQUEST_URI, REMOTE_PORT ?? '', HTTP_X_FORWARDED_FOR ?? ''],
            ...[applicationUri(req), requestUri(req), urlFor(req, '/b')],
          ]),
        );
      },
      { ...trusted, prefix },
      '/a?b',
    );
    expect(JSON.parse(seen)).to.deep.equal([
      ...['on', 'https', '203.0.113.7', 'site.example', '8443', 'site.example:8443'],
      ...['/app', '/a', '/app/a?b', '', ''],
      ...['https://site.example:8443/app', 'https://site.example:8443/app/a?b', '/app/b'],
    ]);
  });

  it('has a bare path where a proxy has left nothing of it', async () => {
    const application: Application = (req, res) => res.end(JSON.stringify([...viewOf(req), requestUri(req)]));
    const options: ProxyOptions = { trust: '10.0.0.1', prefix: '/app', target: 'stripped' };
    const proxied = behindProxy(application, options);
    // Node's parser lets no such target through; gateways do.
    const listener = (req: IncomingMessage, res: ServerResponse) =>
      proxied(Object.assign(req, { url: '?x=1' }), res);
    const answer = await withServer(listener, (server) =>
      rawRequest(server, '/', { headers: ['Host: a.example'] }),
    );
    const [baseUrl, url, originalUrl, scriptName, pathInfo, ...rest] = JSON.parse(answer.body);
    expect([baseUrl, url, originalUrl, scriptName, pathInfo]).to.deep.equal([
      ...['/app', '/?x=1', '/app?x=1', '/app', ''],
    ]);
    expect(rest.at(-1)).to.equal('http://a.example/app?x=1');
  });

  it('is counted once, by an application that trusts proxies itself', async () => {
    for (const app of [express(), express4() as unknown as express.Express]) {
      app.set('trust proxy', true);
      app.use((req, res) => void res.json([req.ip, req.ips, req.protocol, req.hostname, req.secure]));
      const seen = JSON.parse(await ask(app as unknown as Application, trusted));
      expect(seen).to.deep.equal(['203.0.113.7', [], 'https', 'site.example', true]);
    }
    const koa = new Koa({ proxy: true });
    koa.use((context) => {
      context.body = [context.ip, context.ips, context.protocol, context.host, context.secure];
    });
    expect(JSON.parse(await ask(koa, trusted))).to.deep.equal([
      ...['203.0.113.7', [], 'https', 'site.example:8443', true],
    ]);
  });

  it('is found by mounts for hosts', async () => {
    const application = mount({
      '//inner.example/': (_req, res) => res.end('inner'),
      '//site.example:8443/': (_req, res) => res.end('site'),
      '/': (_req, res) => res.end('neither'),
    });
    expect(await ask(application, trusted)).to.equal('site');
  });

  it('leaves to strangers their fields where it is told to, but for names with a _', async () => {
    const application: Application = (req, res) => res.end(Object.keys(req.headers).join());
    const listener = behindProxy(application, { trust: '10.0.0.1', untrusted: 'keep' });
    const answer = await withServer(createServer(listener), (server) =>
      rawRequest(server, '/', { headers: ['Host: a', 'X-Forwarded-For: b', 'X_Forwarded_For: c'] }),
    );
    expect(answer.body).to.equal('host,x-forwarded-for,connection');
  });

  it('keeps fields that have another use, of a trusted peer only', async () => {
    const application: Application = (req, res) => res.end(Object.keys(req.headers).join());
    const headers = ['Host: a', 'X-Original-URI: /b', 'X-Forwarded-User: c', 'X-Real-IP: d'];
    const names = (trust: string) =>
      withServer(createServer(behindProxy(application, { trust })), (server) =>
        rawRequest(server, '/', { headers }),
      );
    expect((await names('loopback')).body).to.equal(
      'host,x-original-uri,x-forwarded-user,x-real-ip,connection',
    );
    expect((await names('10.0.0.1')).body).to.equal('host,x-real-ip,connection');
  });
});

describe('a request with more fields than Node reads', () => {
  const application: Application = (req, res) => res.end(req.socket.remoteAddress);
  const some = (count: number): readonly string[] => [
    'Host: a',
    'X-Forwarded-For: 10.0.0.1',
    ...Array.from({ length: count }, () => 'A: b'),
    'X-Forwarded-For: 203.0.113.7',
  ];
  const ask = (trust: string, count: number, most?: number) => {
    const server = createServer(behindProxy(application, { trust }));
    if (most !== undefined) server.maxHeadersCount = most;
    return withServer(server, (running) => rawRequest(running, '/', { headers: some(count) }));
  };
  const { error } = console;
  before(() => {
    console.error = () => {};
  });
  after(() => {
    console.error = error;
  });

  it('is refused, since what the proxy has added may be among those that are dropped', async () => {
    // 431 is Node's own answer: newer releases drop nothing, and refuse.
    expect((await ask('loopback', 1100)).status).to.be.oneOf([400, 431]);
    expect((await ask('loopback', 30, 20)).status).to.be.oneOf([400, 431]);
  });

  it('is taken where nothing is believed, and where nothing is dropped', async () => {
    const { status, body } = await ask('10.0.0.1', 1100);
    expect([status, body]).to.be.deep.oneOf([
      [200, '127.0.0.1'],
      [431, ''],
    ]);
    expect((await ask('loopback', 900)).body).to.equal('203.0.113.7');
    expect((await ask('loopback', 1100, 0)).body).to.equal('203.0.113.7');
  });
});

describe('the socket of a request behind a proxy', () => {
  it('is the next request’s own: a connection that is kept alive carries both', async () => {
    const sockets = new Set<unknown>();
    const application: Application = (req, res) => {
      sockets.add(res.socket);
      const { remoteAddress } = req.socket;
      const { encrypted = false } = req.socket as { encrypted?: boolean };
      const { client = req.connection } = req as { client?: Socket };
      expect(client).to.equal(req.connection).and.to.equal(req.socket);
      res.end(JSON.stringify([remoteAddress, encrypted, req.headers.host, req.connection.remoteAddress]));
    };
    const listener = behindProxy(application, trusted);
    await withServer(createServer(listener), async (server) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const seen: unknown[] = [];
      for (const headers of [fields, {}, { ...fields, 'X-Forwarded-For': '203.0.113.8' }, {}]) {
        const options = {
          port: portOf(server),
          host: '127.0.0.1',
          agent,
          headers: { Host: 'a', ...headers },
        };
        const [res] = (await once(request(options).end(), 'response')) as [IncomingMessage];
        seen.push(await json(res));
      }
      agent.destroy();
      expect(seen).to.deep.equal([
        ['203.0.113.7', true, 'site.example:8443', '203.0.113.7'],
        ['127.0.0.1', false, 'a', '127.0.0.1'],
        ['203.0.113.8', true, 'site.example:8443', '203.0.113.8'],
        ['127.0.0.1', false, 'a', '127.0.0.1'],
      ]);
      expect(sockets.size).to.equal(1);
    });
  });

  it('works as a socket does', async () => {
    const told: unknown[] = [];
    const answer = await ask((req, res) => {
      const { socket } = req;
      const real = res.socket as Socket;
      const onClose = (): void => {};
      const counts = () => [real.listenerCount('close'), socket.listenerCount('close')];
      const [before] = counts();
      told.push(socket.on('close', onClose) === socket, counts()[0] === Number(before) + 1);
      socket.removeListener('close', onClose);
      told.push(counts()[0] === before && counts()[1] === before);
      told.push(socket.setTimeout(5000) === socket, real.timeout === 5000);
      told.push(socket instanceof Socket, socket.constructor === Socket, socket !== real);
      told.push(socket.writable, socket.readable, socket.destroyed);
      Object.assign(socket, { ours: 1 });
      told.push((real as unknown as { ours: number }).ours);
      Object.assign(socket, { remoteAddress: 'mine', encrypted: false });
      told.push(socket.remoteAddress, real.remoteAddress, (socket as { encrypted?: boolean }).encrypted);
      told.push(socket.remoteFamily, 'encrypted' in socket, 'encrypted' in real, res.req === req);
      res.end('done');
    }, trusted);
    expect(answer).to.equal('done');
    expect(told).to.deep.equal([
      ...[true, true, true, true, true, true, true, true, true, true, false, 1],
      ...['mine', '127.0.0.1', false, 'IPv4', true, false, true],
    ]);
  });

  it('can be given accessors, and loses nothing of the connection', async () => {
    const answer = await ask((req, res) => {
      const { socket } = req;
      Object.defineProperty(socket, 'ours', { get: () => 1, configurable: true });
      const isDefined = Reflect.defineProperty(socket, 'remoteAddress', { get: () => 'mine' });
      Reflect.deleteProperty(socket, 'remotePort');
      const { ours, remotePort } = socket as unknown as Record<string, unknown>;
      res.end(JSON.stringify([ours, isDefined, remotePort ?? null, typeof res.socket?.remotePort]));
    }, trusted);
    expect(JSON.parse(answer)).to.deep.equal([1, false, null, 'number']);
  });

  it('can be destroyed', async () => {
    const closed = ask((req) => void req.socket.destroy(), trusted).then(
      (body) => body,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(['', 'ECONNRESET']).to.include(await closed);
  });

  it('does not stand in the way of a body, or of a client that leaves', async () => {
    const events: string[] = [];
    const application: Application = async (req, res) => {
      req.once('aborted', () => events.push('aborted'));
      res.once('close', () => events.push(`closed, ${res.writableFinished}`));
      const body = await text(req).catch(() => '');
      res.end(String(body.length));
    };
    await withServer(createServer(behindProxy(application, trusted)), async (server) => {
      const options = { port: portOf(server), host: '127.0.0.1', method: 'POST', headers: fields };
      const posted = request(options).end('x'.repeat(300_000));
      const [res] = (await once(posted, 'response')) as [IncomingMessage];
      expect(await text(res)).to.equal('300000');
      const left = request({ ...options, headers: { ...fields, 'Content-Length': 10 } });
      left.on('error', () => {});
      left.write('x');
      setTimeout(() => left.destroy(), 50);
      while (events.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    });
    expect(events).to.have.members(['closed, true', 'aborted', 'closed, false']);
  });

  it('is TLS where the client’s was, whatever the proxy speaks', async () => {
    const told = (req: MountedRequest): string => environ(req).REQUEST_SCHEME;
    const listener = behindProxy((req, res) => res.end(told(req)), trusted);
    const server = createHttpsServer({ key, cert }, listener as never);
    await withServer(server as never, async () => {
      for (const scheme of ['http', 'https', 'ws', 'wss', undefined]) {
        const headers = scheme === undefined ? {} : { 'X-Forwarded-Proto': scheme };
        const options = {
          port: portOf(server as never),
          host: '127.0.0.1',
          rejectUnauthorized: false,
          headers,
        };
        const [res] = (await once(requestHttps(options).end(), 'response')) as [IncomingMessage];
        expect(await text(res)).to.equal(scheme?.replace('ws', 'http') ?? 'https');
      }
    });
  });

  it('is shown in HTTP/2 as well', async () => {
    const application: Application = (req, res) => {
      const { authority, scheme } = req as unknown as { authority: string; scheme: string };
      const { headers, rawHeaders, socket, baseUrl, url } = req;
      const names = Object.keys(headers).filter((name) => name.startsWith('x-'));
      const { REQUEST_SCHEME, REMOTE_ADDR, SERVER_PORT } = environ(req);
      const told = [authority, scheme, headers[':authority'], headers[':scheme'], names, baseUrl, url];
      const raw = rawHeaders.includes('site.example:8443') && !rawHeaders.includes('203.0.113.7');
      res.end(JSON.stringify([...told, raw, socket.remoteAddress, REQUEST_SCHEME, REMOTE_ADDR, SERVER_PORT]));
    };
    const options = { ...trusted, prefix: { header: 'x-forwarded-prefix' } };
    const server = createHttp2Server(behindProxy(application, options));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${portOf(server as never)}`);
    const named = Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]);
    for (const headers of [Object.fromEntries(named), {}]) {
      const stream = session.request({ ':path': '/a', ...headers }).end();
      const seen = JSON.parse(await text(stream));
      if ('x-forwarded-for' in headers) {
        expect(seen).to.deep.equal([
          ...['site.example:8443', 'https', 'site.example:8443', 'https', [], '/app', '/a'],
          ...[true, '203.0.113.7', 'https', '203.0.113.7', '8443'],
        ]);
      } else {
        expect(seen.slice(8, 11)).to.deep.equal(['127.0.0.1', 'http', '127.0.0.1']);
      }
    }
    session.close();
    server.close();
    await once(server, 'close');
  });
});

/** All that `behindProxy()` changes. */
function traceOf(req: IncomingMessage): object {
  const { url, baseUrl, originalUrl, headers, rawHeaders, headersDistinct, socket, connection, client } =
    req as MountedRequest & { client?: unknown };
  const { SCRIPT_NAME, PATH_INFO, REMOTE_ADDR, HTTP_HOST } = environ(req);
  return {
    ...{ url, baseUrl, originalUrl, headers, rawHeaders, headersDistinct, socket, connection, client },
    ...{ SCRIPT_NAME, PATH_INFO, REMOTE_ADDR, HTTP_HOST },
    original: (req as unknown as Record<symbol, unknown>)[original],
    own: Object.getOwnPropertyDescriptor(req, 'headersDistinct'),
  };
}

const failure = new Error('the application failed');
const exits: Readonly<Record<string, { readonly exit: Answerer; readonly error?: unknown }>> = {
  'next()': { exit: (_req, _res, next) => next() },
  'next(err)': { exit: (_req, _res, next) => next(failure), error: failure },
  'a later next()': { exit: (_req, _res, next) => void setImmediate(next) },
  'a throw': {
    exit: () => {
      throw failure;
    },
    error: failure,
  },
  'a rejection': { exit: async () => Promise.reject(failure), error: failure },
  'a rewritten url': {
    exit: (req, _res, next) => {
      req.url = '/rewritten';
      next();
    },
  },
};

const places: Readonly<Record<string, { readonly options: ProxyOptions; readonly target: string }>> = {
  'no prefix': { options: trusted, target: '/a?b' },
  'a kept prefix': { options: { ...trusted, prefix: '/app' }, target: '/app/a?b' },
  'a stripped prefix': { options: { ...trusted, prefix: '/app', target: 'stripped' }, target: '/a?b' },
  'a prefix in a field': { options: { ...trusted, prefix: { header: 'x-forwarded-prefix' } }, target: '/a' },
};

describe('a request that behindProxy() gives back to its host', () => {
  for (const host of hosts) {
    for (const [name, { exit, error }] of Object.entries(exits)) {
      for (const [place, { options, target }] of Object.entries(places)) {
        it(`${host.name}, ${place}: as it was, after ${name}`, async () => {
          let before: object | undefined;
          let seen: { readonly trace: object; readonly error: unknown } | undefined;
          let inside: unknown;
          const after = (thrown: unknown, req: IncomingMessage, res: ServerResponse, _next: Next) => {
            seen = { trace: traceOf(req), error: thrown };
            res.end();
          };
          const listener = host.of(
            (req: IncomingMessage, _res: unknown, next: Next) => {
              before = traceOf(req);
              next();
            },
            behindProxy((req, res, next) => {
              const { headersDistinct, socket, baseUrl, url } = req;
              inside = [headersDistinct.host, socket.remoteAddress, baseUrl, url];
              return exit(req, res, next);
            }, options) as never,
            (req: IncomingMessage, res: ServerResponse, next: Next) => after(undefined, req, res, next),
            after,
          );
          await withServer(listener, (server) =>
            rawRequest(server, target, { headers: ['Host: inner.example', ...lines] }),
          );
          const base = place === 'no prefix' ? '' : '/app';
          expect(inside).to.deep.equal([
            ...[['site.example:8443'], '203.0.113.7', base, target.replace(/^\/app/, '')],
          ]);
          const url = place === 'a kept prefix' ? '/app/rewritten' : '/rewritten';
          const changed = name === 'a rewritten url' ? { url, PATH_INFO: url } : {};
          expect(seen?.trace).to.deep.equal({ ...before, ...changed });
          expect(seen?.error).to.equal(error);
        });
      }
    }

    it(`${host.name}: is 400 there, and as it was, where a field is malformed`, async () => {
      let before: object | undefined;
      let seen: { readonly trace: object; readonly error: unknown } | undefined;
      const listener = host.of(
        (req: IncomingMessage, _res: unknown, next: Next) => {
          before = traceOf(req);
          next();
        },
        behindProxy((_req, res) => res.end(), trusted) as never,
        (error: unknown, req: IncomingMessage, _res: unknown, next: Next) => {
          seen = { trace: traceOf(req), error };
          next(error);
        },
      );
      const { error } = console;
      console.error = () => {};
      const answer = await withServer(listener, (server) =>
        rawRequest(server, '/', { headers: ['Host: a', 'X-Forwarded-Host: a b'] }),
      ).finally(() => {
        console.error = error;
      });
      expect(answer.status).to.equal(400);
      expect(seen?.trace).to.deep.equal(before);
      expect(seen?.error).to.be.instanceOf(ForwardedError).and.include({ code: 'ERR_FORWARDED_HOST' });
    });

    it(`${host.name}: goes on outside a kept prefix, and is not normalized`, async () => {
      const guarded = host.of(
        behindProxy((_req, res) => res.end('in'), { ...trusted, prefix: '/app' }) as never,
        (_req: unknown, res: ServerResponse) => res.end('out'),
      );
      const answers = await withServer(guarded, async (server) =>
        Promise.all(
          ['/app/x', '/app', '/apple', '/%61pp/x', '/x/../app'].map(
            async (target) => (await rawRequest(server, target)).body,
          ),
        ),
      );
      expect(answers).to.deep.equal(['in', 'in', 'out', 'out', 'out']);
    });
  }

  it('is adopted as a mounted application is', async () => {
    const inner = express();
    inner.use((req, res) => void res.send([req.baseUrl, req.app.path(), inner.mountpath].join()));
    const app = express().use(
      '/x',
      behindProxy(inner as unknown as Application, { ...trusted, prefix: '/app' }),
    );
    const answer = await withServer(app as never, (server) => rawRequest(server, '/x/app/y'));
    expect(answer.body).to.equal('/x/app,/x/app,/x/app');
  });

  it('stands below a mount of the host: the prefix comes first', async () => {
    const application: Application = (req, res) => res.end(JSON.stringify(viewOf(req)));
    const options: ProxyOptions = { ...trusted, prefix: '/app', target: 'stripped' };
    const app = express().use('/x', behindProxy(application, options) as never);
    const answers = await withServer(app as never, async (server) =>
      Promise.all(
        ['/x/y', '/x'].map(async (target) => JSON.parse((await rawRequest(server, target)).body).slice(0, 5)),
      ),
    );
    expect(answers).to.deep.equal([
      ['/app/x', '/y', '/app/x/y', '/app/x', '/y'],
      ['/app/x', '/', '/app/x', '/app/x', ''],
    ]);
  });
});

describe('one behindProxy() inside another', () => {
  it('puts back what the other shows, which puts back all', async () => {
    const traces: object[] = [];
    const note = (req: IncomingMessage, _res: unknown, next: Next): void => {
      traces.push(traceOf(req));
      next();
    };
    // The client of the outer one is a proxy for the inner one.
    const fields = [
      'X-Forwarded-For: 198.51.100.1, 203.0.113.7',
      'X-Forwarded-Proto: https',
      'X_Script_Name: a',
    ];
    const host = hosts[0] as (typeof hosts)[number];
    const inner = host.of(
      note,
      behindProxy(note as never, { trust: '203.0.113.7', prefix: '/in', target: 'stripped' }) as never,
      note,
    );
    const outer = host.of(note, behindProxy(inner as never, { ...trusted, prefix: '/out' }) as never, note);
    const listener = (req: IncomingMessage, res: ServerResponse): void => {
      (outer as unknown as Answerer)(req as never, res, () => res.end('done'));
    };
    const answer = await withServer(listener, (server) =>
      rawRequest(server, '/out/a', { headers: ['Host: a', ...fields] }),
    );
    expect(answer.body).to.equal('done');
    expect(traces).to.have.lengthOf(5);
    expect(traces[3]).to.deep.equal(traces[1]);
    expect(traces[4]).to.deep.equal(traces[0]);
    expect(traces.map((trace) => (trace as { SCRIPT_NAME: string }).SCRIPT_NAME)).to.deep.equal([
      ...['', '/out', '/in/out', '/out', ''],
    ]);
  });

  it('in HTTP/2 too', async () => {
    const seen: unknown[] = [];
    const note = (req: IncomingMessage): void => {
      const { headers, rawHeaders, socket, connection } = req;
      const { authority, scheme } = req as unknown as { authority: string; scheme: string };
      const own = Object.getOwnPropertyNames(req).filter((name) => ['headers', 'socket'].includes(name));
      seen.push({ headers, rawHeaders, socket, connection, authority, scheme, own });
    };
    const inner = behindProxy((_req, _res, next) => next(), { trust: '203.0.113.7' });
    const outer = behindProxy((req, res, next) => {
      note(req);
      inner(req, res, () => {
        note(req);
        next();
      });
    }, trusted);
    const server = createHttp2Server((req, res) => {
      note(req as never);
      outer(req, res, () => {
        note(req as never);
        res.end('done');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${portOf(server as never)}`);
    const headers = {
      ':path': '/',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'b',
      forwarded: 'c',
    };
    expect(await text(session.request(headers).end())).to.equal('done');
    session.close();
    server.close();
    await once(server, 'close');
    expect(seen).to.have.lengthOf(4);
    expect(seen[2]).to.deep.equal(seen[1]);
    expect(seen[3]).to.deep.equal(seen[0]);
    expect(seen[1]).to.not.deep.equal(seen[0]);
  });
});

describe('upgrades behind a proxy', () => {
  const echo = taking((req, socket) => {
    const { socket: seen, headers } = req;
    const told = [...viewOf(req).slice(0, 5), seen.remoteAddress, headers.host, environ(req).REQUEST_SCHEME];
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: e\r\n\r\n${JSON.stringify(told)}`,
    );
  });

  async function open(server: Server, target: string, headers: readonly string[]): Promise<string> {
    const socket = connect(portOf(server), '127.0.0.1');
    const sent = [
      `GET ${target} HTTP/1.1`,
      'Host: a',
      'Connection: Upgrade',
      'Upgrade: e',
      ...headers,
      '',
      '',
    ];
    socket.write(sent.join('\r\n'));
    const answer = await text(socket);
    return answer.startsWith('HTTP/1.1 101') ? (answer.split('\r\n\r\n')[1] ?? '') : answer.slice(9, 12);
  }

  const rows: readonly (readonly [options: ProxyOptions, target: string, answer: unknown])[] = [
    [{ ...trusted, prefix: '/app' }, '/app/a', ['/app', '/a', '/app/a', '/app', '/a']],
    [{ ...trusted, prefix: '/app', target: 'stripped' }, '/a', ['/app', '/a', '/app/a', '/app', '/a']],
    [{ ...trusted, prefix: { header: 'x-forwarded-prefix' } }, '/a', ['/app', '/a', '/app/a', '/app', '/a']],
    [{ ...trusted, prefix: '/app', outside: 'pass' }, '/b', ['', '/b', '/b', '', '/b']],
    [{ ...trusted, prefix: '/app' }, '/b', '404'],
    [{ ...trusted, prefix: '/app' }, '/%zz', '400'],
  ];
  for (const [options, target, answer] of rows) {
    it(`${target} with ${JSON.stringify(options)}`, async () => {
      const proxied = behindProxy(echo, options);
      const server = createServer(proxied).on('upgrade', proxied.upgrade);
      const said = await withServer(server, () => open(server, target, lines));
      const client = ['203.0.113.7', 'site.example:8443', 'https'];
      expect(Array.isArray(answer) ? JSON.parse(said) : said).to.deep.equal(
        Array.isArray(answer) ? [...answer, ...client] : answer,
      );
    });
  }

  it('are refused where a field is malformed, with the reason in the log', async () => {
    const proxied = behindProxy(echo, trusted);
    const server = createServer(proxied).on('upgrade', proxied.upgrade);
    const { error } = console;
    const logged: unknown[] = [];
    console.error = (...values) => logged.push(...values);
    const said = await withServer(server, () => open(server, '/', ['X-Forwarded-Proto: ftp'])).finally(() => {
      console.error = error;
    });
    expect(said).to.equal('400');
    expect(logged.join()).to.match(/^ForwardedError: a forwarded scheme must be http or https, got "ftp"$/);
  });

  it('go on where the application takes none, as they were', async () => {
    const proxied = behindProxy((_req, res) => res.end(), { ...trusted, prefix: '/app' });
    const seen: unknown[] = [];
    const server = createServer().on('upgrade', (req, socket, head) => {
      const before = traceOf(req);
      proxied.upgrade(req, socket, head, (error) => {
        seen.push(error, traceOf(req), before);
        socket.end('HTTP/1.1 426 Upgrade Required\r\n\r\n');
      });
    });
    const said = await withServer(server, () => open(server, '/app/a', lines));
    expect(said).to.equal('426');
    expect(seen[0]).to.equal(undefined);
    expect(seen[1]).to.deep.equal(seen[2]);
  });

  it('come through a mount', async () => {
    const outer = mount('/out', behindProxy(echo, { ...trusted, prefix: '/app', target: 'stripped' }));
    const server = createServer(outer).on('upgrade', outer.upgrade);
    const said = await withServer(server, () => open(server, '/out/a', lines));
    expect(JSON.parse(said).slice(0, 3)).to.deep.equal(['/app/out', '/a', '/app/out/a']);
  });
});

describe('rewriting behind a proxy', () => {
  it('puts the prefix into what the application writes', async () => {
    const app = express();
    app.get('/a', (_req, res) => {
      res.cookie('a', 'b');
      res.redirect('/login');
    });
    app.get('/b', (_req, res) => res.redirect('https://site.example:8443/login'));
    for (const prefix of [{ header: 'x-forwarded-prefix' }, '/app']) {
      const options: ProxyOptions = { ...trusted, prefix, target: 'stripped', rewrite: true };
      const listener = behindProxy(app as unknown as Application, options);
      await withServer(createServer(listener), async (server) => {
        const headers = ['Host: inner.example', ...lines];
        const { headers: a } = await rawRequest(server, '/a', { headers });
        expect([a.location, a['set-cookie']]).to.deep.equal(['/app/login', 'a=b; Path=/app']);
        const { headers: b } = await rawRequest(server, '/b', { headers });
        expect(b.location).to.equal('https://site.example:8443/app/login');
      });
    }
  });
});

describe('options of behindProxy()', () => {
  const application: Application = (_req, res) => res.end();
  const wrong: readonly (readonly [options: unknown, message: RegExp])[] = [
    [undefined, /must be an object that has trust, got undefined/],
    [{}, /the option trust must be addresses, .*, got undefined/],
    [{ trust: 1 }, /a hop count trusts whoever connects.*\(address, hop\) => hop < 1.*, got 1/],
    [{ trust: 1, prefix: { header: 'x-forwarded-prefix' } }, /lets each client choose its prefix/],
    [{ trust: true }, /the option trust .*, got true/],
    [{ trust: '' }, /the option trust .*, got ""/],
    [{ trust: 'everybody' }, /the option trust .*, got "everybody"/],
    [{ trust: ['loopback', '300.0.0.1'] }, /the option trust .*, got "loopback","300.0.0.1"/],
    [{ trust: 'loopback', header: 1 }, /an option of behindProxy\(\) must be one of .*, got "header"/],
    [{ trust: 'loopback', headers: 'both' }, /the option headers must be "x-forwarded" or "forwarded"/],
    [{ trust: 'loopback', target: 'none' }, /the option target must be "kept" or "stripped", got "none"/],
    [{ trust: 'loopback', outside: 'pass' }, /the option outside must go with a prefix that is kept/],
    [
      { trust: 'loopback', prefix: '/a', target: 'stripped', outside: 'pass' },
      /the option outside must go with a prefix that is kept/,
    ],
    [{ trust: 'loopback', prefix: 'app' }, /the option prefix must be a mount path: .*\(write '\/app'\)/],
    [
      { trust: 'loopback', prefix: '/my%20app' },
      /the option prefix must be a mount path: .* written decoded/,
    ],
    [{ trust: 'loopback', prefix: '//a.example/app' }, /the option prefix must name no host/],
    [{ trust: 'loopback', prefix: 1 }, /the option prefix must be a path, or/],
    [{ trust: 'loopback', prefix: null }, /the option prefix must be a path, or/],
    [{ trust: 'loopback', prefix: { header: 'x_prefix' } }, /whose name has no '_', got "x_prefix"/],
    [{ trust: 'loopback', prefix: { header: 'x-prefix', more: 1 } }, /the option prefix must be/],
    [
      { trust: 'loopback', prefix: { header: 'X-Forwarded-For' } },
      /must hold a prefix, got "X-Forwarded-For"/,
    ],
    [{ trust: 'loopback', prefix: { header: 'Referer' } }, /must hold a prefix, got "Referer"/],
    [{ trust: 'loopback', prefix: { header: 'connection' } }, /must hold a prefix, got "connection"/],
    [{ trust: 'loopback', target: 'stripped' }, /the option target must go with a prefix/],
    [{ trust: 'loopback', prefix: '/', target: 'stripped' }, /the option target must go with a prefix/],
    [{ trust: 'loopback', rewrite: null }, /the option rewrite must be false or true, got null/],
    [{ trust: 'loopback', headers: null }, /the option headers must be .*, got null/],
    [{ trust: 'loopback', prefix: { header: 'x-forwarded-uri' }, target: 'kept' }, /must be 'stripped'/],
  ];
  for (const [options, message] of wrong) {
    it(`${JSON.stringify(options)} is refused`, () => {
      expect(() => behindProxy(application, options as ProxyOptions))
        .to.throw(ConfigurationError, message)
        .with.property('code', 'ERR_PROXY_OPTION');
    });
  }

  it('what is no application is refused', () => {
    expect(() => behindProxy({} as Application, trusted))
      .to.throw(ConfigurationError)
      .with.property('code', 'ERR_MOUNT_APPLICATION');
  });

  it('a function is asked for each hop, and has to answer true', async () => {
    const asked: unknown[] = [];
    const trust = (address: string, hop: number): boolean => {
      asked.push([address, hop]);
      return hop < 2;
    };
    const application: Application = (req, res) => res.end(req.socket.remoteAddress);
    const headers = ['Host: a', 'X-Forwarded-For: 203.0.113.9, 203.0.113.8, 203.0.113.7'];
    const address = (option: ProxyOptions['trust']) =>
      withServer(createServer(behindProxy(application, { trust: option })), (server) =>
        rawRequest(server, '/', { headers }),
      );
    expect((await address(trust)).body).to.equal('203.0.113.8');
    expect(asked).to.deep.equal([
      ['127.0.0.1', 0],
      ['203.0.113.7', 1],
      ['203.0.113.8', 2],
    ]);
    expect((await address((async () => true) as never)).body).to.equal('127.0.0.1');
  });

  it('a Unix socket is trusted by its name', async () => {
    const application: Application = (req, res) => res.end(req.socket.remoteAddress ?? 'nobody');
    const { mkdtempSync, rmSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const folder = mkdtempSync(`${tmpdir()}/mountpoint-`);
    for (const [trust, seen] of [
      ['unix', '203.0.113.7'],
      ['loopback', 'nobody'],
    ] as const) {
      const server = createServer(behindProxy(application, { trust }));
      server.listen(`${folder}/socket`);
      await once(server, 'listening');
      const [res] = (await once(
        request({ socketPath: `${folder}/socket`, headers: fields, agent: false }).end(),
        'response',
      )) as [IncomingMessage];
      expect(await text(res)).to.equal(seen);
      server.close();
      server.closeAllConnections();
    }
    rmSync(folder, { recursive: true });
  });

  it('a port has no place beside a malformed Host', async () => {
    const { error } = console;
    console.error = () => {};
    const answer = await withServer(createServer(behindProxy(application, trusted)), (server) =>
      rawRequest(server, '/', { headers: ['Host: a b', 'X-Forwarded-Port: 443'] }),
    ).finally(() => {
      console.error = error;
    });
    expect(answer.status).to.equal(400);
  });

  it('an error of trust itself is the application’s', async () => {
    const { error } = console;
    console.error = () => {};
    const trust = (): boolean => {
      throw new Error('no such network');
    };
    const proxied = behindProxy(application, { trust });
    const answer = await withServer(createServer(proxied), (server) => rawRequest(server, '/')).finally(
      () => {
        console.error = error;
      },
    );
    expect(answer.status).to.equal(500);
  });

  it('stands in a Koa host too', async () => {
    const inner: Application = (req, res) =>
      res.end(JSON.stringify([req.baseUrl, req.url, req.socket.remoteAddress]));
    const koa = new Koa().use(
      mountInKoa('/x', behindProxy(inner, { ...trusted, prefix: '/app', target: 'stripped' })),
    );
    koa.use((context) => {
      context.body = [context.ip, context.url];
    });
    await withServer(createServer(koa.callback()), async (server) => {
      const asked = async (target: string) =>
        JSON.parse((await rawRequest(server, target, { headers: ['Host: a', ...lines] })).body);
      expect(await asked('/x/y')).to.deep.equal(['/app/x', '/y', '203.0.113.7']);
      expect(await asked('/y')).to.deep.equal(['127.0.0.1', '/y']);
    });
  });

  it('OPTIONS * is about the server', async () => {
    const answer = await withServer(createServer(behindProxy(application, trusted)), (server) =>
      rawRequest(server, '*', { method: 'OPTIONS' }),
    );
    expect(answer).to.include({ status: 200, body: '' });
  });
});
