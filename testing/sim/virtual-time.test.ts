import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../support/seeded-random.ts';
import { type Owner, VirtualTime } from './virtual-time.ts';

test('events come in the order of their times, and time stands at each when it comes', async () => {
  const time = new VirtualTime(seededRandom(1));
  const seen: number[] = [];
  for (const atMs of [30, 10, 20, 10]) time.schedule(atMs, () => void seen.push(time.nowMs));
  assert.equal(await time.run(() => false), false, 'nothing is left');
  assert.deepEqual(seen, [10, 10, 20, 30]);
});

test('the order at one instant is drawn: both orders come up, and the same seed draws the same', async () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    const order = await orderOf(seed);
    assert.equal(await orderOf(seed), order);
    orders.add(order);
  }
  assert.deepEqual([...orders].sort(), ['ab', 'ba']);
});

async function orderOf(seed: number): Promise<string> {
  const time = new VirtualTime(seededRandom(seed));
  const order: string[] = [];
  for (const name of ['a', 'b']) time.schedule(5, () => void order.push(name));
  await time.run(() => false);
  return order.join('');
}

test('promises settle between two events', async () => {
  const time = new VirtualTime(seededRandom(1));
  const seen: string[] = [];
  time.schedule(1, () => {
    void Promise.resolve()
      .then(() => {})
      .then(() => seen.push('settled'));
  });
  time.schedule(2, () => void seen.push('next'));
  await time.run(() => false);
  assert.deepEqual(seen, ['settled', 'next']);
});

test('events of one that stands still are handed to it, those of a dead one never happen, nor cancelled ones', async () => {
  const time = new VirtualTime(seededRandom(1));
  const held: (() => void)[] = [];
  const paused: Owner = { state: 'paused', hold: (action) => void held.push(action) };
  const dead: Owner = { state: 'dead', hold: () => assert.fail('nothing is held for the dead') };
  const seen: string[] = [];
  time.schedule(1, () => void seen.push('of the paused'), paused);
  time.schedule(1, () => void seen.push('of the dead'), dead);
  time.schedule(1, () => void seen.push('cancelled')).cancel();
  await time.run(() => false);
  assert.deepEqual(seen, []);
  for (const action of held) action();
  assert.deepEqual(seen, ['of the paused']);
});
