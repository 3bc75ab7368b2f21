/** Each front server with each of its configurations: it starts, an application gets what the rows say, it is gone. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { close, listen, rawRequestTo } from '../support/raw.js';
import {
  type ConfigurationName,
  configurationNames,
  configurations,
  frontServers,
  type ProxyName,
  proxyNames,
  startFrontServer,
  versionOf,
} from './front-server.js';
import { client, first, forwardedRows, host, plain, spoofed, targetRows } from './front-server-rows.js';
import { isAlive } from './group.js';
import { isFree } from './port.js';
import { describeLive } from './program.js';
import type { LiveServer } from './server.js';

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Answers with what it received, so that each request has its own. */
const recorder = createServer(({ method, url, headers }, res) => {
  res.setHeader('X-Recorder', '1').end(JSON.stringify({ method, url, headers }));
});

const upstreamOf = (server: Server | LiveServer) =>
  `127.0.0.1:${'port' in server ? server.port : (server.address() as AddressInfo).port}`;

/** What the application received for a target, if it did; the client names a prefix of its own. */
async function arrivalOf(port: number, target: string): Promise<Received | undefined> {
  const sent = [`Host: ${host}`, `X-Forwarded-Prefix: ${spoofed['X-Forwarded-Prefix']}`];
  const { headers, body } = await rawRequestTo(port, target, { headers: sent });
  return headers['x-recorder'] === '1' ? (JSON.parse(body) as Received) : undefined;
}

/** What the application receives when this address sends it. */
async function receivedFrom(
  address: string,
  port: number,
  headers: Readonly<Record<string, string | undefined>>,
): Promise<Received> {
  const options = { host: '127.0.0.1', port, path: '/app/x', localAddress: address, agent: false } as const;
  const req = request({ ...options, method: 'DELETE', headers: { ...headers, Host: host } }).end();
  const [res] = await once(req, 'response');
  return JSON.parse(await text(res)) as Received;
}

function forwardedOf({ headers }: Received): Readonly<Record<string, unknown>> {
  const names = ['for', 'proto', 'host', 'prefix'];
  return Object.fromEntries(names.map((name) => [name, headers[`x-forwarded-${name}`]]));
}

async function stateOf({ pid, port, folder }: LiveServer): Promise<string> {
  const process = isAlive(pid) ? 'runs' : 'gone';
  const place = existsSync(folder) ? 'has a folder' : 'no folder';
  return `${process}, port ${(await isFree(port)) ? 'free' : 'taken'}, ${place}`;
}

/** The suite of one server. */
function testsOf(name: ProxyName): void {
  const started = new Map<ConfigurationName, LiveServer>();
  const startedWith = (configuration: ConfigurationName): LiveServer => {
    const server = started.get(configuration);
    if (server === undefined) throw new Error(`${configuration} has not been started`);
    return server;
  };

  before(async () => {
    const start = async (configuration: ConfigurationName) => {
      started.set(
        configuration,
        await startFrontServer(name, configuration, { upstream: upstreamOf(recorder) }),
      );
    };
    // All of them have to be known to after(), even if one fails.
    const results = await Promise.allSettled(configurationNames.map(start));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  after(() => Promise.all([...started.values()].map((server) => server.stop())));

  it('tells its version', () => {
    expect(versionOf(name)).to.match(/^\d+\.\d+/);
  });

  for (const configuration of configurationNames) {
    it(`${configuration}: targets arrive as the rows say`, async () => {
      const { port } = startedWith(configuration);
      const column = configuration === 'prefixed' ? 'stripped' : configuration;
      const expected = targetRows.map((row) => [row.target, { ...row, ...row.except[name] }[column]]);
      const arrivals = await Promise.all(targetRows.map(({ target }) => arrivalOf(port, target)));
      const found = targetRows.map(({ target }, index) => [target, arrivals[index]?.url ?? null]);
      expect(found).to.deep.equal(expected);
      if (!configurations[configuration].sendsPrefix) return;
      // No spelling of the mount gets around it.
      const prefixes = arrivals.flatMap((arrival) => arrival?.headers['x-forwarded-prefix'] ?? []);
      expect(new Set(prefixes)).to.deep.equal(new Set(['/app']));
    });
  }

  for (const configuration of ['kept', 'stripped', 'prefixed'] as const) {
    for (const sent of [plain, spoofed]) {
      it(`${configuration}: ${sent === plain ? 'tells' : 'a client cannot make up'} who asked`, async () => {
        const received = await receivedFrom(client, startedWith(configuration).port, sent);
        const row = forwardedRows[name][sent === plain ? 'plain' : 'spoofed'];
        // Nobody takes the client's own away: an application must read no more than what its front server sets.
        const prefix = configurations[configuration].sendsPrefix ? '/app' : sent['X-Forwarded-Prefix'];
        expect(forwardedOf(received)).to.deep.equal({ ...row, prefix });
        expect(received.headers.forwarded).to.equal(sent.Forwarded);
        expect(received.headers.host).to.equal(host);
        expect(received.method).to.equal('DELETE');
      });
    }
  }

  it('inner: passes on what the front server before it said', async () => {
    const received = await receivedFrom('127.0.0.1', startedWith('inner').port, first);
    expect(forwardedOf(received)).to.deep.equal({ ...forwardedRows[name].inner, prefix: '/first' });
    expect(received.headers.host).to.equal(host);
  });

  it('is gone when it has been stopped, with its children, its port and its folder', async () => {
    const servers = configurationNames.map(startedWith);
    const states = () => Promise.all(servers.map(stateOf));
    const all = (state: string) => configurationNames.map(() => state);
    expect(await states()).to.deep.equal(all('runs, port taken, has a folder'));
    await Promise.all(servers.map((server) => server.stop()));
    expect(await states()).to.deep.equal(all('gone, port free, no folder'));
  });
}

/** The suite of two in a row. */
function testsOfBoth(outer: ProxyName, inner: ProxyName): void {
  const servers: LiveServer[] = [];
  after(() => Promise.all(servers.map((server) => server.stop())));

  it('say of a client what one would say', async () => {
    let upstream = upstreamOf(recorder);
    for (const [name, configuration] of [
      [inner, 'inner'],
      [outer, 'prefixed'],
    ] as const) {
      const server = await startFrontServer(name, configuration, { upstream });
      servers.push(server);
      upstream = upstreamOf(server);
    }
    const { url, headers } = await receivedFrom(client, servers[1]?.port ?? 0, plain);
    expect([url, headers.host]).to.deep.equal(['/x', host]);
    expect(headers['x-forwarded-for']).to.equal(`${client}, 127.0.0.1`);
    expect(headers['x-forwarded-proto']).to.equal('http');
    expect(headers['x-forwarded-prefix']).to.equal('/app');
  });
}

describe('front servers', () => {
  before(() => listen(recorder));
  after(() => close(recorder));

  for (const [index, name] of proxyNames.entries()) {
    const { program } = frontServers[name];
    describeLive(name, program, () => testsOf(name));
    const next = proxyNames[(index + 1) % proxyNames.length] ?? name;
    // Of two programs, each has to be there.
    describeLive(`${name} before`, program, () => {
      describeLive(next, frontServers[next].program, () => testsOfBoth(name, next));
    });
  }
});
