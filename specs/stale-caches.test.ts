import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeIdAnnotation, volumeHandleAnnotation } from '../src/attacher/state/names.ts';
import { attachmentsPath, driverName, finalizer, inWorld, type World } from '../testing/support/world.ts';

/** The watch of attachments lags by a minute: an attachment that is there is not seen yet when the leader begins. */
async function lag(world: World): Promise<void> {
  await world.addNode('n1');
  await world.addVolume('pv1');
  world.fault = ({ path }) => (path.includes('/volumeattachments?watch') ? { answerDelayMs: 60_000 } : undefined);
  world.server.endWatches();
  await world.clock.advance(1_000);
  await world.addAttachment('va1', 'pv1', 'n1');
  // Newer than the attachment: its first event will not make the cache as new as the server was at the beginning.
  await world.addNode('n2');
  world.driver.cut();
  await world.clock.advance(1_000);
}

test('an attachment that was detached is not attached again from a cache that shows it as it was before', async () => {
  await inWorld({ flags: ['--resync=10s'] }, async (world) => {
    await lag(world);
    await world.clock.advance(61_000);
    assert.equal(world.peek(`${attachmentsPath}/va1`)?.status.attached, true);
    await world.request('DELETE', `${attachmentsPath}/va1`);
    // The resync has the server asked, which knows better than the cache.
    await world.clock.advance(30_000);
    assert.equal(world.peek(`${attachmentsPath}/va1`), undefined);
    assert.equal(world.driver.ledger.size, 0);
    await world.clock.advance(200_000);
    assert.equal(world.calls('ControllerPublishVolume'), 1);
    assert.equal(world.calls('ControllerUnpublishVolume'), 1);
  });
});

test('an attachment made anew behind a watch that says nothing is attached, and nobody is asked over and over', async () => {
  await inWorld({ flags: ['--resync=10s'] }, async (world) => {
    await world.attachOne();
    // Somebody keeps the object that is being deleted; then the watch goes silent.
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: [finalizer, 'example.com/hold'] } });
    await world.deleteAttachment('va1');
    await world.clock.advance(1_000);
    assert.equal(world.driver.ledger.size, 0);
    let reads = 0;
    world.fault = ({ method, path }) => {
      // Were it asked for ever, time would stand still.
      if (method === 'GET' && path.endsWith('/va1') && ++reads > 100) return { answerDelayMs: 60_000 };
      return path.includes('/volumeattachments?watch') ? { answerDelayMs: 120_000 } : undefined;
    };
    world.server.endWatches();
    await world.clock.advance(1_000);
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: [] } });
    await world.addAttachment('va1', 'pv1', 'n1');
    // A new term asks the server, and hears of an object that its store does not show.
    world.driver.cut();
    await world.clock.advance(30_000);
    assert.equal(world.peek(`${attachmentsPath}/va1`)?.status.attached, true);
    assert.ok(reads <= 10, `${reads} reads in half a minute`);
    world.fault = () => undefined;
    world.server.endWatches();
    await world.clock.advance(200_000);
  });
});

test('a volume is not taken from its node because a cache shows the node under the id that it had before', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1', 'old');
    await world.addVolume('pv1');
    world.fault = ({ path }) => (path.includes('/csinodes?watch') ? { answerDelayMs: 120_000 } : undefined);
    world.server.endWatches();
    await world.clock.advance(1_000);
    await world.renameNode('n1', 'new');
    // As another leader left it, whose last renewal of the attach failed.
    await world.storeAttachment({
      metadata: {
        name: 'va1',
        finalizers: [finalizer],
        annotations: { [nodeIdAnnotation]: 'new', [volumeHandleAnnotation]: 'h-pv1' },
      },
      spec: { attacher: driverName, nodeName: 'n1', source: { persistentVolumeName: 'pv1' } },
      status: { attached: true, attachError: { time: '2026-01-01T00:00:00Z', message: 'boom' } },
    });
    await world.clock.advance(1_000);
    assert.equal(world.peek(`${attachmentsPath}/va1`)?.status.attachError, undefined);
    assert.equal(world.calls('ControllerUnpublishVolume'), 0);
    assert.deepEqual(world.published, ['h-pv1@new']);
    world.fault = () => undefined;
    world.server.endWatches();
    await world.clock.advance(200_000);
  });
});

test('an attachment that came and went while nothing could be watched is unpublished all the same', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: [finalizer, 'example.com/hold'] } });
    await world.deleteAttachment('va1');
    await world.clock.advance(1_000);
    const broken = { answer: { status: 500, headers: {}, body: Buffer.from('broken') } };
    world.fault = ({ path }) => (path.includes('/volumeattachments?watch') ? broken : undefined);
    world.server.endWatches();
    await world.clock.advance(1_000);
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: [] } });
    await world.addAttachment('va1', 'pv1', 'n1');
    // A new term asks the server, and attaches what its store does not show.
    world.driver.cut();
    await world.clock.advance(10_000);
    assert.equal(world.peek(`${attachmentsPath}/va1`)?.status.attached, true);
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers: null } });
    await world.deleteAttachment('va1');
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
    // The watch cannot go on from where it was: a list takes its place.
    world.server.restart();
    world.fault = () => undefined;
    await world.clock.advance(100_000);
    assert.deepEqual(world.published, []);
  });
});
