/**
 * One application, one set of requests, six protocols, three mounts: HTTP says what is right, and the others answer the same.
 *
 * Rules of this file: a row that a protocol leaves out has a reason, and the reason stands in docs/serve.md.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { type Gateway, serve } from '../../lib/index.js';
import { wireProtocols } from '../support/front-end.js';
import { makeApplication } from './application.js';
import { type Answer, cgiDriver, type Driver, httpDriver, wireDriver } from './drivers.js';
import { differences, nameOf, type Row, reasons, rows } from './rows.js';

const mounts: readonly (readonly [mount: string, base: string])[] = [
  ['/', ''],
  ['/foo', '/foo'],
  ['/a b/c', '/a%20b/c'],
];

const script = join('build', 'test', 'conformance', 'cgi-script.js');

/** A process is expensive: of all but one mount, CGI is asked for some rows only. */
function isForCgi(mount: string, { does, body, method, headers }: Row, index: number): boolean {
  const isTarget = does === undefined && body === undefined && method === undefined && headers === undefined;
  return mount === '/a b/c' ? !isTarget || index % 4 === 0 : index % 32 === 0;
}

/** What is the same for both: of what no application answered, the status. */
function comparable(answer: Answer, { isRefused = false, method }: Row): unknown {
  if (isRefused) return { status: answer.status, isWhole: answer.isWhole };
  // What is missing is not missing alike: only that it is.
  if (!answer.isWhole) return { isWhole: false };
  return method === 'HEAD' ? { ...answer, body: '' } : answer;
}

for (const [mount, base] of mounts) {
  describe(`conformance at ${mount}`, () => {
    const started: Gateway[] = [];
    const heard: string[] = [];
    const application = makeApplication((what) => heard.push(what));
    let oracle: Driver;
    const right = new Map<Row, Promise<readonly [Answer, readonly string[]]>>();

    const startedFor = async (protocol: 'http' | (typeof wireProtocols)[number]): Promise<Gateway> => {
      const gateway = await serve(application, { protocol, listen: 0, mount, log: () => undefined });
      started.push(gateway);
      return gateway;
    };
    const askedBy = async (driver: Driver, row: Row): Promise<readonly [Answer, readonly string[]]> => {
      heard.length = 0;
      const answer = await driver(row, base);
      // Both tell it in their time.
      const last = row.does === 'cut' ? 'res close' : 'close';
      for (
        let waited = 0;
        row.goes && !heard.some((each) => each.startsWith(last)) && waited < 3000;
        waited += 10
      )
        await wait(10);
      if (row.goes !== undefined) await wait(20);
      return [answer, heard.splice(0)];
    };
    const { error } = console;
    before(async () => {
      console.error = () => undefined;
      oracle = httpDriver((await startedFor('http')).address);
    });
    after(async () => {
      console.error = error;
      await Promise.all(started.map((gateway) => gateway.close(0)));
    });

    const suiteOf = (protocol: 'cgi' | (typeof wireProtocols)[number], make: () => Promise<Driver>): void => {
      describe(protocol, () => {
        let driver: Driver;
        before(async () => {
          driver = await make();
        });
        rows.forEach((row, index) => {
          if (row.not?.[protocol] !== undefined || (protocol === 'cgi' && !isForCgi(mount, row, index)))
            return;
          it(nameOf(row), async () => {
            let asked = right.get(row);
            asked ??= askedBy(oracle, row);
            right.set(row, asked);
            const [rightAnswer, rightHeard] = await asked;
            const [answer, told] = await askedBy(driver, row);
            expect(comparable(answer, row)).to.deep.equal(comparable(rightAnswer, row));
            expect(told).to.deep.equal(rightHeard);
          });
        });
      });
    };
    for (const protocol of wireProtocols)
      suiteOf(protocol, async () => wireDriver(protocol, (await startedFor(protocol)).address));
    suiteOf('cgi', async () => cgiDriver(script, mount, (what) => heard.push(what)));
  });
}

describe('what is not as over HTTP', () => {
  const page = readFileSync('docs/serve.md', 'utf8');
  const says = (reason: string): boolean =>
    page.replaceAll('\n', ' ').toLowerCase().includes(reason.toLowerCase());
  for (const reason of Object.values(reasons)) {
    it(`docs/serve.md says: ${reason}`, () => {
      expect(says(reason)).to.equal(true);
      expect(rows.some(({ not = {} }) => Object.values(not).includes(reason))).to.equal(true);
    });
  }
  for (const difference of differences) {
    it(`docs/serve.md says: ${difference}`, () => expect(says(difference)).to.equal(true));
  }
});
