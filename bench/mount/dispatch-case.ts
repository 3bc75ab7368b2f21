/**
 * What dispatch.ts asks of dispatch-worker.ts.
 */

/** Which mount is asked for; `miss` is the one behind the last. */
export type Case = 'first' | 'last' | 'miss';

export const cases: readonly Case[] = ['first', 'last', 'miss'];

export type DispatchQuestion =
  | { readonly ask: 'calibrate'; readonly warmUpMs: number; readonly sampleMs: number }
  | { readonly ask: 'sample'; readonly of: Case };

/** Nanoseconds a dispatch; of `calibrate`, 0. */
export type DispatchAnswer = number;
