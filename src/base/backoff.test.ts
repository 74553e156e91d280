import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../testing/support/seeded-random.ts';
import { Backoff } from './backoff.ts';
import type { Random } from './random.ts';

const never: Random = { next: () => 0, uuid: () => '' };

test('each failure doubles the wait until the longest is reached', () => {
  const backoff = new Backoff({ startMs: 1_000, maxMs: 300_000, random: never });
  assert.deepEqual(
    [1, 2, 3, 4, 8, 9, 10, 1_000_000].map((failures) => backoff.next(failures)),
    [1_000, 2_000, 4_000, 8_000, 128_000, 256_000, 300_000, 300_000],
  );
});

test('without a failure there is nothing to wait for', () => {
  assert.equal(new Backoff({ startMs: 1_000, maxMs: 300_000, random: never }).next(0), 0);
});

test('a start above the longest wait counts as the longest', () => {
  assert.equal(new Backoff({ startMs: 60_000, maxMs: 5_000, random: never }).next(1), 5_000);
});

test('chance shortens a wait by a fifth at most and never lengthens it', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2_000 }), (seed, failures) => {
      const full = new Backoff({ startMs: 500, maxMs: 60_000, random: never }).next(failures);
      const wait = new Backoff({ startMs: 500, maxMs: 60_000, random: seededRandom(seed) }).next(failures);
      assert.ok(wait <= full && wait >= full * 0.8);
    }),
  );
});

test('a start or a longest wait of nothing is refused', () => {
  assert.throws(() => new Backoff({ startMs: 0, maxMs: 1, random: never }), /startMs must be more than 0, not 0$/);
  assert.throws(() => new Backoff({ startMs: 1, maxMs: -1, random: never }), /maxMs must be more than 0, not -1$/);
  assert.throws(() => new Backoff({ startMs: Number.NaN, maxMs: 1, random: never }), RangeError);
});
