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
    [0, 1, 2, 3, 7, 8, 9, 1_000_000].map((failures) => backoff.next(failures)),
    [1_000, 2_000, 4_000, 8_000, 128_000, 256_000, 300_000, 300_000],
  );
});

test('a start above the longest wait counts as the longest', () => {
  assert.equal(new Backoff({ startMs: 60_000, maxMs: 5_000, random: never }).next(0), 5_000);
});

test('chance lengthens a wait by a fifth at most, and no wait is over the longest', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 2_000 }), (seed, failures) => {
      const full = new Backoff({ startMs: 500, maxMs: 60_000, random: never }).next(failures);
      const wait = new Backoff({ startMs: 500, maxMs: 60_000, random: seededRandom(seed) }).next(failures);
      assert.ok(wait <= Math.min(60_000, full * 1.2));
      assert.ok(wait >= (full === 60_000 ? 48_000 : full));
    }),
  );
});

test('keys that failed together are not retried together, not even at the longest wait', () => {
  const backoff = new Backoff({ startMs: 500, maxMs: 60_000, random: seededRandom(7) });
  for (const failures of [0, 50]) {
    const waits = new Set(Array.from({ length: 100 }, () => Math.round(backoff.next(failures))));
    assert.ok(waits.size > 50, `${waits.size} different waits`);
  }
});

test('a start or a longest wait of nothing is refused', () => {
  assert.throws(() => new Backoff({ startMs: 0, maxMs: 1, random: never }), /startMs must be more than 0, not 0$/);
  assert.throws(() => new Backoff({ startMs: 1, maxMs: -1, random: never }), /maxMs must be more than 0, not -1$/);
  assert.throws(() => new Backoff({ startMs: Number.NaN, maxMs: 1, random: never }), RangeError);
});
