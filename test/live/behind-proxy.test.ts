/**
 * An Express application, `behindProxy()`, behind each front server with each of its configurations: it sees what the client
 * asked for, whatever the client says of itself.
 */

import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import express from 'express';
import { behindProxy, environ, type ProxyOptions, requestUri, urlFor } from '../../lib/index.js';
import { close, listen } from '../support/raw.js';
import { frontServers, type ProxyName, proxyNames, startFrontServer } from './front-server.js';
import { client, host, spoofed } from './front-server-rows.js';
import { describeLive } from './program.js';
import type { LiveServer } from './server.js';

// Not 'loopback': the client comes from there too, and is no proxy.
const trust = '127.0.0.1';

const optionsOf = {
  kept: { trust, prefix: '/app' },
  stripped: { trust, prefix: '/app', target: 'stripped' },
  prefixed: { trust, prefix: { header: 'x-forwarded-prefix' } },
} as const satisfies Readonly<Record<string, ProxyOptions>>;

type Configuration = keyof typeof optionsOf;

/** An application that knows nothing of proxies, and tells what it sees. */
function application(): express.Express {
  const app = express();
  const inner = express.Router();
  inner.get('/*rest', (req, res) => void res.json({ baseUrl: req.baseUrl, url: req.url }));
  app.use('/inner', inner);
  app.use('/docs', express.static('docs'));
  app.get('/moved', (req, res) => res.redirect(urlFor(req, '/x')));
  app.use((req, res) => {
    const { SCRIPT_NAME, PATH_INFO } = environ(req);
    const { baseUrl, url, originalUrl, protocol, hostname, ip } = req;
    const seen = { baseUrl, url, originalUrl, protocol, hostname, ip, SCRIPT_NAME, PATH_INFO };
    res.json({ ...seen, host: req.headers.host, uri: requestUri(req) });
  });
  return app;
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly seen: Readonly<Record<string, unknown>>;
}

/** Asks from the client's address, with all that a client can make up. */
async function ask(port: number, path: string): Promise<Answer> {
  const headers = { ...spoofed, Host: host };
  const options = { host: '127.0.0.1', port, path, localAddress: client, agent: false, headers };
  const req = request(options).end();
  const [res] = await once(req, 'response');
  const body = await text(res);
  const isJson = String(res.headers['content-type']).startsWith('application/json');
  return { status: res.statusCode, location: res.headers.location, seen: isJson ? JSON.parse(body) : {} };
}

const upstreamOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

/** What is asked for, and what the application sees of it: path info, and the raw rest with its query. */
const targets: readonly (readonly [target: string, pathInfo: string, rest: string])[] = [
  ['/app/x', '/x', '/x'],
  ['/app/', '/', '/'],
  ['/app/a%20b', '/a b', '/a%20b'],
  ['/app/a%2Fb?q=%2F&r', '/a%2Fb', '/a%2Fb?q=%2F&r'],
  ['/app/%C3%A9/', '/é/', '/%C3%A9/'],
];

/**
 * What stands before `/app` in a Location, which an application writes with its prefix: lighttpd 1.4.69 maps Location back by
 * `map-urlpath`, and there is no way to tell it not to. Behind it the prefix is better kept.
 */
function mapped(name: ProxyName, configuration: Configuration): string {
  return name === 'lighttpd' && configuration !== 'kept' ? '/app' : '';
}

/** What the client asked for is what the application sees. */
async function seesTheClient(port: number, before: string): Promise<void> {
  for (const [target, pathInfo, rest] of targets) {
    const { seen } = await ask(port, target);
    expect(seen, target).to.deep.equal({
      ...{ baseUrl: '/app', url: rest, originalUrl: target, SCRIPT_NAME: '/app', PATH_INFO: pathInfo },
      ...{ protocol: 'http', hostname: host.replace(/:\d+$/, ''), host, ip: client },
      uri: `http://${host}${target}`,
    });
  }
  expect((await ask(port, '/app/inner/a')).seen).to.deep.equal({ baseUrl: '/app/inner', url: '/a' });
  expect((await ask(port, '/app/moved')).location).to.equal(`${before}/app/x`);
  const docs = await ask(port, '/app/docs');
  expect(docs.location).to.be.oneOf([`${before}/app/docs/`, `http://${host}${before}/app/docs/`]);
}

/** The suite of one server. */
function testsOf(name: ProxyName): void {
  for (const configuration of Object.keys(optionsOf) as Configuration[]) {
    const options = optionsOf[configuration];
    const server = createServer(behindProxy(application(), options));
    let front: LiveServer;

    describe(configuration, () => {
      before(async () => {
        await listen(server);
        front = await startFrontServer(name, configuration, { upstream: upstreamOf(server) });
      });
      after(async () => {
        await front?.stop();
        await close(server);
      });

      it('sees what the client asked for', () => seesTheClient(front.port, mapped(name, configuration)));

      it('is the bare mount at /app', async () => {
        const { seen } = await ask(front.port, '/app');
        expect(seen).to.include({ baseUrl: '/app', url: '/', SCRIPT_NAME: '/app' });
        // Stripped, `/app` and `/app/` are one.
        expect(seen.PATH_INFO).to.equal(configuration === 'kept' ? '' : '/');
      });

      it('gets nothing of /appx', async () => {
        expect((await ask(front.port, '/appx')).seen).to.deep.equal({});
      });
    });
  }
}

/** The suite of two in a row. */
function testsOfBoth(outer: ProxyName, inner: ProxyName): void {
  const server = createServer(behindProxy(application(), optionsOf.prefixed));
  const fronts: LiveServer[] = [];
  before(() => listen(server));
  after(async () => {
    await Promise.all(fronts.map((front) => front.stop()));
    await close(server);
  });

  it('sees what the client asked for', async () => {
    const second = await startFrontServer(inner, 'inner', { upstream: upstreamOf(server) });
    fronts.push(second);
    const first = await startFrontServer(outer, 'prefixed', { upstream: `127.0.0.1:${second.port}` });
    fronts.push(first);
    await seesTheClient(first.port, mapped(outer, 'prefixed'));
  });
}

describe('behindProxy() behind front servers', () => {
  for (const [index, name] of proxyNames.entries()) {
    const { program } = frontServers[name];
    describeLive(name, program, () => testsOf(name));
    const next = proxyNames[(index + 1) % proxyNames.length] ?? name;
    // Of two programs, each has to be there.
    describeLive(`${name} before`, program, () => {
      describeLive(next, frontServers[next].program, () => testsOfBoth(name, next));
    });
  }

  it('believes nothing of a client that asks directly', async () => {
    const server = createServer(behindProxy(application(), optionsOf.prefixed));
    await listen(server);
    const { seen } = await ask((server.address() as AddressInfo).port, '/app/x');
    await close(server);
    expect(seen).to.include({ baseUrl: '', url: '/app/x', protocol: 'http', host, ip: client });
  });
});
