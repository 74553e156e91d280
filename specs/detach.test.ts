import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentName } from '../src/attacher/volume/handle.ts';
import { Code } from '../src/csi/errors.ts';
import {
  attachmentsPath,
  csiNodesPath,
  driverName,
  finalizer,
  inWorld,
  volumesPath,
} from '../testing/support/world.ts';

test('a detach unpublishes once and takes one write, and the object is gone', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    world.writes.length = 0;
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.equal(await world.attachment('va1'), undefined);
    assert.deepEqual(world.writes, ['PATCH volumeattachments/va1']);
    assert.equal(world.calls('ControllerUnpublishVolume'), 1);
    assert.deepEqual(world.published, []);
  });
});

test('an object that another finalizer keeps is shown as detached, with one write more', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1', { finalizers: ['example.com/theirs'] });
    await world.clock.advance(10);
    world.writes.length = 0;
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    const kept = await world.attachment('va1');
    assert.deepEqual(kept?.metadata.finalizers, ['example.com/theirs']);
    assert.equal(kept?.status.attached, false);
    assert.equal(kept?.status.attachmentMetadata, undefined);
    assert.deepEqual(world.writes, ['PATCH volumeattachments/va1', 'PATCH volumeattachments/va1/status']);
    assert.equal(world.calls('ControllerUnpublishVolume'), 1);
  });
});

test('the finalizer stays until an unpublish has succeeded, whatever the error', async () => {
  for (const code of [Code.NotFound, Code.Internal, Code.DeadlineExceeded, Code.Unavailable, Code.Unknown]) {
    await inWorld({}, async (world) => {
      await world.attachOne();
      world.driver.faults.next(3, { kind: 'error', code, message: 'no' });
      await world.deleteAttachment('va1');
      await world.clock.advance(2_000);
      const stuck = await world.attachment('va1');
      assert.deepEqual(stuck?.metadata.finalizers, [finalizer]);
      assert.equal(stuck?.status.detachError.errorCode, code);
      await world.clock.advance(20_000);
      assert.equal(await world.attachment('va1'), undefined);
      assert.deepEqual(world.published, []);
    });
  }
});

test('a finalizer write that fails is repeated without a second unpublish', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    world.fault = ({ method }) => (method === 'PATCH' ? { refuse: { kind: 'broken', sent: true } } : undefined);
    await world.deleteAttachment('va1');
    await world.clock.advance(10_000);
    world.fault = () => undefined;
    await world.clock.advance(60_000);
    assert.equal(await world.attachment('va1'), undefined);
    assert.equal(world.calls('ControllerUnpublishVolume'), 1);
  });
});

test('a finalizer write whose answer was lost after it was done is not an error', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    world.fault = ({ method }) => (method === 'PATCH' ? { loseAnswer: true } : undefined);
    await world.deleteAttachment('va1');
    await world.clock.advance(30_000);
    assert.equal(await world.attachment('va1'), undefined);
    assert.equal(world.calls('ControllerUnpublishVolume'), 1);
  });
});

test('a volume that was deleted by force is detached by the handle that its attachment remembers', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    const name = attachmentName('h-pv1', driverName, 'n1');
    await world.addAttachment(name, 'pv1', 'n1');
    await world.clock.advance(10);
    await world.request('DELETE', `${volumesPath}/pv1`);
    await world.merge(`${volumesPath}/pv1`, { metadata: { finalizers: null } });
    assert.equal(await world.volume('pv1'), undefined);
    await world.deleteAttachment(name);
    await world.clock.advance(10);
    assert.equal(await world.attachment(name), undefined);
    assert.deepEqual(world.published, []);
  });
});

test('a remembered handle that the attachment’s name disproves is not used', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    const name = attachmentName('h-pv1', driverName, 'n1');
    await world.addAttachment(name, 'pv1', 'n1');
    await world.clock.advance(10);
    await world.merge(`${attachmentsPath}/${name}`, {
      metadata: { annotations: { 'csi-attacher/volume-handle': 'h-x' } },
    });
    await world.request('DELETE', `${volumesPath}/pv1`);
    await world.merge(`${volumesPath}/pv1`, { metadata: { finalizers: null } });
    await world.deleteAttachment(name);
    await world.clock.advance(10);
    assert.match((await world.attachment(name))?.status.detachError.message, /"h-x", which is not the volume that/);
    assert.equal(world.calls('ControllerUnpublishVolume'), 0);
  });
});

