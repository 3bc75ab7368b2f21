/**
 * Targets that are no paths: `OPTIONS *` and CONNECT. (HEAD, OPTIONS, TRACE and DELETE of a path are scenarios of the
 * matrix.)
 */

import { expect } from 'chai';
import { express4Kind, express5Kind } from './applications/express.js';
import { functionKind } from './applications/node.js';
import { Cell } from './cell.js';
import type { Host } from './host.js';
import { hosts } from './hosts.js';
import { type Expected, type Scenario, scenarios } from './scenario.js';

const serverOptions: Scenario = { name: 'OPTIONS *', method: 'OPTIONS', target: '*', expects: 'outside' };
const connect: Scenario = { name: 'CONNECT', method: 'CONNECT', target: 'a.example:443', expects: 'outside' };

/** Hosts whose layers `OPTIONS *` never reaches, and what they answer. */
const deaf: Readonly<Record<string, number>> = {
  Connect: 404,
  'Connect, HTTP/2': 404,
  'Hono of @hono/node-server, through its env': 400,
};

/** A host goes on, as with any target that no mount takes; a mount that stands alone answers with nothing. */
function serverOptionsOf({ name, around }: Host): Expected {
  const status = deaf[name];
  if (status !== undefined) return { status };
  if (around !== 'host') return { status: 200, json: { text: '' } };
  return { status: 200, json: { by: 'host', url: '*', base: '', isRestored: true, body: '' } };
}

describe('an Express application in HTTP/2', () => {
  for (const kind of [express5Kind, express4Kind]) {
    for (const host of hosts.filter(
      ({ name }) => name.startsWith('http2.') && !name.includes('allowHTTP1'),
    )) {
      it(`${kind.name} in ${host.name} is not found, and the process goes on`, async () => {
        const cell = new Cell(host, kind);
        await cell.open();
        try {
          for (const scenario of scenarios.filter(({ expects }) => expects !== 'gone')) {
            expect(await cell.play(scenario, { status: 404 }), scenario.name).to.deep.equal({ status: 404 });
          }
        } finally {
          await cell.close();
        }
      });
    }
  }
});

describe('targets that are no paths', () => {
  it('knows the hosts that it names', () => {
    expect(hosts.map(({ name }) => name)).to.include.members(Object.keys(deaf));
  });

  for (const host of hosts) {
    describe(host.name, () => {
      const cell = new Cell(host, functionKind);
      before(() => cell.open());
      after(() => cell.close());

      it('OPTIONS *', async () => {
        const expected = serverOptionsOf(host);
        expect(await cell.play(serverOptions, expected)).to.deep.equal(expected);
      });

      // Neither reaches a request listener of Node: HTTP/1.1 hangs up, HTTP/2 answers, unless there is a connect listener.
      it('CONNECT', async () => {
        const answer = await cell.play(connect, { status: 405 }).catch((error: Error) => error.message);
        const isHttp2 = host.protocol === 'h2c' || host.protocol === 'h2';
        expect(answer).to.deep.equal(isHttp2 ? { status: 405 } : 'socket hang up');
      });
    });
  }
});
