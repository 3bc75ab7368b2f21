/**
 * One sample: how long a piece of work takes, repeated often enough for the clock to tell.
 *
 * Rules of this file: the work repeats itself, so that no call of ours is inside what is measured.
 */

/** Work that repeats itself. */
export type Work = (times: number) => void;

/** Runs work for about so many milliseconds; returns how many repetitions make a sample of `sampleMs`. */
export function calibrate(work: Work, warmUpMs: number, sampleMs: number): number {
  const end = performance.now() + warmUpMs;
  let times = 1;
  while (true) {
    const took = time(work, times) / 1e6;
    if (took >= sampleMs / 4 && performance.now() >= end) {
      return Math.max(1, Math.round((times * sampleMs) / took));
    }
    if (took < sampleMs / 2) times *= 2;
  }
}

/** Nanoseconds for each repetition. */
export function sample(work: Work, times: number): number {
  return time(work, times) / times;
}

/** Nanoseconds: those that passed, or fewer where the process had to wait for a core meanwhile. */
function time(work: Work, times: number): number {
  const start = performance.now();
  const before = process.cpuUsage();
  work(times);
  const { user, system } = process.cpuUsage(before);
  return Math.min((performance.now() - start) * 1e6, (user + system) * 1e3);
}
