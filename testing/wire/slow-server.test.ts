import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig, until } from './rig.ts';

/** The durations that are the default. */
const flags = [
  '--leader-election-lease-duration=15s',
  '--leader-election-renew-deadline=10s',
  '--leader-election-retry-period=5s',
];

/** What the Go attacher needs from its first request until a volume is attached, in milliseconds, by what a request takes. */
const goNeedsMs = [
  [2_700, 20_000],
  [5_500, 35_000],
  [9_000, 55_000],
] as const;

describe('with an API server that takes seconds for a request', { concurrency: true }, () => {
  for (const [requestMs, withinMs] of goNeedsMs) {
    test(`of ${requestMs / 1_000} s an attacher leads and attaches within ${withinMs / 1_000} s`, async (context) => {
      const rig = await Rig.start(context, { driver: {} });
      rig.requestMs = () => requestMs;
      rig.cluster.addNodes('n1');
      rig.cluster.attach(rig.cluster.addVolumes(1), 'n1');
      const attacher = rig.attacher({ flags });
      // How long a process needs to start is the machine's.
      await until('it has asked for something', () => rig.requests.length > 0);
      const start = performance.now();
      await until('attached', () => rig.cluster.attached === 1, withinMs);
      context.diagnostic(`attached after ${Math.round(performance.now() - start)} ms at ${requestMs} ms a request`);
      assert.doesNotMatch(attacher.output, /No longer leader/);
      attacher.signal('SIGTERM');
      assert.equal(await attacher.ended, 0, attacher.output);
      rig.assertNoOverlap();
    });
  }

  test('a replica whose writes are never answered in time leaves the lease to one that is served at once', async (context) => {
    const rig = await Rig.start(context, { driver: {} });
    rig.requestMs = ({ from, method }) => (from !== 1 ? 0 : method === 'GET' ? 2_700 : 11_500);
    const slow = rig.attacher({ flags });
    await until('the slow one has tried', () => rig.cluster.leader !== '', 30_000);
    const fast = rig.attacher({ flags });
    await until('the fast one leads', () => /Became leader/.test(fast.output), 75_000);
    assert.doesNotMatch(slow.output, /Became leader/);
    slow.signal('SIGKILL');
    fast.signal('SIGTERM');
    await Promise.all([slow.ended, fast.ended]);
  });
});
