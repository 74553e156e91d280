import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../src/csi/errors.ts';
import { attachmentsPath, finalizer, inWorld, volumesPath } from '../testing/support/world.ts';

test('an attach writes finalizers first, publishes once, and shows the publish context', async () => {
  await inWorld({}, async (world) => {
    const attachment = await world.attachOne();
    assert.deepEqual(attachment.metadata.finalizers, [finalizer]);
    assert.deepEqual(attachment.metadata.annotations, {
      'csi.alpha.kubernetes.io/node-id': 'id-n1',
      'csi-attacher/volume-handle': 'h-pv1',
    });
    const publication = world.driver.ledger.get('h-pv1', 'id-n1');
    assert.deepEqual(attachment.status.attachmentMetadata, publication?.context);
    assert.equal(attachment.status.attachError, undefined);
    assert.ok((await world.volume('pv1'))?.metadata.finalizers?.includes(finalizer));
    assert.equal(world.calls('ControllerPublishVolume'), 1);
  });
});

test('an attach takes three writes for a new volume and two for one that has the finalizer', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addNode('n2');
    await world.addVolume('pv1', {}, { accessModes: ['ReadWriteMany'] });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    assert.deepEqual(world.writes.toSorted(), [
      'PATCH persistentvolumes/pv1',
      'PATCH volumeattachments/va1',
      'PATCH volumeattachments/va1/status',
    ]);
    world.writes.length = 0;
    await world.addAttachment('va2', 'pv1', 'n2');
    await world.clock.advance(10);
    assert.deepEqual(world.writes, ['PATCH volumeattachments/va2', 'PATCH volumeattachments/va2/status']);
  });
});

test('finalizers are durable before the driver is called', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    let checked = 0;
    world.driver.journal.subscribe(({ method, phase }) => {
      if (method !== 'ControllerPublishVolume' || phase !== 'start') return;
      checked++;
      for (const path of [`${attachmentsPath}/va1`, `${volumesPath}/pv1`]) {
        assert.ok(world.peek(path)?.metadata.finalizers?.includes(finalizer), `no finalizer on ${path} at the publish`);
      }
    });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    assert.equal(checked, 1);
  });
});

test('a publish whose answer is DeadlineExceeded is tried again, and the error is shown with its code', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    world.driver.faults.next(1, { kind: 'error', code: Code.DeadlineExceeded, message: 'too slow' });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const failed = await world.attachment('va1');
    assert.equal(failed?.status.attached, false);
    assert.equal(failed?.status.attachError.message, 'rpc error: code = DeadlineExceeded desc = too slow');
    assert.equal(failed?.status.attachError.errorCode, Code.DeadlineExceeded);
    await world.clock.advance(1_300);
    const attached = await world.attachment('va1');
    assert.equal(attached?.status.attached, true);
    assert.equal(attached?.status.attachError, undefined);
  });
});

test('a status write that fails is repeated without a second publish', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    world.fault = ({ method, path }) =>
      method === 'PATCH' && path.endsWith('/status') ? { refuse: { kind: 'broken', sent: true } } : undefined;
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10_000);
    assert.equal((await world.attachment('va1'))?.status.attached, false);
    world.fault = () => undefined;
    await world.clock.advance(60_000);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    assert.equal(world.calls('ControllerPublishVolume'), 1);
  });
});

test('a watch that lags behind our own writes does not cause a second publish', async () => {
  await inWorld({}, async (world) => {
    world.fault = ({ path }) => (path.includes('watch=1') ? { answerDelayMs: 30_000 } : undefined);
    world.server.endWatches();
    await world.clock.advance(60_000);
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(90_000);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    assert.equal(world.calls('ControllerPublishVolume'), 1);
    assert.equal(world.writes.length, 3, world.writes.join());
  });
});

test('a volume that waits for its node is attached as soon as the CSINode tells the id', async () => {
  await inWorld({}, async (world) => {
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(120_000);
    const waiting = await world.attachment('va1');
    assert.equal(waiting?.status.attachError.message, 'csinode "n1" not found');
    assert.equal(waiting?.metadata.finalizers, undefined);
    await world.addNode('n1');
    await world.clock.advance(10);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
  });
});

test('a volume that is marked for deletion is refused before any finalizer is put on anything', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.request('DELETE', `${volumesPath}/pv1`);
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const refused = await world.attachment('va1');
    assert.equal(refused?.status.attachError.message, 'PersistentVolume "pv1" is marked for deletion');
    assert.equal(refused?.metadata.finalizers, undefined);
    assert.ok(!(await world.volume('pv1'))?.metadata.finalizers?.includes(finalizer));
    assert.equal(world.calls('ControllerPublishVolume'), 0);
  });
});

test('other people’s finalizers and annotations stay', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    const metadata = { finalizers: ['example.com/theirs'], annotations: { 'example.com/note': 'x' } };
    await world.addAttachment('va1', 'pv1', 'n1', metadata);
    await world.clock.advance(10);
    const attached = await world.attachment('va1');
    assert.deepEqual(attached?.metadata.finalizers, ['example.com/theirs', finalizer]);
    assert.equal(attached?.metadata.annotations?.['example.com/note'], 'x');
    assert.ok((await world.volume('pv1'))?.metadata.finalizers?.includes('kubernetes.io/pv-protection'));
  });
});

