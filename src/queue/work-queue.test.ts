import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '../../testing/support/fake-clock.ts';
import { seededRandom } from '../../testing/support/seeded-random.ts';
import { Backoff } from '../base/backoff.ts';
import { type Result, WorkQueue } from './work-queue.ts';

type Lane = 'attach' | 'detach';

/** A queue whose keys look like `lane/node/name`, and whose work ends when the test says so. */
function setUp(width = 2) {
  const clock = new FakeClock();
  const started: string[] = [];
  const finish = new Map<string, (result: Result) => void>();
  const queue = new WorkQueue<Lane>({
    clock,
    backoff: new Backoff({ startMs: 1000, maxMs: 300_000, random: seededRandom(1) }),
    widths: { attach: width, detach: width },
    route: (key) => {
      const [lane, group] = key.split('/');
      return { lane: lane === 'detach' ? 'detach' : 'attach', group: group ?? '' };
    },
    work: (key) => {
      started.push(key);
      return new Promise((resolve) => finish.set(key, resolve));
    },
  });
  async function end(key: string, result: Result = { next: 'done' }): Promise<void> {
    finish.get(key)?.(result);
    await settle();
  }
  /** Ends the run as failed. Gives the milliseconds until its retry. */
  async function fail(key: string, delayMs?: number): Promise<number> {
    await end(key, { next: 'retry', atMs: delayMs === undefined ? undefined : clock.monotonic() + delayMs });
    return queue.retryInMs(key) ?? -1;
  }
  return { clock, queue, started, end, fail };
}

test('a key never runs beside itself, and runs once more if it was woken meanwhile', async () => {
  const { queue, started, end } = setUp();
  queue.wake('attach/n1/a');
  queue.wake('attach/n1/a');
  queue.wake('attach/n1/a');
  assert.deepEqual(started, ['attach/n1/a']);
  await end('attach/n1/a');
  assert.deepEqual(started, ['attach/n1/a', 'attach/n1/a']);
  await end('attach/n1/a');
  assert.equal(started.length, 2);
});

test('a key that runs again for nothing but running again waits longer each time', async () => {
  const { clock, queue, started, end } = setUp();
  const key = 'attach/n1/a';
  queue.wake(key);
  await end(key, { next: 'again' });
  assert.equal(started.length, 2, 'the first time at once');
  await end(key, { next: 'again' });
  assert.equal(started.length, 2);
  assert.ok((queue.retryInMs(key) ?? 0) >= 2_000);
  await clock.advance(5_000);
  assert.equal(started.length, 3);
  queue.wake(key);
  await end(key, { next: 'again' });
  assert.equal(started.length, 4, 'a change that was heard of meanwhile counts at once');
  assert.equal(queue.failures(key), 0);
  await end(key);
});

test('the outcome of a run decides what happens to its key, unless the key was woken meanwhile', async () => {
  const results: [Result, { runsAgain: boolean; waits: boolean; failures: number }][] = [
    [{ next: 'done' }, { runsAgain: false, waits: false, failures: 0 }],
    [{ next: 'retry' }, { runsAgain: false, waits: true, failures: 2 }],
    [{ next: 'again' }, { runsAgain: false, waits: true, failures: 2 }],
    [{ next: 'wake' }, { runsAgain: true, waits: false, failures: 0 }],
    [{ next: 'resume' }, { runsAgain: true, waits: false, failures: 1 }],
    [{ next: 'drop' }, { runsAgain: false, waits: false, failures: 1 }],
  ];
  for (const woken of [false, true]) {
    for (const [result, expected] of results) {
      const { clock, queue, started, end, fail } = setUp();
      const key = 'attach/n1/a';
      queue.wake(key);
      await fail(key, 1_000);
      await clock.advance(1_000);
      if (woken) queue.wake(key);
      await end(key, result);
      const found = {
        runsAgain: started.length === 3,
        waits: queue.retryInMs(key) !== undefined,
        failures: queue.failures(key),
      };
      assert.deepEqual(found, woken ? { runsAgain: true, waits: false, failures: 0 } : expected, result.next);
      assert.equal(queue.isRunning(key), found.runsAgain);
    }
  }
});

test('the end of one key wakes another if its run says so', async () => {
  const { queue, started, end } = setUp();
  queue.wake('attach/n1/a');
  await end('attach/n1/a', { next: 'done', wakes: 'attach/n1/b' });
  assert.deepEqual(started, ['attach/n1/a', 'attach/n1/b']);
});

test('a key that is interrupted is served at once, and waits on as before', async () => {
  const { clock, queue, started, end, fail } = setUp();
  const key = 'attach/n1/a';
  queue.wake(key);
  await fail(key, 5_000);
  await clock.advance(2_000);
  queue.interrupt(key);
  assert.equal(started.length, 2);
  await end(key, { next: 'resume' });
  assert.equal(queue.retryInMs(key), 3_000);
  assert.equal(queue.failures(key), 1);
  queue.interrupt(key);
  queue.interrupt(key);
  assert.equal(started.length, 3, 'one that runs is left alone');
  await end(key, { next: 'resume' });
  await clock.advance(3_000);
  assert.equal(started.length, 4);
  await end(key);
});

