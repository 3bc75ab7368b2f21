/**
 * What is made of samples: median and spread, ratios of samples of the same round, and a shuffle that is the same in
 * each run.
 */

/** A median, and half of the interquartile range as its spread. */
export interface Summary {
  readonly median: number;
  readonly spread: number;
}

export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2,
  };
}

/** The ratios of two contenders, round by round: what slowed the machine down for a while slowed both. */
export function summarizeRatio(samples: readonly number[], peer: readonly number[]): Summary {
  return summarize(samples.map((sample, round) => sample / (peer[round] as number)));
}

function quantile(sorted: readonly number[], fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** A source of numbers from 0 to 1, always the same ones (a linear congruential generator, Numerical Recipes' constants). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The items in another order (Fisher and Yates). */
export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}
