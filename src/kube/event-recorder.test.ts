import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { FakeTransport, refusal } from '../../testing/support/fake-transport.ts';
import { seededRandom } from '../../testing/support/seeded-random.ts';
import { noLogger } from '../base/log/logger.ts';
import { noMetrics } from '../base/metrics.ts';
import { KubeClient } from './client/client.ts';
import { EventRecorder } from './event-recorder.ts';

test('an event that the server puts off leaves no timer behind when the recorder is closed', async () => {
  const clock = new FakeClock();
  const transport = new FakeTransport(() => refusal(429, 'TooManyRequests', 'later', { 'retry-after': '20' }));
  const shared = { clock, random: seededRandom(1), logger: noLogger };
  const client = new KubeClient({ ...shared, transport });
  const recorder = new EventRecorder({ ...shared, client, metrics: noMetrics, controller: 'test', instance: 'test' });
  const regarding = { kind: 'VolumeAttachment', apiVersion: 'storage.k8s.io/v1', name: 'va1', uid: 'uid1' };
  recorder.record({ regarding, type: 'Warning', reason: 'Failed', action: 'Attach', note: 'no' });
  await clock.advance(1_000);
  assert.equal(clock.pendingTimers, 1);
  recorder.close();
  await recorder.flush();
  assert.equal(clock.pendingTimers, 0);
});
