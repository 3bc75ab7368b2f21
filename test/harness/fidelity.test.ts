/** The models of front servers beside the recordings: `npm run fidelity` tells the same, and what differs. */

import { expect } from 'chai';
import { interpreters } from '../../lib/harness/servers/index.js';
import { score, unmodelled } from './fidelity.js';
import { readRecordings } from './recordings.js';

/** What is not as it was recorded, and why. */
const known: Readonly<Record<string, string>> = {
  'apache.mod_python.foo-location h-nonascii': 'the script itself failed: it printed what was no text',
  'caddy.fastcgi.root h-cgi-names':
    'of two fields that make one variable Caddy takes either: a map of Go has no order',
};

describe('models of front servers', function () {
  this.timeout(60_000);
  const recordings = readRecordings();

  for (const server of Object.keys(interpreters)) {
    it(`${server}: all that was recorded`, () => {
      const scores = recordings.filter((recording) => recording.server === server).map(score);
      const wrong = scores.flatMap(({ recording, wrong: own }) =>
        own.map(({ id, differences }) => [`${recording.name} ${id}`, differences] as const),
      );
      expect(wrong.filter(([name]) => !Object.hasOwn(known, name))).to.deep.equal([]);
      expect(scores.reduce((sum, { right }) => sum + right, 0)).to.be.above(50);
    });
  }

  it('leave out nothing but what is named, with its reason', () => {
    for (const [name, reason] of Object.entries(unmodelled)) expect(reason, name).to.not.equal('');
  });
});
