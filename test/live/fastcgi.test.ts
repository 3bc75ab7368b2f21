/**
 * FastCGI behind real front servers: what an application sees and answers by `serve()` is
 * what it sees and answers over HTTP at the same mount.
 */

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import express from 'express';
import { environ, type Gateway, mount, serve } from '../../lib/index.js';
import { type FrontServerName, frontServers, startFrontServer } from './front-server.js';
import { client } from './front-server-rows.js';
import { describeLive } from './program.js';
import type { LiveServer } from './server.js';

/** An application of Express, with another mounted in it. */
function application(heard: string[]): express.Express {
  const app = express();
  const inner = express();
  inner.get('/*rest', (req, res) => void res.json({ baseUrl: req.baseUrl, url: req.url }));
  app.use(mount('/inner', inner));
  app.post('/echo', async (req, res) => void res.send(await buffer(req)));
  app.get('/cookies', (_req, res) => void res.cookie('a', '1').cookie('b', '2').sendStatus(200));
  app.get('/none', (_req, res) => void res.status(204).end());
  app.get('/big', (_req, res) => void res.end(Buffer.alloc(2_000_000, 'x')));
  app.get('/moved', (req, res) => res.redirect(`${req.baseUrl}/x`));
  app.get('/hang', (_req, res) => {
    // Front servers look whether the client is there when they have something for it.
    const writing = setInterval(() => res.write('a'.repeat(10_000)), 10);
    res.on('close', () => {
      clearInterval(writing);
      heard.push('close');
    });
  });
  app.get('/stream', async (_req, res) => {
    res.write('one ');
    await wait(20);
    res.end('two');
  });
  app.use((req, res) => {
    const { SCRIPT_NAME, PATH_INFO } = environ(req);
    const { baseUrl, url, originalUrl, ip, protocol, method } = req;
    res.json({
      baseUrl,
      url,
      originalUrl,
      ip,
      protocol,
      method,
      SCRIPT_NAME,
      PATH_INFO,
      host: req.headers.host,
    });
  });
  return app;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function ask(
  port: number,
  path: string,
  body?: Buffer,
  method = body ? 'POST' : 'GET',
): Promise<Answer> {
  const options = { host: '127.0.0.1', port, path, method, localAddress: client, agent: false } as const;
  const req = request({ ...options, headers: { Host: 'site.example:8080' } });
  req.end(body);
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return { status: res.statusCode ?? 0, headers: res.headers, body: await buffer(res) };
}

/** Script name and path info, as bytes are spelled; and which front servers do not let the target through. */
const targets: readonly (readonly [
  target: string,
  url: string,
  pathInfo: string,
  not?: readonly FrontServerName[],
])[] = [
  ['/app', '/', ''],
  ['/app/', '/', '/'],
  ['/app/x', '/x', '/x'],
  ['/app?q=1', '/?q=1', ''],
  ['/app/x?q=%2F&r', '/x?q=%2F&r', '/x'],
  ['/app/a%20b', '/a%20b', '/a b'],
  ['/app/a%2Fb', '/a%2Fb', '/a%2Fb'],
  ['/app/a%252Fb', '/a%252Fb', '/a%2Fb'],
  ['/app/%C3%A9', '/%C3%A9', '/é'],
  ['/app/a;b=c', '/a;b=c', '/a;b=c'],
  ['/app/a//b', '/a/b', '/a/b'],
  ['/app/a/../b', '/b', '/b'],
  ['/app/a%3Fb%23c', '/a%3Fb%23c', '/a?b#c'],
];

const servers = [
  'nginx',
  'apache',
  'lighttpd',
  'haproxy',
  'caddy',
  'h2o',
] as const satisfies readonly FrontServerName[];

function testsOf(name: (typeof servers)[number]): void {
  const logged: string[] = [];
  const heard: string[] = [];
  let gateway: Gateway;
  let front: LiveServer;
  before(async () => {
    const log = (line: string): void => void logged.push(line);
    gateway = await serve(application(heard), { protocol: 'fastcgi', listen: 0, mount: '/app', log });
    front = await startFrontServer(name, 'fastcgi', {
      upstream: `127.0.0.1:${(gateway.address as AddressInfo).port}`,
    });
  });
  after(async () => {
    await front?.stop();
    await gateway?.close(100);
  });

  for (const [target, url, pathInfo, not = []] of targets) {
    if (not.includes(name)) continue;
    it(`${target} is /app + ${JSON.stringify(pathInfo)}`, async () => {
      const { status, body } = await ask(front.port, target);
      expect(status, body.toString()).to.equal(200);
      expect(JSON.parse(body.toString())).to.deep.equal({
        ...{ baseUrl: '/app', url, originalUrl: target, SCRIPT_NAME: '/app', PATH_INFO: pathInfo },
        ...{ ip: client, protocol: 'http', method: 'GET', host: 'site.example:8080' },
      });
    });
  }

  it('mounts in it append', async () => {
    const { body } = await ask(front.port, '/app/inner/a');
    expect(JSON.parse(body.toString())).to.deep.equal({ baseUrl: '/app/inner', url: '/a' });
  });

  it('bodies go up and come down', async () => {
    const sent = Buffer.alloc(1_000_000, 'abcdefg');
    expect((await ask(front.port, '/app/echo', sent)).body.equals(sent)).to.equal(true);
    expect((await ask(front.port, '/app/big')).body).to.have.lengthOf(2_000_000);
    expect((await ask(front.port, '/app/stream')).body.toString()).to.equal('one two');
  });

  it('heads are as the application wrote them', async () => {
    const { headers } = await ask(front.port, '/app/cookies');
    expect(headers['set-cookie']).to.deep.equal(['a=1; Path=/', 'b=2; Path=/']);
    // Caddy 2.6.2 hands it on to the client.
    expect(headers.status).to.equal(name === 'caddy' ? '200 OK' : undefined);
    const none = await ask(front.port, '/app/none');
    expect([none.status, none.body.length]).to.deep.equal([204, 0]);
    const moved = await ask(front.port, '/app/moved');
    expect([moved.status, moved.headers.location]).to.deep.equal([302, '/app/x']);
    const head = await ask(front.port, '/app/x', undefined, 'HEAD');
    expect([head.status, head.body.length]).to.deep.equal([200, 0]);
  });

  it('many at once are answered each', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => ask(front.port, `/app/${index}`)),
    );
    expect(answers.map(({ body }) => JSON.parse(body.toString()).url)).to.deep.equal(
      Array.from({ length: 40 }, (_, index) => `/${index}`),
    );
  });

  it('an application hears of a client that goes', async () => {
    heard.length = 0;
    const req = request({ host: '127.0.0.1', port: front.port, path: '/app/hang', agent: false }).end();
    req.on('error', () => undefined);
    await wait(150);
    req.destroy();
    for (let waited = 0; heard.length === 0 && waited < 5000; waited += 20) await wait(20);
    expect(heard).to.deep.equal(['close']);
  });

  it('nothing was logged', () => expect(logged).to.deep.equal([]));
}

describe('FastCGI behind front servers', () => {
  for (const name of servers) describeLive(name, frontServers[name].program, () => testsOf(name));

  it('closes a connection that speaks something else, and says why', async () => {
    const logged: string[] = [];
    const log = (line: string): void => void logged.push(line);
    const gateway = await serve((_req, res) => res.end('x'), { protocol: 'fastcgi', listen: 0, log });
    const { port } = gateway.address as AddressInfo;
    const req = request({ host: '127.0.0.1', port }).end();
    const [error] = await once(req, 'error').catch((thrown: unknown) => [thrown]);
    await gateway.close(100);
    expect(error).to.be.an('error');
    expect(logged).to.deep.equal(['ERR_PROTOCOL_RECORD: a record must be of version 1, got 71']);
  });
});
