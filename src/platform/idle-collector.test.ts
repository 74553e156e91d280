import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { IdleCollector, idleCollector } from './idle-collector.ts';

/** A process whose collections take 10 ms of processor time; its other work is up to the test. */
function resting(ready: () => boolean = () => true) {
  const clock = new FakeClock();
  const process = { cpuMs: 300, collections: 0 };
  const collector = new IdleCollector({
    clock,
    ready,
    cpuMs: () => process.cpuMs,
    collect: () => {
      process.collections++;
      process.cpuMs += 10;
    },
  });
  collector.start();
  return { clock, process, collector };
}

test('garbage is collected once the process rests, and not before', async () => {
  const { clock, process } = resting();
  for (let busy = 0; busy < 5; busy++) {
    process.cpuMs += 100;
    await clock.advance(500);
  }
  assert.equal(process.collections, 0);
  await clock.advance(500);
  assert.equal(process.collections, 1);
});

test('nothing is collected while the process still starts', async () => {
  let started = false;
  const { clock, process } = resting(() => started);
  await clock.advance(10_000);
  assert.equal(process.collections, 0);
  started = true;
  await clock.advance(500);
  assert.equal(process.collections, 1);
});

test('the next collection waits until four hundred times as much work was done as one takes', async () => {
  const { clock, process } = resting();
  await clock.advance(1_000);
  assert.equal(process.collections, 1);
  process.cpuMs += 3_999;
  await clock.advance(60_000);
  assert.equal(process.collections, 1, 'a minute of rest brings nothing to collect');
  process.cpuMs += 1;
  await clock.advance(1_000);
  assert.equal(process.collections, 2);
});

test('after the end nothing is looked at any more', async () => {
  const { clock, collector } = resting();
  await clock.advance(1_000);
  collector.stop();
  assert.equal(clock.pendingTimers, 0);
});

test('without --expose-gc there is no idle collector', () => {
  assert.equal(
    idleCollector(new FakeClock(), () => true),
    undefined,
  );
});
