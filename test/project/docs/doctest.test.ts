/**
 * Doctests: what becomes a call, and what is refused.
 */

import { expect } from 'chai';
import { makeDoctests } from './doctest.js';

/** A line of code, and what becomes of it; `undefined`: a problem. */
const rows: readonly (readonly [code: string, made: string | undefined])[] = [
  ['a();', 'a();'],
  ['a(); // b', 'a(); // b'],
  ['a; // → 1', 'doctest__(a, () => (1), 7);'],
  ['a // → 1', 'doctest__(a, () => (1), 7);'],
  ["  a?.b; // → 'x'  ", "  doctest__(a?.b, () => ('x'), 7);"],
  ['a; // → { b: [1] }', 'doctest__(a, () => ({ b: [1] }), 7);'],
  ['await a; // → undefined', 'doctest__(await a, () => (undefined), 7);'],
  ['`$' + '{b} c`; // → "a c"', 'doctest__(`$' + '{b} c`, () => ("a c"), 7);'],
  ['returned; // → 1', 'doctest__(returned, () => (1), 7);'],

  ['// → 1', undefined],
  ['a; // →', undefined],
  ['a; // →1', undefined],
  ['const a = 1; // → 1', undefined],
  ['return a; // → 1', undefined],
  ['}); // → 1', undefined],
  ['a((b) => { // → 1', undefined],
];

describe('doctests', () => {
  for (const [code, made] of rows) {
    it(`${JSON.stringify(code)} ${made === undefined ? 'is refused' : 'is read'}`, () => {
      const found = makeDoctests(code, 7);
      expect(found.problems.length).to.equal(made === undefined ? 1 : 0);
      expect(found.code).to.equal(made ?? code);
    });
  }

  it('knows its lines', () => {
    expect(makeDoctests('a; // → 1\nb;\nc; // → 2', 10).lines).to.deep.equal([10, 12]);
  });
});
