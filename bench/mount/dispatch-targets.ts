/**
 * What a dispatch has to reach, and whether it does.
 *
 * Rules of this file: a target is reached where each of its medians is within the limit; all of them are shown.
 */

import type { Target } from '../benchmark.js';
import { type Summary, summarize } from '../statistics.js';
import { formatCount, formatNumber, formatSummary } from '../text-table.js';
import { type ContenderName, contenders } from './contenders.js';
import type { Samples } from './dispatch.js';
import { type Case, cases } from './dispatch-case.js';

export function dispatchTargets(counts: readonly number[], samples: Samples): readonly Target[] {
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
    ...(['ours alone', 'ours in Express'] as const).map((name) => lastWithinTwice(name, samples)),
    compared(
      'Express app.use at least 50 times ours in Express, 1 000',
      (ratio) => ratio >= 50,
      (of) => samples.ratio('Express app.use', 'ours in Express', 1_000, of),
      ['last', 'miss'],
    ),
  ];
}

/** Of medians: the two were not measured in the same rounds. */
function lastWithinTwice(name: ContenderName, samples: Samples): Target {
  const medianOf = (count: number): number => summarize(samples.of(name, count, 'last')).median;
  const ratio = medianOf(100_000) / medianOf(1);
  return {
    rule: `${name}: last of 100 000 within 2 times last of one`,
    measured: formatNumber(ratio),
    isReached: ratio <= 2,
  };
}
