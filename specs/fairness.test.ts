import assert from 'node:assert/strict';
import { test } from 'node:test';
import { driverName, finalizer, inWorld, type World } from '../testing/support/world.ts';

const minute = 60_000;

/** `count` attachments that are attached and marked for deletion, on as many nodes as `nodes` says. */
async function storeDetaching(world: World, count: number, nodes: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.storeAttachment({
      ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment' },
      metadata: {
        ...{ name: `old${i}`, finalizers: [finalizer], deletionTimestamp: '2026-01-01T00:00:00Z' },
        annotations: { 'csi.alpha.kubernetes.io/node-id': 'id', 'csi-attacher/volume-handle': `h${i}` },
      },
      spec: { attacher: driverName, nodeName: `node${i % nodes}`, source: { persistentVolumeName: `gone${i}` } },
      status: { attached: true },
    });
  }
}

test('10,000 detaches that hang in the driver do not delay a new attach', async () => {
  await inWorld({}, async (world) => {
    world.driver.faults.next(1_000_000, { kind: 'hang' }, { method: 'ControllerUnpublishVolume' });
    await storeDetaching(world, 10_000, 500);
    await world.clock.advance(minute);
    assert.deepEqual(await world.metric('csi_attacher_in_flight'), [
      'csi_attacher_in_flight{operation="attach"} 0',
      'csi_attacher_in_flight{operation="detach"} 100',
    ]);
    assert.ok(world.calls('ControllerUnpublishVolume') >= 100);
    world.driver.faults.set('ControllerPublishVolume', { delayMs: 200 });
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(250);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    world.driver.heal();
  });
});

test('the backlog is shown by lane with its age, and told of in the log when it is old', async () => {
  await inWorld({ flags: ['--worker-threads=4', '--timeout=10m'] }, async (world) => {
    world.driver.faults.next(1_000_000, { kind: 'hang' }, { method: 'ControllerUnpublishVolume' });
    await storeDetaching(world, 20, 20);
    await world.clock.advance(2 * minute);
    const value = async (name: string): Promise<number> => {
      const line = (await world.metric(name)).find((sample) => sample.includes('operation="detach"'));
      return Number(line?.split(' ')[1]);
    };
    assert.equal(await value('csi_attacher_backlog'), 16);
    assert.equal(await value('csi_attacher_in_flight'), 4);
    assert.ok((await value('csi_attacher_backlog_oldest_seconds')) >= 119);
    const told = world.log.filter((line) => line.includes('Attachments wait for a worker'));
    assert.ok(told.length >= 2);
    assert.match(told[0] ?? '', /operation="detach" waiting=16 running=4 workers=4/);
    world.driver.heal();
  });
});

test('a node whose volumes hang leaves a quarter of the lane to the others', async () => {
  await inWorld({ flags: ['--worker-threads=8', '--timeout=10m'] }, async (world) => {
    await world.addNode('bad');
    await world.addNode('good');
    world.driver.faults.next(1000, { kind: 'hang' }, { nodeId: 'id-bad' });
    for (let i = 0; i < 30; i++) {
      await world.addVolume(`bad${i}`);
      await world.addAttachment(`bad${i}`, `bad${i}`, 'bad');
    }
    for (let i = 0; i < 5; i++) {
      await world.addVolume(`good${i}`);
      await world.addAttachment(`good${i}`, `good${i}`, 'good');
    }
    await world.clock.advance(10);
    assert.equal(world.published.length, 5);
    world.driver.heal();
    await world.clock.advance(3_000);
    assert.equal(world.published.length, 35);
  });
});

test('a resync wakes nobody who waits for a retry, and nobody who is done', async () => {
  await inWorld({ flags: ['--resync=10s', '--retry-interval-start=4m'] }, async (world) => {
    await world.attachOne();
    await world.addVolume('pv2');
    world.driver.faults.next(1, { kind: 'error', code: 13 }, { volumeId: 'h-pv2' });
    await world.addAttachment('va2', 'pv2', 'n1');
    await world.clock.advance(3 * minute);
    assert.equal(world.calls('ControllerPublishVolume'), 2);
    await world.clock.advance(2 * minute);
    assert.equal(world.calls('ControllerPublishVolume'), 3);
  });
});

test('attachments of other drivers take no place in the queue', async () => {
  await inWorld({}, async (world) => {
    for (let i = 0; i < 10; i++) {
      await world.storeAttachment({
        ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: `theirs${i}` } },
        spec: { attacher: 'other.csi', nodeName: 'n1', source: { persistentVolumeName: 'pv' } },
      });
    }
    await world.attachOne();
    assert.equal([...world.app.attachments()].length, 1);
    const adds = (await world.metric('workqueue_adds_total')).find((line) => line.includes('csi-attacher-va'));
    assert.ok(Number(adds?.split(' ')[1]) <= 3, adds);
  });
});
