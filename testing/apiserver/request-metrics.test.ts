import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequest } from './request.ts';
import { RequestMetrics } from './request-metrics.ts';

function page(metrics: RequestMetrics): string {
  const answer = metrics.answer();
  assert.equal(answer.kind, 'done');
  return answer.kind === 'done' ? Buffer.from(answer.body).toString() : '';
}

test('requests are counted by verb, resource, subresource and code, with the labels of Kubernetes’ own metric', () => {
  const metrics = new RequestMetrics();
  const status = '/apis/storage.k8s.io/v1/volumeattachments/a/status';
  metrics.add(readRequest('PATCH', status), 'application/merge-patch+json', 200);
  metrics.add(readRequest('PATCH', status), 'application/merge-patch+json', 200);
  metrics.add(readRequest('PATCH', status), 'application/merge-patch+json', 409);
  metrics.add(readRequest('GET', '/api/v1/namespaces/kube-system/secrets?watch=true'), undefined, 200);
  const labels = (code: number) =>
    `code="${code}",component="apiserver",dry_run="",group="storage.k8s.io",resource="volumeattachments",` +
    'scope="resource",subresource="status",verb="PATCH",version="v1"';
  assert.deepEqual(page(metrics).split('\n').slice(2), [
    `apiserver_request_total{${labels(200)}} 2`,
    `apiserver_request_total{${labels(409)}} 1`,
    'apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="secrets",' +
      'scope="namespace",subresource="",verb="WATCH",version="v1"} 1',
    '',
  ]);
});

test('server-side apply has a verb of its own', () => {
  const metrics = new RequestMetrics();
  metrics.add(readRequest('PATCH', '/api/v1/persistentvolumes/a'), 'application/apply-patch+yaml', 200);
  assert.match(page(metrics), /verb="APPLY"/);
});

test('what is no object is not counted', () => {
  const metrics = new RequestMetrics();
  metrics.add(readRequest('GET', '/readyz'), undefined, 200);
  assert.doesNotMatch(page(metrics), /^apiserver_request_total\{/m);
});
