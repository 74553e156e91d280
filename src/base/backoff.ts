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
  readonly #maxMs: number;
  readonly #random: Random;

  constructor({ startMs, maxMs, random }: BackoffOptions) {
    if (!(startMs > 0)) throw new RangeError(`startMs must be more than 0, not ${startMs}`);
    if (!(maxMs > 0)) throw new RangeError(`maxMs must be more than 0, not ${maxMs}`);
    this.#startMs = startMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /**
   * Milliseconds to wait after `failures` failures in a row: start × 2^(failures − 1), at most the longest, less up to
   * a fifth of it by chance (less, not more: the configured maximum is a promise). 0 if nothing has failed.
   */
  next(failures: number): number {
    if (failures < 1) return 0;
    const fullMs = Math.min(this.#maxMs, this.#startMs * 2 ** (failures - 1));
    return fullMs * (1 - spread * this.#random.next());
  }
}
