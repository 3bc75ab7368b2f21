/**
 * What a benchmark is: it measures under the settings of the run, prints its tables, and returns its targets.
 */

/** How long a run measures. */
export interface Settings {
  /** Fewer sizes, and shorter samples. */
  readonly isQuick: boolean;
  /** How many times each contender is started anew: no two processes are optimized alike. */
  readonly starts: number;
  /** How many times each contender is measured after each start, all others in between. */
  readonly rounds: number;
  /** How long one sample takes, about. */
  readonly sampleMs: number;
  /** How long a contender runs before its first sample. */
  readonly warmUpMs: number;
  /** Only these contenders, where a benchmark can do with some; all, where it is empty. */
  readonly only: readonly string[];
  /** A folder for a profile of each process that runs an application, to be read by DevTools; for none, `undefined`. */
  readonly profile: string | undefined;
}

/** What is to be reached, and what was measured. */
export interface Target {
  readonly rule: string;
  readonly measured: string;
  readonly isReached: boolean;
}

export type Benchmark = (settings: Settings) => Promise<readonly Target[]>;
