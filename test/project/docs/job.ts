/**
 * What the test and the process that runs blocks tell each other.
 */

/** A block that is ready to run. */
export interface Job {
  readonly id: string;
  /** The compiled module, an absolute path. */
  readonly module: string;
  /** The lines of the page that hold a doctest. */
  readonly doctests: readonly number[];
  readonly console: { readonly line: number; readonly text: string } | undefined;
}

export interface Outcome {
  readonly id: string;
  /** What went wrong, in the order in which it did; none if all is well. */
  readonly failures: readonly string[];
}
