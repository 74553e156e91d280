import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '../../../testing/support/fake-clock.ts';
import { TokenBucket } from './token-bucket.ts';

describe('a token bucket', () => {
  test('lets a burst go at once, and then so many a second', () => {
    const bucket = new TokenBucket({ clock: new FakeClock(), qps: 5, burst: 3 });
    const waits = Array.from({ length: 6 }, () => Math.round(bucket.take()));
    assert.deepEqual(waits, [0, 0, 0, 200, 400, 600]);
  });

  test('fills up while nobody asks, but not beyond its burst', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket({ clock, qps: 5, burst: 2 });
    bucket.take();
    bucket.take();
    await clock.advance(60_000);
    assert.deepEqual([bucket.take(), bucket.take(), bucket.take() > 0], [0, 0, true]);
  });

  test('that could never give anything is refused', () => {
    const clock = new FakeClock();
    assert.throws(() => new TokenBucket({ clock, qps: 0, burst: 1 }), /qps must be more than 0, not 0/);
    assert.throws(() => new TokenBucket({ clock, qps: 1, burst: 0 }), /burst must be at least 1, not 0/);
  });
});
