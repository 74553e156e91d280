import type { Random } from './random.ts';

/** Part of each interval that is drawn, so that what failed together does not come back together. */
const spread = 0.2;

export interface BackoffOptions {
  /** Milliseconds to wait after the first failure; more than 0. */
  startMs: number;
  /** Milliseconds that no wait exceeds; a start above it counts as this. */
  maxMs: number;
  random: Random;
}

/** Exponential backoff. Keeps no state: who counts the failures asks how long to wait. */
export class Backoff {
  readonly #startMs: number;
  /** Milliseconds that no wait exceeds. */
  readonly maxMs: number;
  readonly #random: Random;

  constructor({ startMs, maxMs, random }: BackoffOptions) {
    if (!(startMs > 0)) throw new RangeError(`startMs must be more than 0, not ${startMs}`);
    if (!(maxMs > 0)) throw new RangeError(`maxMs must be more than 0, not ${maxMs}`);
    this.#startMs = startMs;
    this.maxMs = maxMs;
    this.#random = random;
  }

  /**
   * Milliseconds to wait after a failure that `failures` others in a row went before: start × 2^failures, and up to a
   * fifth more by chance. Never over the longest wait, which is a promise: there it is up to a fifth less.
   */
  next(failures: number): number {
    const drawn = spread * this.#random.next();
    const exponentialMs = this.#startMs * 2 ** failures;
    if (exponentialMs >= this.maxMs) return this.maxMs * (1 - drawn);
    return Math.min(this.maxMs, exponentialMs * (1 + drawn));
  }
}
