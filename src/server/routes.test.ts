import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Health } from './health.ts';
import { createRouter, type PageResponse, type RouterOptions, type Serves } from './routes.ts';

const all: Serves = { metrics: true, health: true, debug: true };
const healthOnly: Serves = { metrics: false, health: true, debug: false };

function ask(
  target: string,
  { serves = all, method = 'GET', ...options }: Partial<RouterOptions> & { serves?: Serves; method?: string } = {},
): Promise<PageResponse> {
  const [path = '', query] = target.split('?');
  const metrics = { render: async () => 'up 1\n', contentType: 'text/x-metrics' };
  const router = createRouter({ health: new Health(), metrics, metricsPath: '/metrics', ...options });
  return router(serves, { method, path, query: new URLSearchParams(query) });
}

test('metrics are at their path, which can be moved', async () => {
  assert.deepEqual(await ask('/metrics'), { status: 200, contentType: 'text/x-metrics', body: 'up 1\n' });
  assert.equal((await ask('/m', { metricsPath: '/m' })).body, 'up 1\n');
  assert.equal((await ask('/metrics', { metricsPath: '/m' })).status, 404);
});

test('the health paths answer 200 or 500, with the query’s wishes', async () => {
  const health = new Health();
  health.set('caches', 'ready', () => 'not read yet');
  const statuses = await Promise.all(
    ['/healthz', '/healthz/', '/livez', '/readyz', '/readyz?exclude=caches', '/readyz/ping', '/readyz/caches'].map(
      async (path) => (await ask(path, { health })).status,
    ),
  );
  assert.deepEqual(statuses, [200, 200, 200, 500, 200, 200, 500]);
  assert.match((await ask('/livez?verbose', { health })).body, /^\[\+\]ping ok$/m);
});

test('the path that manifests probe is always there, on the health address too', async () => {
  for (const serves of [all, healthOnly]) {
    const { status, body } = await ask('/healthz/leader-election', { serves });
    assert.deepEqual({ status, body }, { status: 200, body: 'ok' });
  }
});

test('a health address has neither metrics nor debug pages', async () => {
  assert.equal((await ask('/metrics', { serves: healthOnly })).status, 404);
  const inspect = { attachments: () => [] };
  assert.equal((await ask('/debug/attachments', { serves: healthOnly, inspect })).status, 404);
});

test('attachments are shown as JSON if somebody shows them', async () => {
  const inspect = { attachments: () => [{ name: 'csi-1' }] };
  assert.deepEqual(await ask('/debug/attachments', { inspect }), {
    status: 200,
    contentType: 'application/json',
    body: '[{"name":"csi-1"}]\n',
  });
  assert.equal((await ask('/debug/attachments')).status, 404);
});

test('an unknown path is answered with what exists at this address', async () => {
  const health = new Health();
  health.set('caches', 'ready', () => undefined);
  const { status, body } = await ask('/nope', { health });
  assert.equal(status, 404);
  assert.equal(
    body,
    '"/nope" does not exist. What does:\n/metrics\n/healthz\n/healthz/ping\n/healthz/leader-election\n/livez\n' +
      '/livez/ping\n/livez/leader-election\n/readyz\n/readyz/ping\n/readyz/leader-election\n/readyz/caches\n',
  );
  assert.ok(!(await ask('/nope', { serves: healthOnly })).body.includes('/metrics'));
  for (const path of ['/', '', '/healthzz', '/healthz/nope', '/healthz/ping/x', '/Metrics']) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

test('everything is read only', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const response = await ask('/metrics', { method });
    assert.equal(response.status, 405);
    assert.equal(response.allow, 'GET, HEAD');
  }
  assert.equal((await ask('/healthz', { method: 'HEAD' })).status, 200);
});
