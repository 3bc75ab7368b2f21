/**
 * What other systems make of a configured prefix, or of an environ that they do not believe: rows of the kind `fixup`.
 * Where they start from a path, `mount()` is asked; where they start from variables, `resolveEnviron()`.
 */

import { expect } from 'chai';
import { testRows, toldOf } from './alike.js';
import { ask, askHosted } from './ask.js';
import { askEnviron, type EnvironInput, environTold, fixupQuestion, recorded } from './environs.js';
import { type PrefixInput, prefixSystemOf } from './prefixes.js';
import { applicableRows, differences } from './row.js';
import { told } from './systems.js';

const prefixesGone = new Set(
  differences.filter(({ reason }) => reason === 'prefixes-that-may-be-gone').map(({ id }) => id),
);

describe('rows of other systems: a prefix of a path', () => {
  const rows = applicableRows<PrefixInput>('fixup').filter((row) => prefixSystemOf(row) !== undefined);
  testRows(rows, (row) => {
    const system = prefixSystemOf(row) as NonNullable<ReturnType<typeof prefixSystemOf>>;
    const question = system.question(row.input);
    const result = ask(question);
    return { told: told(row, result, system), ours: result.answer, hosted: askHosted(question) };
  });
});

describe('rows of other systems: an environ', () => {
  const rows = applicableRows<EnvironInput>('fixup').filter((row) => prefixSystemOf(row) === undefined);
  testRows(rows, (row) => {
    const question = fixupQuestion(row);
    const resolved = askEnviron(question);
    return { told: toldOf(row, environTold(resolved, question.environ)), ours: recorded(resolved, false) };
  });

  it('are answered alike where the prefix is gone, as soon as that is configured', () => {
    const gone = rows.filter(({ id }) => prefixesGone.has(id));
    for (const row of gone) {
      const question = fixupQuestion(row);
      const resolved = askEnviron({ ...question, target: 'stripped' });
      expect(toldOf(row, environTold(resolved, question.environ)), row.id).to.deep.equal(row.expected);
    }
    expect(gone).to.have.lengthOf.greaterThan(1);
  });
});
