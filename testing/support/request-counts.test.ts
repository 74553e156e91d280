import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attacherWrites, countsBetween, parseRequestCounts } from './request-counts.ts';

const page = `# HELP apiserver_request_total [STABLE] Counter of apiserver requests
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="storage.k8s.io",resource="volumeattachments",scope="resource",subresource="status",verb="PATCH",version="v1"} 12
apiserver_request_total{code="409",component="apiserver",dry_run="",group="storage.k8s.io",resource="volumeattachments",scope="resource",subresource="status",verb="PATCH",version="v1"} 3
apiserver_request_total{code="201",component="apiserver",dry_run="",group="storage.k8s.io",resource="volumeattachments",scope="resource",subresource="",verb="POST",version="v1"} 1e+03
apiserver_request_duration_seconds_count{verb="PATCH",resource="x"} 7
`;

test('requests are added up over their codes, by verb, resource and subresource', () => {
  assert.deepEqual(Object.fromEntries(parseRequestCounts(page)), {
    'PATCH volumeattachments/status': 15,
    'POST volumeattachments': 1_000,
  });
});

test('between two readings only what was added counts', () => {
  const before = new Map([
    ['GET nodes', 5],
    ['PATCH pods', 1],
  ]);
  const after = new Map([
    ['GET nodes', 5],
    ['PATCH pods', 4],
    ['POST events', 2],
  ]);
  assert.deepEqual(Object.fromEntries(countsBetween(before, after)), { 'PATCH pods': 3, 'POST events': 2 });
});

test('an attacher’s writes are neither reads nor the workload’s own requests nor the lease', () => {
  const counts = new Map([
    ['PATCH volumeattachments', 2],
    ['PATCH volumeattachments/status', 3],
    ['POST volumeattachments', 9],
    ['DELETE volumeattachments', 9],
    ['PATCH persistentvolumes', 4],
    ['PUT persistentvolumes', 1],
    ['POST events', 5],
    ['PUT leases', 6],
    ['GET persistentvolumes', 7],
    ['LIST volumeattachments', 8],
  ]);
  assert.deepEqual(Object.fromEntries(attacherWrites(counts)), {
    'PATCH volumeattachments': 2,
    'PATCH volumeattachments/status': 3,
    'PATCH persistentvolumes': 4,
    'PUT persistentvolumes': 1,
    'POST events': 5,
  });
});
