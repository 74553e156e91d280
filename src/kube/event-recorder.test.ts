import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { type Answer, FakeTransport, json, refusal } from '../../testing/support/fake-transport.ts';
import { RecordingLogger } from '../../testing/support/recording-logger.ts';
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

const admin = 'User "system:serviceaccount:a:b" cannot create resource "events" in API group "events.k8s.io"';

/** A recorder, and what it has written and logged. */
function setUp(answer: (path: string) => Answer) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const written: string[] = [];
  const transport = new FakeTransport(({ path, body }) => {
    const { note, message } = JSON.parse(Buffer.from(body ?? '{}').toString());
    written.push(`${path.split('/')[1]} ${note ?? message}`);
    return answer(path);
  });
  const shared = { clock, random: seededRandom(1), logger };
  const client = new KubeClient({ ...shared, transport });
  const recorder = new EventRecorder({ ...shared, client, metrics: noMetrics, controller: 'test', instance: 'test' });
  const record = async (note: string): Promise<void> => {
    const regarding = { kind: 'VolumeAttachment', apiVersion: 'storage.k8s.io/v1', name: note, uid: note };
    recorder.record({ regarding, type: 'Warning', reason: 'Failed', action: 'Attach', note });
    await recorder.flush();
  };
  return { clock, logger, written, record };
}

test('events that the role does not allow are asked for again after five minutes, and recorded once they may be', async () => {
  let allowed = false;
  const { clock, logger, written, record } = setUp(() =>
    allowed ? json(201, { metadata: { name: 'e' } }) : refusal(403, 'Forbidden', `events is forbidden: ${admin}`),
  );
  await record('one');
  await record('two');
  assert.deepEqual(written, ['apis one', 'api one']);
  await clock.advance(300_000);
  await record('three');
  assert.deepEqual(written.slice(2), ['apis three', 'api three']);
  assert.equal(logger.lines.length, 1);
  assert.match(String(logger.lines[0]?.fields.missingRule), /events/);
  allowed = true;
  await clock.advance(299_000);
  await record('four');
  await clock.advance(1_000);
  await record('five');
  await record('six');
  assert.deepEqual(written.slice(4), ['apis five', 'apis six']);
});

test('an event that an admission webhook denies is told as that, and keeps no other from being recorded', async () => {
  const denial =
    'admission webhook "no.example.com" denied the request: events is forbidden: User "x" cannot create it';
  let isDenied = true;
  const { logger, written, record } = setUp(() =>
    isDenied ? refusal(403, 'Forbidden', denial) : json(201, { metadata: { name: 'e' } }),
  );
  await record('one');
  await record('two');
  isDenied = false;
  await record('three');
  assert.deepEqual(written, ['apis one', 'apis two', 'apis three']);
  assert.deepEqual(
    logger.lines.map(({ message, fields }) => [message, String(fields.err), fields.missingRule]),
    [['An event was denied', `KubeError: ${denial}`, undefined]],
  );
});
