import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentObject } from '../../testing/support/attacher/attachment-states.ts';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { Deadlines } from './deadlines.ts';

function setUp(timeoutMs = 60_000) {
  const clock = new FakeClock();
  const expired: string[] = [];
  const deadlines = new Deadlines({ clock, timeoutMs, expired: (name) => void expired.push(name) });
  return { clock, expired, deadlines };
}

test('time counts from when it was first seen pending, whatever the age of the object and the clock of its creator', async () => {
  for (const ageMs of [20 * 60_000, 0, -20 * 60_000]) {
    const { clock, expired, deadlines } = setUp();
    const object = attachmentObject({ creationMs: clock.now() - ageMs });
    deadlines.watch(object);
    assert.equal(deadlines.passed(object), false);
    await clock.advance(59_999);
    deadlines.watch(object);
    assert.deepEqual([expired, deadlines.passed(object)], [[], false]);
    await clock.advance(1);
    assert.deepEqual([expired, deadlines.passed(object)], [['va'], true]);
    await clock.advance(600_000);
    deadlines.watch(object);
    assert.deepEqual(expired, ['va'], 'told once');
    assert.equal(deadlines.passed(object), true);
  }
});

test('a deletion, and another object of the name, begin a time of their own', async () => {
  const { clock, expired, deadlines } = setUp();
  deadlines.watch(attachmentObject());
  for (const next of [attachmentObject({ deletionMs: 1 }), attachmentObject({ uid: 'another' })]) {
    await clock.advance(20_000);
    assert.equal(deadlines.passed(next), false);
    deadlines.watch(next);
    await clock.advance(39_000);
    assert.deepEqual(expired, []);
  }
  await clock.advance(21_000);
  assert.deepEqual(expired, ['va']);
});

test('what is where it should be is forgotten, and nothing expires after the end', async () => {
  const { clock, expired, deadlines } = setUp();
  deadlines.watch(attachmentObject());
  deadlines.forget('va');
  deadlines.watch(attachmentObject({ name: 'other' }));
  deadlines.stop();
  deadlines.watch(attachmentObject({ name: 'late' }));
  assert.equal(clock.pendingTimers, 0);
  await clock.advance(120_000);
  assert.deepEqual(expired, []);
});

test('a timeout of 0 counts nothing', async () => {
  const { clock, deadlines } = setUp(0);
  const object = attachmentObject();
  deadlines.watch(object);
  assert.equal(clock.pendingTimers, 0);
  assert.equal(deadlines.passed(object), false);
});
