import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '../server/metrics.ts';
import { QueueMetrics } from './queue-metrics.ts';

async function lines(metrics: ReturnType<typeof createMetrics>, start: RegExp): Promise<string[]> {
  return (await metrics.render()).split('\n').filter((line) => start.test(line));
}

test('a queue’s metrics have client-go’s names, label and buckets', async () => {
  const metrics = createMetrics();
  const queue = new QueueMetrics(metrics, 'csi-attacher-va');
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
    'workqueue_depth{name="csi-attacher-va"} 0',
    'workqueue_unfinished_work_seconds{name="csi-attacher-va"} 0',
    'workqueue_longest_running_processor_seconds{name="csi-attacher-va"} 0',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line}\nin\n${text}`);
  }
  assert.equal((await lines(metrics, /^workqueue_work_duration_seconds_bucket/)).length, 11);
});

test('depth and running work are read from the queue at the scrape, and are nothing without one', async () => {
  const metrics = createMetrics();
  const queue = new QueueMetrics(metrics, 'q');
  const shown = /^workqueue_(depth|unf|long)/;
  queue.watch({ ready: 7, running: () => [{ ms: 500 }, { ms: 2_000 }] });
  assert.deepEqual(await lines(metrics, shown), [
    'workqueue_depth{name="q"} 7',
    'workqueue_unfinished_work_seconds{name="q"} 2.5',
    'workqueue_longest_running_processor_seconds{name="q"} 2',
  ]);
  queue.watch(undefined);
  assert.match(
    (await lines(metrics, shown)).join(),
    /depth\{name="q"\} 0.*seconds\{name="q"\} 0.*seconds\{name="q"\} 0/,
  );
});

test('two queues share the metrics and differ in their name, and both are there before anything happened', async () => {
  const metrics = createMetrics();
  new QueueMetrics(metrics, 'csi-attacher-va');
  new QueueMetrics(metrics, 'csi-attacher-pv').added();
  assert.deepEqual(await lines(metrics, /^workqueue_adds_total/), [
    'workqueue_adds_total{name="csi-attacher-va"} 0',
    'workqueue_adds_total{name="csi-attacher-pv"} 1',
  ]);
  for (const histogram of ['workqueue_queue_duration_seconds', 'workqueue_work_duration_seconds']) {
    assert.deepEqual(await lines(metrics, new RegExp(`^${histogram}_(count|bucket.*\\+Inf)`)), [
      `${histogram}_bucket{le="+Inf",name="csi-attacher-va"} 0`,
      `${histogram}_count{name="csi-attacher-va"} 0`,
      `${histogram}_bucket{le="+Inf",name="csi-attacher-pv"} 0`,
      `${histogram}_count{name="csi-attacher-pv"} 0`,
    ]);
  }
});
