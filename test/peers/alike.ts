/** The two tests that a row can be: answered alike, or otherwise with a reason. */

import { expect } from 'chai';
import type { Answer } from './ask.js';
import { differences, type Row, type Told } from './row.js';

const differenceOf = new Map(differences.map((difference) => [difference.id, difference]));

/** What we answer to a row. */
export interface Ours {
  /** Of our answer in the system's words, what the row tells. */
  readonly told: Readonly<Record<string, unknown>>;
  /** Our answer as a difference records it. */
  readonly ours: Answer | Told;
  /** What a mount inside a host answers by the defaults, where a row is about a mount. */
  readonly hosted?: Answer | undefined;
}

/** Makes a test of each row. */
export function testRows<I>(rows: readonly Row<I>[], answer: (row: Row<I>) => Ours): void {
  for (const row of rows) {
    const difference = differenceOf.get(row.id);
    if (difference === undefined) {
      it(`${row.id} is answered alike`, () => {
        expect(answer(row).told).to.deep.equal(row.expected);
      });
    } else {
      it(`${row.id} differs: ${difference.reason}`, () => {
        const { told, ours, hosted } = answer(row);
        expect(ours).to.deep.equal(difference.ours);
        if (hosted !== undefined) {
          expect(hosted, 'hosted').to.deep.equal(difference.hosted ?? difference.ours);
        }
        expect(told, 'a difference').to.not.deep.equal(row.expected);
      });
    }
  }
}

/** Of an answer in a system's words, what a row tells. */
export function toldOf<I>(
  row: Row<I>,
  all: Readonly<Record<string, unknown>>,
  names: readonly string[] = Object.keys(row.expected),
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

/** Without what is undefined: no file of rows can hold it. */
export function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
