/** Tests that put wrong input into a decoder: thousands of inputs, all drawn from one seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '../../src/base/random.ts';
import { commitSeed } from './commit-seed.ts';
import { seededRandom } from './seeded-random.ts';

/** The environment's FUZZ_SEED, else the commit: the same for everybody who has it, another one with each. */
export const fuzzSeed = readNumber(process.env.FUZZ_SEED) ?? commitSeed() ?? 1;

/** The environment's FUZZ_TIMES: so many times more inputs, for a long look. */
const times = readNumber(process.env.FUZZ_TIMES) ?? 1;

/** No input may cost more processor time than this, in milliseconds. Generous: machines may be slow. */
const longestMs = 4_000;

/** A test that runs `body` once for each of so many `inputs`, which it draws from what it is given. */
export function fuzz(name: string, inputs: number, body: (random: Random, run: number) => void | Promise<void>): void {
  const runs = inputs * times;
  test(`${name} [${runs} inputs, FUZZ_SEED=${fuzzSeed}]`, async () => {
    for (let run = 0; run < runs; run++) {
      const before = process.cpuUsage();
      try {
        const running = body(seededRandom(fuzzSeed ^ Math.imul(run + 1, 0x9e3779b1)), run);
        if (running !== undefined) await running;
        const { user, system } = process.cpuUsage(before);
        const tookMs = Math.round((user + system) / 1_000);
        assert.ok(tookMs < longestMs, `it took ${tookMs} ms`);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`input ${run} (FUZZ_SEED=${fuzzSeed}): ${reason}`, { cause: error });
      }
    }
  });
}

/** A number from the environment. */
function readNumber(text: string | undefined): number | undefined {
  return text === undefined || !/^\d{1,10}$/.test(text) ? undefined : Number(text) >>> 0;
}

/** A whole number from 0 to `below`, which is excluded. */
export function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit);
}

/** One of `items`, of which there must be some. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[below(random, items.length)] as T;
}
