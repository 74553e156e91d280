import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { RecordingLogger } from '../../testing/support/recording-logger.ts';
import { RecordingMetrics } from '../../testing/support/recording-metrics.ts';
import { Driver } from './driver.ts';
import { Code, CsiError } from './errors.ts';

const givenUp = new CsiError(Code.DeadlineExceeded, 'context deadline exceeded', { local: true });
const never = new AbortController().signal;

/** A driver that fails each call with the next of `errors`, and answers when there are none left. */
function setUp(...errors: CsiError[]) {
  const clock = new FakeClock();
  const called: string[] = [];
  const transport = {
    unary: async (method: string) => {
      called.push(method.replace(/^.*Controller/, ''));
      const error = errors.shift();
      if (error !== undefined) throw error;
      return new Uint8Array();
    },
    onDisconnect: () => {},
    close: () => {},
  };
  const logger = new RecordingLogger();
  const driver = new Driver({ transport, clock, logger, metrics: new RecordingMetrics(), timeoutMs: 15_000 });
  const unpublish = (volumeId: string, signal = never) =>
    driver.unpublish({ volumeId, nodeId: 'n', secrets: {} }, signal);
  return { driver, clock, called, unpublish };
}

test('a call follows one of its volume that was given up only once the driver has surely taken that up', async () => {
  const { clock, called, unpublish } = setUp(givenUp);
  await assert.rejects(unpublish('v'));
  const next = unpublish('v');
  await unpublish('another');
  await clock.advance(999);
  assert.equal(called.length, 2);
  await clock.advance(1);
  await next;
  assert.equal(called.length, 3);
});

test('a call that waits for one that was given up can be cancelled', async () => {
  const { called, unpublish } = setUp(givenUp);
  await assert.rejects(unpublish('v'));
  const stop = new AbortController();
  const next = unpublish('v', stop.signal);
  stop.abort();
  await assert.rejects(next, { code: Code.Canceled, sent: false });
  assert.equal(called.length, 1);
});

test('what the driver answers, and what never reached it, keeps no call waiting', async () => {
  const unsent = new CsiError(Code.Unavailable, 'no socket', { local: true, sent: false });
  const { driver, called, unpublish } = setUp(new CsiError(Code.Aborted, 'busy'), unsent);
  await assert.rejects(unpublish('v'));
  await assert.rejects(unpublish('v'));
  await unpublish('v');
  await driver.settled();
  assert.equal(called.length, 3);
});

test('the driver has settled when all that was given up is surely taken up', async () => {
  const { driver, clock, unpublish } = setUp(givenUp, givenUp);
  await assert.rejects(unpublish('v'));
  await clock.advance(500);
  await assert.rejects(unpublish('w'));
  let settled = false;
  const waiting = driver.settled().then(() => {
    settled = true;
  });
  await clock.advance(999);
  assert.equal(settled, false);
  await clock.advance(1);
  await waiting;
});
