import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Burst } from './burst.ts';
import type { KubeObject } from './rig/api.ts';

const object = (name: string, attached: boolean): KubeObject => ({ metadata: { name }, status: { attached } });

test('an attach is done when it is seen attached; the clock runs from its request', async () => {
  let now = 100;
  const burst = new Burst('attach', ['a', 'b'], () => now);
  burst.started('a');
  now = 110;
  burst.started('b');
  burst.seen(object('a', false), false);
  now = 150;
  burst.seen(object('a', true), false);
  assert.equal(burst.left, 1);
  now = 170;
  burst.seen(object('b', true), false);
  burst.seen(object('b', true), false);
  await burst.done;
  assert.deepEqual(burst.times, { durationMs: 70, latenciesMs: [50, 60] });
});

test('a detach is done when it is gone', async () => {
  let now = 0;
  const burst = new Burst('detach', ['a'], () => now);
  burst.started('a');
  now = 5;
  burst.seen(object('a', true), false);
  assert.equal(burst.left, 1);
  now = 9;
  burst.seen(object('a', true), true);
  await burst.done;
  assert.deepEqual(burst.times, { durationMs: 9, latenciesMs: [9] });
});

test('what belongs to no burst, or was not asked for yet, does not count', () => {
  const burst = new Burst('attach', ['a'], () => 0);
  burst.seen(object('a', true), false);
  burst.seen(object('x', true), false);
  assert.equal(burst.left, 1);
});
