/**
 * `serve()`: the same application, by the same call, over HTTP and each gateway protocol; how it ends.
 */

import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import express from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { WebSocket, WebSocketServer } from 'ws';
import {
  type Application,
  environ,
  type Gateway,
  type GatewayProtocol,
  mount,
  type ServeOptions,
  serve,
  type UpgradeHandler,
} from '../../lib/index.js';
import { createConnection, type Protocol, type ProtocolEvent } from '../../lib/protocol/index.js';
import { rawRequestTo } from '../support/raw.js';

interface Answer {
  readonly status: number;
  readonly body: string;
}

type Ask = (gateway: Gateway, target: string) => Promise<Answer>;

const overHttp: Ask = async ({ address }, target) => {
  const { status, body } = await rawRequestTo((address as AddressInfo).port, target);
  return { status, body };
};

/** Asks as nginx does with its own parameters: the whole path in SCRIPT_NAME. */
const over =
  (protocol: Exclude<Protocol, 'cgi'>): Ask =>
  async ({ address }, target) => {
    const socket = connect((address as AddressInfo).port, '127.0.0.1');
    const codec = createConnection(protocol, 'client');
    const id = protocol === 'fastcgi' ? 1 : 0;
    const environ: [string, string][] = [
      ['REQUEST_METHOD', 'GET'],
      ['SCRIPT_NAME', '/whatever'],
      ['REQUEST_URI', target],
      ['SERVER_PROTOCOL', 'HTTP/1.1'],
      ['REMOTE_ADDR', '127.0.0.1'],
      ['HTTP_HOST', 'localhost'],
    ];
    const asked: ProtocolEvent[] = [
      { type: 'begin', id, environ },
      { type: 'end', id },
    ];
    for (const bytes of codec.send(asked)) socket.write(bytes);
    const events: ProtocolEvent[] = [];
    for await (const bytes of socket) {
      events.push(...codec.receive(bytes));
      if (events.some(({ type }) => type === 'end')) break;
    }
    events.push(...codec.receive(null));
    const head = events.find((event) => event.type === 'head');
    const bytes = events.flatMap((event) => (event.type === 'body' ? [event.bytes] : []));
    return { status: head?.type === 'head' ? head.status : 0, body: Buffer.concat(bytes).toString() };
  };

const overFastcgi = over('fastcgi');

const asks = {
  http: overHttp,
  fastcgi: overFastcgi,
  scgi: over('scgi'),
  uwsgi: over('uwsgi'),
  ajp: over('ajp'),
} as const satisfies Readonly<Partial<Record<GatewayProtocol, Ask>>>;

function expressApp(make: typeof express): Application {
  const app = make();
  const inner = make.Router();
  inner.use((req, res) => void res.send(`${req.baseUrl} + ${req.url}`));
  app.use('/inner', inner);
  app.use((req, res) => void res.send(`${req.baseUrl} + ${req.url} + ${environ(req).PATH_INFO} + ${req.ip}`));
  return app as never;
}

const koa = new Koa();
koa.use((ctx) => {
  ctx.body = `${(ctx as { mountPath?: string }).mountPath} + ${ctx.url}`;
});
const fast = fastify();
fast.get('/*', (req) => `${(req.raw as { baseUrl?: string }).baseUrl} + ${req.raw.url}`);
const hono = new Hono();
hono.all('*', (context) => context.text(new URL(context.req.url).pathname));

const applications: Readonly<
  Record<string, { application: Application; answer: (base: string, url: string, info: string) => string }>
