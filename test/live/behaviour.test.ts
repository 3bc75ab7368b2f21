/**
 * An application behaves over a gateway protocol, behind real front servers, as over HTTP, asked directly.
 *
 * Rules of this file: behaviour-rows.ts says what that is, row by row, and what differs for which reason.
 */

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { type Gateway, type GatewayProtocol, mount, type ServeOptions, serve } from '../../lib/index.js';
import { Stage } from './behaviour.js';
import { behaviourScript, makeStages } from './behaviour-cgi.js';
import { behaviourRows, differences } from './behaviour-rows.js';
import { type FrontServerName, frontServers, startFrontServer } from './front-server.js';
import { secret, unparsed } from './gateway-rows.js';
import { describeLive } from './program.js';
import type { LiveServer } from './server.js';

/** Each protocol, the front servers that speak it, and by which configuration: the one of its name, unless it is told. */
const subjects: readonly {
  readonly protocol: GatewayProtocol;
  readonly servers: readonly FrontServerName[];
  readonly file?: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly options?: Partial<ServeOptions>;
}[] = [
  { protocol: 'fastcgi', servers: ['nginx', 'apache', 'lighttpd', 'haproxy', 'caddy', 'h2o'] },
  { protocol: 'scgi', servers: ['nginx', 'apache', 'lighttpd'] },
  { protocol: 'uwsgi', servers: ['nginx', 'apache'] },
  { protocol: 'ajp', servers: ['apache'], ...secret },
  { protocol: 'ajp', servers: ['apache'], file: 'jk', ...unparsed },
  { protocol: 'cgi', servers: ['apache'], values: { module: 'cgid' } },
];

/** All rows' applications, each at a path of its own. */
interface Site {
  /** Where they listen; for CGI nobody asks there. */
  readonly gateway: Gateway;
  readonly script?: string;
  readonly stages: readonly Stage[];
  readonly logged: readonly string[];
}

async function startScript(folder: string): Promise<Site> {
  // Apache, started by root, serves as another user.
  chmodSync(folder, 0o755);
  const gateway = await serve((_req, res) => res.end(), { listen: 0 });
  return {
    gateway,
    script: behaviourScript(folder),
    stages: makeStages(folder, behaviourRows.length),
    logged: [],
  };
}

async function startSite(protocol: GatewayProtocol, options: Partial<ServeOptions> = {}): Promise<Site> {
  const stages = behaviourRows.map(() => new Stage());
  const table = Object.fromEntries(
    behaviourRows.map(({ application }, index) => [`/${index}`, application(stages[index] as Stage)]),
  );
  const logged: string[] = [];
  const log = (line: string): void => void logged.push(line);
  const gateway = await serve(mount(table), { ...options, protocol, listen: 0, mount: '/app', log });
  return { gateway, stages, logged };
}

const portOf = ({ gateway }: Site): number => (gateway.address as AddressInfo).port;

function askRow(index: number, port: number, { stages }: Site): Promise<unknown> {
  const stage = stages[index] as Stage;
  stage.reset();
  return behaviourRows[index]?.ask({ port, path: `/app/${index}`, stage }) as Promise<unknown>;
}

describe('behaviour', function () {
  this.timeout(30_000);

  describe('over HTTP', () => {
    let site: Site;
    before(async () => {
      site = await startSite('http');
    });
    after(() => site.gateway.close(100));
    for (const [index, { name, expected }] of behaviourRows.entries()) {
      it(name, async () => expect(await askRow(index, portOf(site), site)).to.deep.equal(expected));
    }
  });

  for (const { protocol, servers, file = protocol, values = {}, options } of subjects) {
    for (const server of servers) {
      describeLive(`over ${protocol}, behind ${server} by ${file}`, frontServers[server].program, () => {
        const folder = mkdtempSync(join(tmpdir(), 'mountpoint-behaviour-'));
        let site: Site;
        let front: LiveServer;
        before(async () => {
          site = await (protocol === 'cgi' ? startScript(folder) : startSite(protocol, options));
          const upstream = `127.0.0.1:${portOf(site)}`;
          const { script = '' } = site;
          front = await startFrontServer(server, file, { upstream, values, script });
        });
        after(async () => {
          await front?.stop();
          await site?.gateway.close(100);
          rmSync(folder, { recursive: true });
        });
        for (const [index, { name, expected }] of behaviourRows.entries()) {
          const known = differences.findLast(
            (difference) =>
              difference.name === name &&
              (difference.servers?.includes(server) ?? true) &&
              (difference.files?.includes(file) ?? true),
          );
          it(known === undefined ? name : `${name}: not so, because ${known.because}`, async () => {
            const seen = await askRow(index, front.port, site);
            if (known?.sometimes && isDeepStrictEqual(seen, expected)) return;
            expect(seen).to.deep.equal(known === undefined ? expected : known.is);
          });
        }
        if (protocol === 'cgi') return;
        it('nothing was logged', () => expect(site.logged).to.deep.equal([]));
      });
    }
  }

  it('each difference is one of a row, and is one', () => {
    for (const { name, is } of differences) {
      const row = behaviourRows.find((known) => known.name === name);
      expect(row, name).to.be.an('object');
      expect(is, name).to.not.deep.equal(row?.expected);
    }
  });
});
