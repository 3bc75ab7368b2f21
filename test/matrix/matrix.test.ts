/** Each application in each host: the same answers. */

import { expect } from 'chai';
import { kinds } from './applications.js';
import { Cell } from './cell.js';
import { differenceOf } from './differences.js';
import { hosts } from './hosts.js';
import { expectedOf, scenarios } from './scenario.js';

describe('matrix', () => {
  const log = console.error;
  before(() => {
    console.error = () => {};
  });
  after(() => {
    console.error = log;
  });

  for (const host of hosts) {
    for (const kind of kinds) {
      describe(`${kind.name} in ${host.name}`, () => {
        const cell = new Cell(host, kind);
        before(() => cell.open());
        after(() => cell.close());
        for (const scenario of scenarios) {
          const difference = differenceOf(host, kind, scenario);
          if (difference !== undefined && difference.instead === undefined) continue;
          const expected = difference?.instead ?? expectedOf(scenario, host);
          it(scenario.name, async () => {
            expect(await cell.play(scenario, expected)).to.deep.equal(expected);
          });
        }
      });
    }
  }
});
