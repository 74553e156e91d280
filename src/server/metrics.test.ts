import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createMetrics } from './metrics.ts';
import { type ProcessStats, registerProcessMetrics } from './process-metrics.ts';

test('counters, gauges and histograms are rendered in Prometheus’ text format', async () => {
  const metrics = createMetrics();
  const calls = metrics.counter({ name: 'calls_total', help: 'Calls.', labels: ['method'] });
  calls.inc({ method: 'a' });
  calls.inc({ method: 'a' }, 2);
  calls.inc({ method: 'b' }, 0);
  metrics.gauge({ name: 'level', help: 'Level.' }).set(1.5);
  metrics.histogram({ name: 'took_seconds', help: 'Took.', buckets: [0.1, 1] }).observe(0.5);
  const text = await metrics.render();
  for (const line of [
    '# HELP calls_total Calls.',
    '# TYPE calls_total counter',
    'calls_total{method="a"} 3',
    'calls_total{method="b"} 0',
    '# TYPE level gauge',
    'level 1.5',
    '# TYPE took_seconds histogram',
    'took_seconds_bucket{le="0.1"} 0',
    'took_seconds_bucket{le="1"} 1',
    'took_seconds_bucket{le="+Inf"} 1',
    'took_seconds_sum 0.5',
    'took_seconds_count 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line}\nin\n${text}`);
  }
  assert.equal(metrics.contentType, 'text/plain; version=0.0.4; charset=utf-8');
});

test('metrics without labels are there from the start, at zero', async () => {
  const metrics = createMetrics();
  metrics.counter({ name: 'a_total', help: 'A.' });
  metrics.gauge({ name: 'b', help: 'B.' });
  metrics.histogram({ name: 'c', help: 'C.', buckets: [1] });
  const text = await metrics.render();
  assert.match(text, /^a_total 0$/m);
  assert.match(text, /^b 0$/m);
  assert.match(text, /^c_count 0$/m);
});

test('the same metric asked for twice is one; a different one under its name is refused', async () => {
  const metrics = createMetrics();
  const options = { name: 'n_total', help: 'N.', labels: ['x'] } as const;
  metrics.counter(options).inc({ x: '1' });
  metrics.counter(options).inc({ x: '1' });
  assert.match(await metrics.render(), /^n_total\{x="1"\} 2$/m);
  assert.throws(() => metrics.gauge(options), /n_total is a counter with labels \[x\]; it cannot be a gauge/);
  assert.throws(() => metrics.counter({ name: 'n_total', help: 'N.' }), /it cannot be a counter with labels \[\]/);
});

test('two registries are independent of each other', async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.counter({ name: 'a_total', help: 'A.' }).inc();
  assert.ok(!(await other.render()).includes('a_total'));
});

test('collectors run before each scrape, and one that throws does not stop the others', async () => {
  const metrics = createMetrics();
  const gauge = metrics.gauge({ name: 'scrapes', help: 'S.' });
  let scrapes = 0;
  metrics.onScrape(() => {
    throw new Error('broken');
  });
  metrics.onScrape(() => gauge.set(++scrapes));
  assert.match(await metrics.render(), /^scrapes 1$/m);
  const text = await metrics.render();
  assert.match(text, /^scrapes 2$/m);
  assert.match(text, /^csi_attacher_scrape_errors_total 2$/m);
});

test('the process is shown under the names of every Prometheus client, and CPU time only grows', async () => {
  const metrics = createMetrics();
  const stats: ProcessStats = {
    cpuSeconds: 1.5,
    startSeconds: 1_700_000_000,
    residentBytes: 60e6,
    virtualBytes: undefined,
    maxVirtualBytes: 2 ** 64,
    openFiles: 20,
    maxFiles: 1024,
    receivedBytes: 1_000,
    sentBytes: undefined,
    heapUsedBytes: 1,
    heapTotalBytes: 2,
    externalBytes: 3,
    eventLoopUtilization: 0.25,
  };
  registerProcessMetrics(metrics, () => stats);
  assert.match(await metrics.render(), /^process_cpu_seconds_total 1.5$/m);
  stats.cpuSeconds = 2.25;
  stats.receivedBytes = 1_500;
  const text = await metrics.render();
  assert.match(text, /^process_cpu_seconds_total 2.25$/m);
  assert.match(text, /^process_start_time_seconds 1700000000$/m);
  assert.match(text, /^process_resident_memory_bytes 60000000$/m);
  assert.match(text, /^process_open_fds 20$/m);
  assert.match(text, /^process_max_fds 1024$/m);
  assert.match(text, /^process_virtual_memory_max_bytes 18446744073709552000$/m);
  assert.match(text, /^process_network_receive_bytes_total 1500$/m);
  assert.match(text, /^process_network_transmit_bytes_total 0$/m);
  assert.match(text, /^nodejs_eventloop_utilization 0.25$/m);
});

test('neither push gateway nor cluster nor HTTP is loaded for metrics', async () => {
  const script = `
    await import(${JSON.stringify(new URL('./metrics.ts', import.meta.url).href)});
    const cached = Object.keys((await import('node:module')).default.createRequire('file:///')('node:module')._cache);
    const loaded = process.moduleLoadList.filter((name) => /NativeModule (http|https|cluster)$/.test(name));
    process.stdout.write(JSON.stringify({ loaded, own: cached.filter((f) => /pushgateway|lib\\/cluster/.test(f)) }));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  assert.deepEqual(JSON.parse(stdout), { loaded: [], own: [] });
});