> = {
  'Express 5': {
    application: expressApp(express),
    answer: (base, url, info) => `${base} + ${url} + ${info} + 127.0.0.1`,
  },
  'Express 4': {
    application: expressApp(express4 as never),
    answer: (base, url, info) => `${base} + ${url} + ${info} + 127.0.0.1`,
  },
  Koa: { application: koa, answer: (base, url) => `${base} + ${url}` },
  Fastify: { application: fast, answer: (base, url) => `${base} + ${url}` },
  Hono: { application: hono, answer: (_, url) => url.replace(/\?.*/, '') },
  'a function': {
    application: (req, res) => res.end(`${req.baseUrl} + ${req.url}`),
    answer: (base, url) => `${base} + ${url}`,
  },
  'a mount': {
    application: mount('/', (req, res) => res.end(`${req.baseUrl} + ${req.url}`)),
    answer: (base, url) => `${base} + ${url}`,
  },
};

describe('serve()', () => {
  const logged: string[] = [];
  const started: Gateway[] = [];
  const start = async (application: Application, options: Partial<ServeOptions> = {}): Promise<Gateway> => {
    const gateway = await serve(application, { listen: 0, log: (line) => logged.push(line), ...options });
    started.push(gateway);
    return gateway;
  };
  beforeEach(() => {
    logged.length = 0;
  });
  afterEach(() => Promise.all(started.splice(0).map((gateway) => gateway.close(100))));

  for (const [protocol, ask] of Object.entries(asks) as [keyof typeof asks, Ask][]) {
    describe(`over ${protocol}`, () => {
      for (const [name, { application, answer }] of Object.entries(applications)) {
        for (const [at, base] of [
          ['/', ''],
          ['/foo', '/foo'],
          ['/a b/c', '/a%20b/c'],
        ] as const) {
          it(`${name} at ${at}`, async () => {
            const gateway = await start(application, { protocol, mount: at });
            for (const [rest, url, info] of [
              ['/x', '/x', '/x'],
              ['/x%20y?z', '/x%20y?z', '/x y'],
              ['/', '/', '/'],
            ] as const) {
              const { status, body } = await ask(gateway, base + rest);
              expect(status).to.equal(200);
              expect(body).to.equal(answer(base, url, info));
            }
          });
        }
      }

      it('appends inner mounts', async () => {
        const gateway = await start(expressApp(express), { protocol, mount: '/foo' });
        expect((await ask(gateway, '/foo/inner/a')).body).to.equal('/foo/inner + /a');
      });

      it('answers 404 outside the mount, and says once what to do', async () => {
        const gateway = await start((_, res) => res.end('x'), { protocol, mount: '/foo' });
        for (const target of ['/foobar', '/', '/foobar'])
          expect((await ask(gateway, target)).status).to.equal(404);
        expect(logged).to.have.lengthOf(1);
        expect(logged[0]).to.match(/below the mount "\/foo", got "\/foobar": set mount/);
      });

      it('refuses what has no normal form', async () => {
        const gateway = await start((_, res) => res.end('x'), { protocol, mount: '/foo' });
        expect((await ask(gateway, '/foo/%zz')).status).to.equal(400);
        expect((await ask(gateway, '/foo/%00')).status).to.equal(404);
        expect((await ask(gateway, '/foo/../x')).status).to.equal(400);
      });

      it("puts a stripped mount in front: target: 'stripped'", async () => {
        const echo: Application = (req, res) => res.end(`${req.baseUrl} + ${req.url} of ${req.originalUrl}`);
        const gateway = await start(echo, { protocol, mount: '/foo', target: 'stripped' });
        expect((await ask(gateway, '/x?y')).body).to.equal('/foo + /x?y of /foo/x?y');
        expect((await ask(gateway, '/foo/x')).body).to.equal('/foo + /foo/x of /foo/foo/x');
      });

      it('keeps the target as it came, in origin-form', async () => {
        const echo: Application = (req, res) => res.end(`${req.baseUrl} + ${req.url} of ${req.originalUrl}`);
        const gateway = await start(echo, { protocol, mount: '/foo' });
        expect((await ask(gateway, '/f%6fo//x?y')).body).to.equal('/foo + /x?y of /f%6fo//x?y');
        expect((await ask(gateway, 'http://localhost/foo/x')).body).to.equal('/foo + /x of /foo/x');
      });

      it('answers 500 where an application fails, and goes on', async () => {
        const { error } = console;
        console.error = () => undefined;
        try {
          for (const application of [
            () => {
              throw new Error('no');
            },
            () => Promise.reject(new Error('no')),
          ] as Application[]) {
            const gateway = await start(application, { protocol });
            expect((await ask(gateway, '/')).status).to.equal(500);
            expect((await ask(gateway, '/')).status).to.equal(500);
          }
        } finally {
          console.error = error;
        }
      });

      it('lets what is under way finish when it closes', async () => {
        const gateway = await start((_, res) => void setTimeout(() => res.end('late'), 60), { protocol });
        const answer = ask(gateway, '/');
        await wait(20);
        const closing = gateway.close();
        await wait(5);
        const another = await ask(gateway, '/').catch((error: { code?: string }) => error.code);
        expect(another).to.equal('ECONNREFUSED');
        expect(await answer).to.deep.equal({ status: 200, body: 'late' });
        await closing;
      });

      it('breaks off what takes too long when it closes', async () => {
        const gateway = await start((_, res) => res.write('begun'), { protocol });
        const answer = ask(gateway, '/').catch(() => undefined);
        await wait(20);
        const begun = performance.now();
        await gateway.close(50);
        expect(performance.now() - begun).to.be.below(1000);
        await answer;
      });
    });
  }

  it('lets only those connect who are allowed, where a gateway protocol is spoken', async () => {
    const ok: Application = (_, res) => res.end('x');
    const stranger = { allowedClients: '192.0.2.0/24' };
    const gateway = await start(ok, { ...stranger, protocol: 'fastcgi' });
    const refused = await overFastcgi(gateway, '/').catch(() => ({ status: 0, body: '' }));
    expect(refused).to.deep.equal({ status: 0, body: '' });
    expect(logged).to.deep.equal(['a front server must be one of allowedClients, got 127.0.0.1']);
    expect((await overHttp(await start(ok, stranger), '/')).body).to.equal('x');
    const byFunction = await start(ok, {
      protocol: 'fastcgi',
      allowedClients: (address) => address === '127.0.0.1',
    });
    expect((await overFastcgi(byFunction, '/')).body).to.equal('x');
  });

  it('takes WebSockets over HTTP, below the mount', async () => {
    const webSockets = new WebSocketServer({ noServer: true });
    webSockets.on('connection', (webSocket, req: { baseUrl?: string; url?: string }) => {
      webSocket.send(`${req.baseUrl} + ${req.url}`);
    });
    const app = Object.assign(express(), {
      upgrade: ((req, socket, head) => {
        webSockets.handleUpgrade(req, socket, head, (webSocket) =>
          webSockets.emit('connection', webSocket, req),
        );
      }) as UpgradeHandler,
    });
    const gateway = await start(app, { mount: '/foo' });
    const { port } = gateway.address as AddressInfo;
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/foo/chat?a`);
    const [message] = await once(webSocket, 'message');
    expect(String(message)).to.equal('/foo + /chat?a');
    for (const [path, status] of [
      ['/other', '404'],
      ['/foo/%zz', '400'],
    ]) {
      const [error] = await once(new WebSocket(`ws://127.0.0.1:${port}${path}`), 'error');
      expect(String(error)).to.contain(status);
    }
    // One that stays is broken off when it is time.
    const closed = once(webSocket, 'close');
    await gateway.close(20);
    await closed;
    webSockets.close();
  });

  it('closes idle connections that were kept', async () => {
    const gateway = await start((_, res) => res.end('x'));
    const agent = new Agent({ keepAlive: true });
    const [res] = await once(
      request({ port: (gateway.address as AddressInfo).port, agent }).end(),
      'response',
    );
    await buffer(res);
    await gateway.close();
    agent.destroy();
  });
});
