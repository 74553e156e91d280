import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../testing/support/fake-clock.ts';
import { RequestDeadlines } from './request-deadlines.ts';

test('each request has its whole time, whoever ends before it', async () => {
  const clock = new FakeClock();
  const deadlines = new RequestDeadlines(clock, 1000);
  const cancelled: string[] = [];
  const begin = (name: string) => {
    const deadline = deadlines.begin(undefined);
    deadline.addEventListener('abort', () => cancelled.push(name));
    return deadline;
  };
  const first = begin('first');
  await clock.advance(400);
  const second = begin('second');
  const third = begin('third');
  assert.equal(clock.pendingTimers, 1);
  deadlines.end(first, undefined);
  await clock.advance(999);
  assert.deepEqual(cancelled, []);
  await clock.advance(1);
  assert.deepEqual(cancelled, ['second', 'third']);
  assert.deepEqual([first.passed, second.passed, second.aborted], [false, true, true]);
  deadlines.end(second, undefined);
  deadlines.end(third, undefined);
  assert.equal(clock.pendingTimers, 0);
});

test('a request that its caller cancels ends once, and not as one that timed out', async () => {
  const clock = new FakeClock();
  const deadlines = new RequestDeadlines(clock, 1000);
  const caller = new AbortController();
  const deadline = deadlines.begin(caller.signal);
  let cancelled = 0;
  deadline.addEventListener('abort', () => cancelled++);
  caller.abort();
  await clock.advance(1000);
  assert.deepEqual([cancelled, deadline.aborted, deadline.passed], [1, true, false]);
  deadlines.end(deadline, caller.signal);
  const late = deadlines.begin(caller.signal);
  assert.deepEqual([late.aborted, late.passed], [true, false]);
  deadlines.end(late, caller.signal);
  assert.equal(clock.pendingTimers, 0);
});

test('a removed listener is not called at the deadline', async () => {
  const clock = new FakeClock();
  const deadlines = new RequestDeadlines(clock, 1000);
  const deadline = deadlines.begin(undefined);
  const told: number[] = [];
  const listeners = [1, 2, 3].map((name) => () => void told.push(name));
  for (const listener of listeners) deadline.addEventListener('abort', listener);
  deadline.removeEventListener('abort', listeners[1] as () => void);
  await clock.advance(1000);
  assert.deepEqual(told, [1, 3]);
  deadlines.end(deadline, undefined);
});