test('a secret that is gone does not hold up a detach', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.request('POST', '/api/v1/namespaces/default/secrets', {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } },
      stringData: { key: 'value-that-nobody-may-see' },
    });
    await world.addVolume('pv1', { controllerPublishSecretRef: { name: 's', namespace: 'default' } });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    await world.request('DELETE', '/api/v1/namespaces/default/secrets/s');
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.equal(await world.attachment('va1'), undefined);
    assert.ok(world.log.some((line) => line.startsWith('W') && line.includes('calling without secrets')));
    assert.ok(!world.log.some((line) => line.includes('value-that-nobody-may-see')));
  });
});

for (const [what, change] of [
  ['the CSINode is gone', 'delete'],
  ['the driver is not on the CSINode', 'empty'],
  ['the node was created again with another id', 'rename'],
] as const) {
  test(`a detach goes to the id that was published when ${what}`, async () => {
    await inWorld({}, async (world) => {
      await world.attachOne();
      if (change === 'delete') await world.request('DELETE', `${csiNodesPath}/n1`);
      if (change === 'empty') await world.merge(`${csiNodesPath}/n1`, { spec: { drivers: [] } });
      if (change === 'rename') await world.renameNode('n1', 'other');
      await world.deleteAttachment('va1');
      await world.clock.advance(10);
      assert.equal(await world.attachment('va1'), undefined);
      assert.deepEqual(world.published, []);
      // An id in another form may stand for the same machine, and a driver says OK for one that it does not know.
      assert.equal(world.calls('ControllerUnpublishVolume'), change === 'rename' ? 2 : 1);
    });
  });
}

test('a driver that has a volume under another id than the annotation says is asked about both before it is let go', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1', 'worker-1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    await world.renameNode('n1', 'uuid-1');
    // The second call fails: the first one's OK is not enough.
    world.driver.faults.next(2, { kind: 'error', code: Code.Internal, message: 'busy' }, { nodeId: 'uuid-1' });
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.deepEqual((await world.attachment('va1'))?.metadata.finalizers, [finalizer]);
    await world.clock.advance(10_000);
    assert.equal(await world.attachment('va1'), undefined);
  });
});

test('a driver that does not know the published id is asked about the node’s present one', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    await world.renameNode('n1', 'new');
    world.driver.faults.next(1, { kind: 'error', code: Code.NotFound, message: 'no such node' }, { nodeId: 'id-n1' });
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.equal(await world.attachment('va1'), undefined);
    assert.equal(world.calls('ControllerUnpublishVolume'), 2);
  });
});

test('a publish that was uncertain is undone when the attachment is deleted', async () => {
  await inWorld({ flags: ['--timeout=5s'] }, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    world.driver.faults.next(1, { kind: 'hang after' }, { method: 'ControllerPublishVolume' });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(1_000);
    await world.deleteAttachment('va1');
    await world.clock.advance(30_000);
    assert.equal(await world.attachment('va1'), undefined);
    assert.deepEqual(world.published, []);
  });
});

test('the finalizer leaves a volume that is to be deleted once its last attachment is gone', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    await world.merge(`${volumesPath}/pv1`, { metadata: { finalizers: [finalizer] } });
    await world.request('DELETE', `${volumesPath}/pv1`);
    await world.clock.advance(10);
    assert.deepEqual((await world.volume('pv1'))?.metadata.finalizers, [finalizer]);
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.equal(await world.volume('pv1'), undefined);
  });
});

test('an attachment that is created again under its name is attached anew', async () => {
  await inWorld({}, async (world) => {
    const first = await world.attachOne();
    await world.deleteAttachment('va1');
    await world.addAttachment('va1', 'pv1', 'n1').catch(() => undefined);
    await world.clock.advance(10);
    if ((await world.attachment('va1')) === undefined) await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const second = await world.attachment('va1');
    assert.notEqual(second?.metadata.uid, first.metadata.uid);
    assert.equal(second?.status.attached, true);
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
  });
});

test('a deletion during an attach that then fails is acted on at once, not after the backoff of the attach', async () => {
  await inWorld({ flags: ['--retry-interval-start=5m'] }, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    const fault = { kind: 'error', code: Code.Internal, message: 'no' } as const;
    world.driver.faults.set('ControllerPublishVolume', { delayMs: 5_000 });
    world.driver.faults.next(1, fault, { method: 'ControllerPublishVolume' });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(1_000);
    await world.deleteAttachment('va1');
    await world.clock.advance(6_000);
    assert.equal(await world.attachment('va1'), undefined);
  });
});