test('a finalizer that somebody adds while we write ours survives', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    let raced = false;
    world.fault = ({ method, path }) => {
      if (method === 'PATCH' && path.endsWith('/va1') && !raced) {
        raced = true;
        world.server.handle(
          world.mergeRequest(`${attachmentsPath}/va1`, { metadata: { finalizers: ['example.com/a'] } }),
        );
      }
      return undefined;
    };
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    assert.deepEqual((await world.attachment('va1'))?.metadata.finalizers, ['example.com/a', finalizer]);
  });
});

test('a node that was created again with another id is left by the old id before the new one is published', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1', 'old');
    await world.addVolume('pv1');
    world.driver.faults.next(1, { kind: 'error after', code: Code.DeadlineExceeded }, { nodeId: 'old' });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    assert.deepEqual(world.published, ['h-pv1@old']);
    await world.renameNode('n1', 'new');
    await world.clock.advance(10);
    assert.deepEqual(world.published, ['h-pv1@new']);
    const attached = await world.attachment('va1');
    assert.equal(attached?.status.attached, true);
    assert.equal(attached?.metadata.annotations?.['csi.alpha.kubernetes.io/node-id'], 'new');
  });
});

test('an attachment that vanishes by force while its volume is published is unpublished all the same', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    world.driver.faults.set('ControllerPublishVolume', { delayMs: 5_000 });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(1_000);
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: null } });
    await world.deleteAttachment('va1');
    await world.clock.advance(30_000);
    assert.deepEqual(world.published, []);
    assert.equal(await world.attachment('va1'), undefined);
  });
});

test('a volume is unpublished also if our finalizer is taken off while others keep its attachment from going', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    world.driver.faults.set('ControllerPublishVolume', { delayMs: 5_000 });
    await world.addAttachment('va1', 'pv1', 'n1', { finalizers: ['example.com/hold'] });
    await world.clock.advance(1_000);
    await world.deleteAttachment('va1');
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: ['example.com/hold'] } });
    await world.clock.advance(30_000);
    assert.deepEqual(world.published, []);
    assert.deepEqual((await world.attachment('va1'))?.metadata.finalizers, ['example.com/hold']);
  });
});

test('an attached volume whose finalizer was taken off by hand gets it back', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: null } });
    await world.clock.advance(2_000);
    assert.deepEqual((await world.attachment('va1'))?.metadata.finalizers, [finalizer]);
  });
});

test('somebody who takes our finalizer off each time does not have the driver called each time', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    for (let second = 0; second < 60; second++) {
      await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: null } });
      await world.clock.advance(1_000);
    }
    assert.ok(world.calls('ControllerPublishVolume') <= 7, `${world.calls('ControllerPublishVolume')} calls`);
    assert.ok(world.log.some((line) => line.includes('is to be done again')));
    await world.clock.advance(60_000);
    assert.deepEqual((await world.attachment('va1'))?.metadata.finalizers, [finalizer]);
  });
});

test('a driver that does not know the former id of a node is asked to publish under the present one', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1', 'old');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    await world.renameNode('n1', 'new');
    world.driver.faults.next(10, { kind: 'error', code: Code.NotFound, message: 'no such node' }, { nodeId: 'old' });
    world.driver.ledger.clear();
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: null } });
    await world.clock.advance(2_000);
    assert.ok(world.published.includes('h-pv1@new'));
    const attached = await world.attachment('va1');
    assert.deepEqual([attached?.status.attached, attached?.status.attachError], [true, undefined]);
  });
});

test('an attached volume stays published under its id when the node has another one since, and both are left', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1', 'old');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    await world.renameNode('n1', 'new');
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: null } });
    await world.clock.advance(2_000);
    // A driver may write its ids in another form since, and a pod be using the volume.
    assert.deepEqual(world.published, ['h-pv1@old']);
    const attached = await world.attachment('va1');
    assert.deepEqual([attached?.status.attached, attached?.metadata.finalizers], [true, [finalizer]]);
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.equal(world.calls('ControllerUnpublishVolume'), 2);
    assert.deepEqual(world.published, []);
  });
});

test('a driver that cannot publish has its attachments marked at once: no finalizer, one write, no watch of volumes', async () => {
  await inWorld({ settings: { capabilities: [] } }, async (world) => {
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const attached = await world.attachment('va1');
    assert.equal(attached?.status.attached, true);
    assert.equal(attached?.metadata.finalizers, undefined);
    assert.deepEqual(world.writes, ['PATCH volumeattachments/va1/status']);
    assert.equal(world.server.watchCount, 1);
  });
});

test('a status write that was held up on its way does not reach an object created anew under the name', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    world.fault = ({ path }) => (path.endsWith('/va1/status') ? { delayMs: 5_000 } : undefined);
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(1_000);
    await world.request('DELETE', `${attachmentsPath}/va1`);
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: null } });
    world.driver.faults.next(100, { kind: 'error', code: Code.Internal });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(4_500);
    assert.equal(world.peek(`${attachmentsPath}/va1`)?.status.attached, false);
  });
});
