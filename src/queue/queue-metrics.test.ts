import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { createMetrics } from '../server/metrics.ts';
import { QueueMetrics, workQueueMetrics } from './queue-metrics.ts';

async function lines(metrics: ReturnType<typeof createMetrics>, start: string): Promise<string[]> {
  return (await metrics.render()).split('\n').filter((line) => line.startsWith(start));
}

test('a queue’s metrics have client-go’s names, label and buckets', async () => {
  const metrics = createMetrics();
  const queue = new QueueMetrics(workQueueMetrics(metrics), new FakeClock(), 'csi-attacher-va');
  queue.added();
  queue.added();
  queue.got(250);
  queue.done(1_500);
  queue.retried();
  const text = await metrics.render();
  for (const line of [
    'workqueue_adds_total{name="csi-attacher-va"} 2',
    'workqueue_retries_total{name="csi-attacher-va"} 1',
    'workqueue_queue_duration_seconds_bucket{le="0.1",name="csi-attacher-va"} 0',
    'workqueue_queue_duration_seconds_bucket{le="1",name="csi-attacher-va"} 1',
    'workqueue_queue_duration_seconds_sum{name="csi-attacher-va"} 0.25',
    'workqueue_work_duration_seconds_bucket{le="1e-8",name="csi-attacher-va"} 0',
    'workqueue_work_duration_seconds_bucket{le="10",name="csi-attacher-va"} 1',
    'workqueue_work_duration_seconds_count{name="csi-attacher-va"} 1',
    'workqueue_depth{name="csi-attacher-va"} 1',
    'workqueue_unfinished_work_seconds{name="csi-attacher-va"} 0',
    'workqueue_longest_running_processor_seconds{name="csi-attacher-va"} 0',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line}\nin\n${text}`);
  }
  assert.equal((await lines(metrics, 'workqueue_work_duration_seconds_bucket')).length, 11);
});

test('depth and running work are shown as they are at the scrape', async () => {
  const metrics = createMetrics();
  const clock = new FakeClock();
  const queue = new QueueMetrics(workQueueMetrics(metrics), clock, 'q');
  const show = async (): Promise<string[]> =>
    (await metrics.render()).split('\n').filter((line) => /^workqueue_(depth|unf|long)/.test(line));
  for (let key = 0; key < 3; key++) queue.added();
  queue.got(0);
  await clock.advance(1_500);
  queue.got(0);
  await clock.advance(500);
  assert.deepEqual(await show(), [
    'workqueue_depth{name="q"} 1',
    'workqueue_unfinished_work_seconds{name="q"} 2.5',
    'workqueue_longest_running_processor_seconds{name="q"} 2',
  ]);
  queue.done(500);
  queue.dropped();
  assert.deepEqual(await show(), [
    'workqueue_depth{name="q"} 0',
    'workqueue_unfinished_work_seconds{name="q"} 2',
    'workqueue_longest_running_processor_seconds{name="q"} 2',
  ]);
});

test('two queues share the metrics and differ in their name, and both are there before anything happened', async () => {
  const metrics = createMetrics();
  const shared = workQueueMetrics(metrics);
  new QueueMetrics(shared, new FakeClock(), 'csi-attacher-va');
  new QueueMetrics(shared, new FakeClock(), 'csi-attacher-pv').added();
  assert.deepEqual(await lines(metrics, 'workqueue_adds_total'), [
    'workqueue_adds_total{name="csi-attacher-va"} 0',
    'workqueue_adds_total{name="csi-attacher-pv"} 1',
  ]);
});
