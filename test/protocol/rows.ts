/**
 * What each codec is held to: every row of bytes whole, in pieces, cut at each point and followed by more; and whatever bytes
 * there are. `FUZZ_RUNS` in the environment says how many of these; `npm run soak` asks for a million.
 */

import { expect } from 'chai';
import fc from 'fast-check';
import type { Connection } from '../../lib/protocol/events.js';
import type { ProtocolOptions } from '../../lib/protocol/index.js';
import { feed, told } from './drive.js';

/** Bytes, and what they tell. */
export type Row = readonly [
  name: string,
  parts: readonly Uint8Array[],
  events: readonly string[],
  options?: ProtocolOptions,
];

export type Maker = (options?: ProtocolOptions) => Connection;

/** Tests of each row. `trailing`: bytes that may come behind one, and the event that they add. */
export function itReads(
  make: Maker,
  rows: readonly Row[],
  trailing: { readonly bytes: Uint8Array; readonly event: string | undefined },
): void {
  for (const [name, parts, events, options] of rows) {
    const bytes = Buffer.concat(parts);
    const isFatal = events.some((event) => event.startsWith('error'));

    it(`${name}: whole, byte by byte, and in pieces of any size`, () => {
      expect(told(feed(make(options), bytes))).to.deep.equal(events);
      for (const size of [1, 2, 3, 5, 7, 8, 9, 16, 31]) {
        expect(told(feed(make(options), bytes, size)), `${size}`).to.deep.equal(events);
      }
    });

    it(`${name}: cut at each point`, () => {
      for (let end = 0; end < bytes.length; end++) {
        const cut = told(feed(make(options), bytes.subarray(0, end), undefined, true));
        for (const line of cut.filter((each) => /^(?:begin|head|management)/.test(each)))
          expect(events).to.include(line);
        expect(cut.filter((line) => line.startsWith('error')).length).to.be.at.most(1);
      }
    });

    it(`${name}: followed by more`, () => {
      const { bytes: more, event } = trailing;
      const wanted = isFatal || event === undefined ? events : [...events, event];
      expect(told(feed(make(options), Buffer.concat([bytes, more])))).to.deep.equal(wanted);
    });
  }
}

/** Bytes of the rows, changed, cut and continued, lead to events, an error at most once and last, and nothing else. */
export function itSurvives(makers: readonly Maker[], rows: readonly Row[]): void {
  const runs = Number(process.env.FUZZ_RUNS ?? 20_000);
  it(`${runs} times any bytes: events, and after an error nothing`, function () {
    this.timeout(60_000 + runs);
    const mutated = fc
      .record({
        seed: fc.constantFrom(...rows.map(([, parts]) => Buffer.concat(parts))),
        changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        cut: fc.nat(),
        tail: fc.uint8Array({ maxLength: 20 }),
        size: fc.integer({ min: 1, max: 50 }),
      })
      .map(({ seed, changes, cut, tail, size }) => {
        const end = cut % 2 === 0 ? seed.length : cut % (seed.length + 1);
        const bytes = Buffer.concat([seed.subarray(0, end), tail]);
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        return { bytes, size };
      });
    const survived = fc.property(mutated, ({ bytes, size }) => {
      for (const make of makers) {
        const connection = make();
        const events = feed(connection, bytes, size, true);
        const index = events.findIndex(({ type }) => type === 'error');
        if (index !== -1) expect(index).to.equal(events.length - 1);
        expect(connection.reusable).to.equal(false);
      }
    });
    fc.assert(survived, { numRuns: runs, seed: 1 });
  });
}
