import type { Random } from '../../src/base/random.ts';
import { seededRandom } from '../support/seeded-random.ts';

/** What is drawn from a seed. Each concern has a stream of its own, so that one draw more in one moves no other. */
export class Chance implements Random {
  readonly #seed: number;
  readonly #random: Random;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#random = seededRandom(this.#seed);
  }

  /** A stream that depends on the seed and the label alone. */
  fork(label: string): Chance {
    let hash = this.#seed ^ 0x811c9dc5;
    for (let at = 0; at < label.length; at++) hash = Math.imul(hash ^ label.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    return new Chance((hash ^ (hash >>> 13)) >>> 0);
  }

  next(): number {
    return this.#random.next();
  }

  uuid(): string {
    return this.#random.uuid();
  }

  /** True with this probability. Draws nothing for 0 and below. */
  hits(probability: number): boolean {
    return probability > 0 && this.#random.next() < probability;
  }

  /** At least `least`, less than `most`. */
  between(least: number, most: number): number {
    return least + this.#random.next() * (most - least);
  }

  /** A whole number from `least` to `most`, both possible. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#random.next() * (most - least + 1));
  }

  pick<T>(items: readonly [T, ...(readonly T[])]): T;
  pick<T>(items: readonly T[]): T | undefined;
  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random.next() * items.length)];
  }
}
