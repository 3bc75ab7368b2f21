/**
 * An application behaves over a gateway protocol, behind real front servers, as over HTTP, asked directly.
 *
 * Rules of this file: behaviour-rows.ts says what that is, row by row, and what differs for which reason.
 */

import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type Gateway, type GatewayProtocol, mount, serve } from '../../lib/index.js';
import { Stage } from './behaviour.js';
import { behaviourRows, differences } from './behaviour-rows.js';
import { type FrontServerName, frontServers, startFrontServer } from './front-server.js';
import { describeLive } from './program.js';
import type { LiveServer } from './server.js';

/** Each protocol, and the front servers that speak it by the configuration of this name. */
const subjects = [
  { protocol: 'fastcgi', servers: ['nginx', 'apache', 'lighttpd', 'haproxy', 'caddy', 'h2o'] },
] as const satisfies readonly {
  readonly protocol: GatewayProtocol;
  readonly servers: readonly FrontServerName[];
}[];

/** All rows' applications, each at a path of its own. */
interface Site {
  readonly gateway: Gateway;
  readonly stages: readonly Stage[];
  readonly logged: readonly string[];
}

async function startSite(protocol: GatewayProtocol): Promise<Site> {
  const stages = behaviourRows.map(() => new Stage());
  const table = Object.fromEntries(
    behaviourRows.map(({ application }, index) => [`/${index}`, application(stages[index] as Stage)]),
  );
  const logged: string[] = [];
  const log = (line: string): void => void logged.push(line);
  return { gateway: await serve(mount(table), { protocol, listen: 0, mount: '/app', log }), stages, logged };
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

  for (const { protocol, servers } of subjects) {
    for (const server of servers) {
      describeLive(`over ${protocol}, behind ${server}`, frontServers[server].program, () => {
        let site: Site;
        let front: LiveServer;
        before(async () => {
          site = await startSite(protocol);
          front = await startFrontServer(server, protocol, { upstream: `127.0.0.1:${portOf(site)}` });
        });
        after(async () => {
          await front?.stop();
          await site?.gateway.close(100);
        });
        for (const [index, { name, expected }] of behaviourRows.entries()) {
          const known = differences.findLast(
            (difference) =>
              difference.name === name &&
              (difference.protocols?.includes(protocol) ?? true) &&
              (difference.servers?.includes(server) ?? true),
          );
          it(known === undefined ? name : `${name}: not so, because ${known.because}`, async () => {
            const right = known === undefined ? expected : known.is;
            expect(await askRow(index, front.port, site)).to.deep.equal(right);
          });
        }
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
