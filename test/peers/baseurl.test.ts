/**
 * What Symfony and Laminas find in `$_SERVER`: rows of the kind `baseurl`. With the base url that they found for a mount,
 * our split of the path is the same pair, byte by byte. Without one we find nothing.
 */

import { expect } from 'chai';
import { testRows, toldOf } from './alike.js';
import { askEnviron, baseUrlQuestion, type EnvironInput, environTold, recorded } from './environs.js';
import { applicableRows } from './row.js';

/** Where their script's file is, and with which host they make a URL: no part of a split. */
const apart = ['basePath', 'uri'];

describe('rows of other systems: a base url', () => {
  const rows = applicableRows<EnvironInput>('baseurl').map((row) => ({
    ...row,
    expected: Object.fromEntries(Object.entries(row.expected).filter(([name]) => !apart.includes(name))),
  }));

  testRows(rows, (row) => {
    const question = baseUrlQuestion(row);
    const resolved = askEnviron(question);
    return { told: toldOf(row, environTold(resolved, question.environ)), ours: recorded(resolved, true) };
  });

  it('are never guessed: without a mount the script name is the one that was sent', () => {
    let count = 0;
    for (const row of rows) {
      const { environ } = baseUrlQuestion(row);
      const resolved = askEnviron({ environ });
      if (resolved === undefined || 'code' in resolved) continue;
      expect(resolved.scriptName, row.id).to.equal(environ.SCRIPT_NAME ?? '');
      expect(resolved.inferred, row.id).to.equal(true);
      count++;
    }
    expect(count).to.be.greaterThan(30);
  });
});
