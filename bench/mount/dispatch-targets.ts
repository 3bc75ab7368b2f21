/**
 * What a dispatch has to reach, and whether it does.
 *
 * Rules of this file: a target is reached where each of its medians is within the limit; all of them are shown.
 */

import type { Target } from '../benchmark.js';
import type { Summary } from '../statistics.js';
import { formatCount, formatSummary } from '../text-table.js';
import { type ContenderName, contenders } from './contenders.js';
import type { Samples } from './dispatch.js';
import { type Case, cases } from './dispatch-case.js';

/** `growth` holds what was measured to compare one mount with 100 000. */
export function dispatchTargets(
  counts: readonly number[],
  samples: Samples,
  growth: Samples,
): readonly Target[] {
  const compared = (
    rule: string,
    isWithin: (median: number) => boolean,
    ratioOf: (of: Case) => Summary,
    which: readonly Case[] = cases,
  ): Target => {
    const ratios = which.map((of) => ({ of, ratio: ratioOf(of) }));
    return {
      rule,
      measured: ratios.map(({ of, ratio }) => `${of} ${formatSummary(ratio)}`).join(', '),
      isReached: ratios.every(({ ratio }) => isWithin(ratio.median)),
    };
  };
  const noSlower = (
    ours: ContenderName,
    it: ContenderName,
    count: number,
    which: readonly Case[] = cases,
  ): Target =>
    compared(
      `${ours} no slower than ${it}, ${formatCount(count)}`,
      (ratio) => ratio <= 1,
      (of) => samples.ratio(ours, it, count, of),
      which,
    );
  const upTo = (name: ContenderName): readonly number[] =>
    counts.filter((count) => count <= contenders[name].most);
  return [
    noSlower('ours in Express', 'Express app.use', 1, ['first', 'last']),
    noSlower('ours in Express', 'Express app.use', 1, ['miss']),
    ...upTo('find-my-way').map((count) => noSlower('ours alone', 'find-my-way', count)),
    ...upTo('find-my-way compile()').map((count) => noSlower('ours alone', 'find-my-way compile()', count)),
    compared(
      'ours alone within 5 times the floor, 1',
      (ratio) => ratio <= 5,
      (of) => samples.ratio('ours alone', 'floor: startsWith + slice', 1, of),
    ),
    ...(['ours alone', 'ours in Express'] as const).map((name) =>
      compared(
        `${name}: last of 100 000 within 2 times last of one`,
        (ratio) => ratio <= 2,
        (of) => growth.growth(name, 100_000, of),
        ['last'],
      ),
    ),
    compared(
      'Express app.use at least 50 times ours in Express, 1 000',
      (ratio) => ratio >= 50,
      (of) => samples.ratio('Express app.use', 'ours in Express', 1_000, of),
      ['last', 'miss'],
    ),
  ];
}
