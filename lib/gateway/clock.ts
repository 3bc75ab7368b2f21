/**
 * A clock for timeouts: it is looked at by whoever gets bytes, which is often, and moves seldom.
 *
 * Rules of this file: one timer for all connections, which keeps no process alive; times are milliseconds, late by at most one
 * of its steps.
 */

/** What setTimeout() and setInterval() take, in milliseconds. */
export const longestTimer = 2 ** 31 - 1;

/** Something whose time can be over. */
export interface Timed {
  /** Looks whether it is. */
  lookAt(now: number): void;
}

/** How often a clock looks that is to tell times of these milliseconds and more; 0: never. */
export function stepFor(shortest: number): number {
  return shortest > 0 && Number.isFinite(shortest) ? Math.min(Math.max(shortest / 4, 10), 1000) : 0;
}

export class Clock {
  now = 0;
  readonly #timed = new Set<Timed>();
  readonly #step: number;
  #timer: NodeJS.Timeout | undefined;

  /** `shortest`: the shortest time that it is asked to tell; 0 or Infinity: none. */
  constructor(shortest: number) {
    this.#step = stepFor(shortest);
  }

  add(timed: Timed): void {
    this.#timed.add(timed);
    if (this.#timer !== undefined || this.#step === 0) return;
    this.now = performance.now();
    this.#timer = setInterval(() => this.#tick(), this.#step).unref();
  }

  delete(timed: Timed): void {
    this.#timed.delete(timed);
    if (this.#timed.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.now = performance.now();
    for (const timed of this.#timed) timed.lookAt(this.now);
  }
}