test('a key in line that is interrupted, and woken before it was served, is served again at once', async () => {
  const { clock, queue, started, end, fail } = setUp(1);
  const key = 'attach/n1/a';
  queue.wake(key);
  await fail(key, 60_000);
  queue.wake('attach/n2/b');
  queue.interrupt(key);
  queue.wake(key);
  await end('attach/n2/b');
  assert.equal(started.at(-1), key);
  await end(key, { next: 'resume' });
  assert.deepEqual(started, [key, 'attach/n2/b', key, key]);
  await end(key);
  assert.equal(clock.pendingTimers, 0);
});

test('lanes do not wait for each other', () => {
  const { queue, started } = setUp(1);
  for (let i = 0; i < 1000; i++) queue.wake(`detach/n${i}/d`);
  queue.wake('attach/n1/a');
  assert.deepEqual(started, ['detach/n0/d', 'attach/n1/a']);
});

test('nodes take turns within a lane', async () => {
  const { queue, started, end } = setUp(1);
  for (const key of ['attach/n1/a', 'attach/n1/b', 'attach/n1/c', 'attach/n2/d']) queue.wake(key);
  await end('attach/n1/a');
  await end('attach/n1/b');
  await end('attach/n2/d');
  assert.deepEqual(started, ['attach/n1/a', 'attach/n1/b', 'attach/n2/d', 'attach/n1/c']);
});

test('one node holds at most three quarters of a lane, so that another is served at once', () => {
  const { queue, started } = setUp(8);
  for (let i = 0; i < 20; i++) queue.wake(`attach/bad/${i}`);
  assert.equal(started.length, 6);
  queue.wake('attach/good/x');
  assert.equal(started.at(-1), 'attach/good/x');
});

test('a retry waits for its backoff, which grows, and a wake ends it', async () => {
  const { clock, queue, started, end, fail } = setUp();
  queue.wake('attach/n1/a');
  // The timer is set in whole milliseconds.
  const first = Math.ceil(await fail('attach/n1/a'));
  assert.ok(first >= 1000 && first < 2000, `first backoff ${first}`);
  await clock.advance(first - 1);
  assert.equal(started.length, 1);
  await clock.advance(1);
  assert.equal(started.length, 2);
  const second = await fail('attach/n1/a');
  assert.ok(second > first, `second backoff ${second}`);
  queue.wake('attach/n1/a');
  assert.equal(started.length, 3);
  assert.equal(queue.failures('attach/n1/a'), 0);
  await end('attach/n1/a');
  assert.equal(clock.pendingTimers, 0);
});

test('a run whose retry is due when it ends is tried again at once, with a backoff that goes on growing', async () => {
  const { clock, queue, started, end, fail } = setUp();
  queue.wake('attach/n1/a');
  await fail('attach/n1/a', -500);
  await clock.advance(1);
  assert.equal(started.length, 2);
  assert.ok((await fail('attach/n1/a')) >= 2_000);
  queue.wake('attach/n1/a');
  await end('attach/n1/a');
});

test('a periodic look does not shorten a backoff', async () => {
  const { clock, queue, started, fail } = setUp();
  queue.wake('attach/n1/a');
  await fail('attach/n1/a', 5000);
  queue.add('attach/n1/a');
  assert.equal(started.length, 1);
  assert.equal(queue.retryInMs('attach/n1/a'), 5000);
  await clock.advance(5000);
  assert.equal(started.length, 2);
});

test('of many delays each key is served in the order of its due time', async () => {
  const { clock, queue, started, fail } = setUp(1000);
  const random = seededRandom(7);
  const delays = Array.from({ length: 200 }, (_, i) => ({
    key: `attach/n${i}/x`,
    ms: Math.floor(random.next() * 1e6),
  }));
  for (const { key, ms } of delays) {
    queue.wake(key);
    await fail(key, ms);
  }
  started.length = 0;
  await clock.advance(1e6);
  const expected = [...delays].sort((a, b) => a.ms - b.ms).map(({ key }) => key);
  assert.deepEqual(started, expected);
});

test('stop() takes no new work and waits for what runs', async () => {
  const { clock, queue, started, end, fail } = setUp(1);
  queue.wake('attach/n2/c');
  await fail('attach/n2/c', 10);
  started.length = 0;
  queue.wake('attach/n1/a');
  queue.wake('attach/n1/b');
  let stopped = false;
  void queue.stop().then(() => {
    stopped = true;
  });
  await clock.advance(100);
  assert.equal(stopped, false);
  await end('attach/n1/a');
  assert.equal(stopped, true);
  assert.deepEqual(started, ['attach/n1/a']);
  assert.equal(clock.pendingTimers, 0);
});

test('stats() tells what waits and for how long', async () => {
  const { clock, queue } = setUp(1);
  queue.wake('detach/n1/a');
  queue.wake('detach/n1/b');
  await clock.advance(3000);
  assert.deepEqual(queue.stats('detach'), { ready: 1, running: 1, oldestReadyMs: 3000 });
  assert.deepEqual(queue.stats('attach'), { ready: 0, running: 0, oldestReadyMs: 0 });
});

test('a lane without workers is refused', () => {
  assert.throws(() => setUp(0), /width of lane "attach" is 0: a whole number of at least 1 is needed/);
});
