import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentsPath, inWorld, World } from '../testing/support/world.ts';

const minute = 60_000;
const elected = ['--leader-election=true', '--leader-election-namespace=default'];
const leasesPath = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const leasePath = `${leasesPath}/external-attacher-leader-test-csi-example`;

/** Has somebody else hold the lease, by the world's clock. */
async function takeLease(world: World, holderIdentity = 'another'): Promise<void> {
  const now = new Date(world.clock.now()).toISOString().replace('Z', '000Z');
  const spec = { holderIdentity, leaseDurationSeconds: 15, acquireTime: now, renewTime: now, leaseTransitions: 1 };
  if (world.peek(leasePath) !== undefined) await world.merge(leasePath, { spec });
  else {
    const metadata = { name: 'external-attacher-leader-test-csi-example' };
    await world.request('POST', leasesPath, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
  }
}

test('a leader that is stopped finishes what runs, writes it, takes nothing new, and gives the lease back', async () => {
  const world = new World({ flags: elected });
  await world.start();
  await world.addNode('n1');
  await world.addVolume('pv1');
  await world.addVolume('pv2');
  world.driver.faults.set('ControllerPublishVolume', { delayMs: 10_000 });
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(1_000);
  const stopped = world.stop();
  await world.addAttachment('va2', 'pv2', 'n1');
  await stopped;
  assert.equal(world.peek(`${attachmentsPath}/va1`)?.status.attached, true);
  assert.equal(world.peek(`${attachmentsPath}/va2`)?.status?.attached ?? false, false);
  assert.equal(world.calls('ControllerPublishVolume'), 1);
  assert.equal(world.peek(leasePath)?.spec.holderIdentity, '');
});

test('a leader that is stopped waits for a call that hangs no longer than --timeout', async () => {
  const world = new World({ flags: [...elected, '--timeout=20s'] });
  await world.start();
  await world.addNode('n1');
  await world.addVolume('pv1');
  world.driver.faults.next(1, { kind: 'hang' }, { method: 'ControllerPublishVolume' });
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(1_000);
  const start = world.clock.monotonic();
  let stoppedAt = 0;
  const stopped = world.stop().then(() => {
    stoppedAt = world.clock.monotonic();
  });
  await stopped;
  assert.ok(stoppedAt - start <= minute, `${stoppedAt - start} ms`);
});

test('a leader that is stopped gives up what runs after --timeout, however slow the API server is', async () => {
  const world = new World({ flags: [...elected, '--timeout=5s'] });
  await world.start();
  await world.addNode('n1');
  await world.addVolume('pv1');
  world.fault = ({ method, path }) =>
    method === 'PATCH' && !path.includes('leases') ? { delayMs: 25_000 } : undefined;
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(1_000);
  const start = world.clock.monotonic();
  let stoppedAt = Number.POSITIVE_INFINITY;
  await world.stop().then(() => {
    stoppedAt = world.clock.monotonic();
  });
  assert.equal(world.calls('ControllerPublishVolume'), 0);
  // A write that was given up may still be done, and the world moves on by whole minutes while it stops.
  assert.match(world.log.join('\n'), /No longer leader|released/i);
  assert.ok(stoppedAt - start <= minute, `${stoppedAt - start} ms`);
});

test('a standby attaches nothing, keeps its caches warm, and ends at once', async () => {
  const world = new World({ flags: elected });
  await takeLease(world);
  await world.start();
  await world.addNode('n1');
  await world.addVolume('pv1');
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(5_000);
  assert.equal(world.calls('ControllerPublishVolume'), 0);
  assert.deepEqual(world.writes, []);
  assert.equal([...world.app.attachments()].length, 1);
  assert.equal(world.app.leaseError, undefined);
  await world.stop();
  assert.equal(world.peek(leasePath)?.spec.holderIdentity, 'another');
});

test('a leader that loses its lease writes nothing more, and campaigns again in the same process', async () => {
  await inWorld({ flags: elected }, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    world.driver.faults.next(1, { kind: 'slow', delayMs: 30_000 }, { method: 'ControllerPublishVolume' });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(1_000);
    world.writes.length = 0;
    await takeLease(world);
    await world.clock.advance(14_000);
    assert.deepEqual(
      world.writes.filter((write) => !write.includes('leases/')),
      [],
    );
    // The other one vanishes without a word.
    await world.clock.advance(2 * minute);
    assert.match(world.peek(leasePath)?.spec.holderIdentity ?? '', /^host_/);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    assert.equal(world.driver.journal.counts.overlaps, 0);
  });
});

test('a new leader whose cache lags asks the server before it acts', async () => {
  const world = new World({ flags: elected });
  await takeLease(world);
  await world.start();
  await world.addNode('n1');
  await world.addVolume('pv1');
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(10);
  // What the former leader does from here on, and the end of its object, is not seen by our watch for a while.
  world.fault = ({ path }) =>
    path.includes('watch=1') && path.includes('volumeatt') ? { answerDelayMs: minute } : undefined;
  world.server.endWatches();
  await world.clock.advance(10);
  await world.deleteAttachment('va1');
  assert.equal(await world.attachment('va1'), undefined);
  await takeLease(world, '');
  await world.clock.advance(15_000);
  assert.match(world.peek(leasePath)?.spec.holderIdentity ?? '', /^host_/);
  assert.equal(world.calls('ControllerPublishVolume'), 0);
  await world.clock.advance(5 * minute);
  assert.equal(world.calls('ControllerPublishVolume'), 0);
  await world.stop();
});

test('the lease does not wait behind the traffic of volumes', async () => {
  await inWorld({ flags: [...elected, '--kube-api-qps=1', '--kube-api-burst=1'] }, async (world) => {
    await world.addNode('n1');
    for (let i = 0; i < 100; i++) {
      await world.addVolume(`pv${i}`);
      await world.addAttachment(`va${i}`, `pv${i}`, 'n1');
    }
    const first = world.peek(leasePath)?.spec.acquireTime;
    for (let i = 0; i < 12; i++) {
      await world.clock.advance(10_000);
      const renewed = Date.parse(world.peek(leasePath)?.spec.renewTime);
      assert.ok(world.clock.now() - renewed < 10_000, 'the lease is old');
    }
    assert.equal(world.peek(leasePath)?.spec.acquireTime, first);
    assert.ok(world.published.length < 100, 'the volumes do wait');
  });
});

test('without election an attacher leads as long as it runs, and touches no lease', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    assert.equal(world.peek(leasePath), undefined);
    assert.ok(!world.writes.some((write) => write.includes('leases')));
    assert.equal(world.app.leaseError, undefined);
  });
});
