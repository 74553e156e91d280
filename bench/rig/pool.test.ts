import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachAtOnce } from './pool.ts';

test('every item is worked on once, in order, and never more than the width at a time', async () => {
  const started: number[] = [];
  let running = 0;
  let most = 0;
  await forEachAtOnce([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    started.push(item);
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
  });
  assert.deepEqual(started, [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(most, 3);
});

test('a failure ends it', async () => {
  await assert.rejects(
    forEachAtOnce([1, 2, 3], 2, (item) => (item === 2 ? Promise.reject(new Error('two')) : Promise.resolve())),
    /two/,
  );
});

test('no items are no work', () => forEachAtOnce([], 4, () => Promise.reject(new Error('never'))));
