/**
 * Nanoseconds for one dispatch: each contender with 1 to 100 000 mounts, asked for the first, the last and none.
 *
 * Rules of this file: contenders are measured in turn, one sample each, in another order each round; what is compared
 * are samples of the same round, since a machine that others use too is fast and slow by turns.
 */

import type { Settings, Target } from '../benchmark.js';
import { Child } from '../child.js';
import { createRandom, type Summary, shuffle, summarize, summarizeRatio } from '../statistics.js';
import { formatCount, formatSummary, formatTable } from '../text-table.js';
import { type ContenderName, contenderNames, contenders } from './contenders.js';
import { type Case, cases, type DispatchAnswer, type DispatchQuestion } from './dispatch-case.js';
import { dispatchTargets } from './dispatch-targets.js';

/** Samples in the order of the rounds. */
export class Samples {
  readonly #samples = new Map<string, number[]>();

  add(name: ContenderName, count: number, of: Case, sample: number): void {
    const key = `${name} ${count} ${of}`;
    const samples = this.#samples.get(key) ?? [];
    samples.push(sample);
    this.#samples.set(key, samples);
  }

  /** None, where a contender was not measured. */
  of(name: ContenderName, count: number, of: Case): readonly number[] {
    return this.#samples.get(`${name} ${count} ${of}`) ?? [];
  }

  ratio(name: ContenderName, peer: ContenderName, count: number, of: Case): Summary {
    return summarizeRatio(this.of(name, count, of), this.of(peer, count, of));
  }

  /** Of one contender, with more mounts to with one. */
  growth(name: ContenderName, count: number, of: Case): Summary {
    return summarizeRatio(this.of(name, count, of), this.of(name, 1, of));
  }
}

export async function benchDispatch(settings: Settings): Promise<readonly Target[]> {
  const counts = settings.isQuick ? [1, 1_000, 100_000] : [1, 10, 100, 1_000, 10_000, 100_000];
  const samples = new Samples();
  console.log('\nns a dispatch, and the ratio of ours to it: median ± half of the interquartile range');
  for (const count of counts) {
    const entrants = contenderNames.filter((name) => count <= contenders[name].most);
    await measure(
      entrants.map((name) => ({ name, count })),
      cases,
      settings,
      samples,
    );
    console.log(`\n${formatTable(tableOf(count, samples))}`);
  }
  console.log('\nours/it: Express app.use and Connect beside ours in Express, the others beside ours alone');
  for (const name of contenderNames) {
    const { most, limit } = contenders[name];
    if (limit !== '') console.log(`-  ${name} of more than ${formatCount(most)}: ${limit}`);
  }
  // Once more, since ratios are of samples of the same round.
  const growth = new Samples();
  const ours = (['ours alone', 'ours in Express'] as const).flatMap((name) =>
    [1, 100_000].map((count) => ({ name, count })),
  );
  await measure(ours, ['last'], settings, growth);
  return dispatchTargets(counts, samples, growth);
}

interface Entrant {
  readonly name: ContenderName;
  readonly count: number;
}

async function measure(
  entrants: readonly Entrant[],
  which: readonly Case[],
  settings: Settings,
  samples: Samples,
): Promise<void> {
  const { starts, rounds, warmUpMs, sampleMs } = settings;
  const random = createRandom(entrants.length);
  const worker = new URL('./dispatch-worker.js', import.meta.url);
  for (let start = 0; start < starts; start++) {
    const children = entrants.map(({ name, count }) => ({
      name,
      count,
      child: new Child<DispatchQuestion, DispatchAnswer>(worker, [name, String(count)]),
    }));
    try {
      for (const { child } of children) await child.ask({ ask: 'calibrate', warmUpMs, sampleMs });
      for (let round = 0; round < rounds; round++) {
        for (const of of shuffle(which, random)) {
          for (const { name, count, child } of shuffle(children, random)) {
            samples.add(name, count, of, await child.ask({ ask: 'sample', of }));
          }
        }
      }
    } finally {
      for (const { child } of children) child.close();
    }
  }
}

function tableOf(count: number, samples: Samples): string[][] {
  const head = [`${formatCount(count)} ${count === 1 ? 'mount' : 'mounts'}`];
  for (const of of cases) head.push(`${of}, ns`, 'ours/it');
  const rows = contenderNames.map((name) => {
    const { peer } = contenders[name];
    const cells = cases.flatMap((of) => {
      const own = samples.of(name, count, of);
      if (own.length === 0) return ['-', '-'];
      const ratio = peer === undefined ? '' : formatSummary(samples.ratio(peer, name, count, of));
      return [formatSummary(summarize(own)), ratio];
    });
    return [name, ...cells];
  });
  return [head, ...rows];
}
