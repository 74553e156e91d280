import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentsPath, finalizer, inWorld, type World } from '../testing/support/world.ts';

const elected = ['--leader-election=true', '--leader-election-namespace=default'];
const lost = /gone back to before this attachment.*attachment="?va-late"?.*node="?n1"?.*volume="?pv-late"?/;

/** One volume attached before the backup, one being detached then, and one attached after it. */
async function restoreOver(world: World): Promise<void> {
  await world.attachOne();
  await world.addVolume('pv-old');
  await world.addAttachment('va-old', 'pv-old', 'n1');
  await world.clock.advance(60_000);
  const backup = world.server.backup();
  await world.clock.advance(60_000);
  await world.addVolume('pv-late');
  await world.addAttachment('va-late', 'pv-late', 'n1');
  await world.clock.advance(1_000);
  await world.deleteAttachment('va-old');
  await world.clock.advance(60_000);
  assert.deepEqual(world.published, ['h-pv-late@id-n1', 'h-pv1@id-n1']);
  world.server.restore(backup);
}

for (const flags of [[], elected]) {
  test(`after a restore of etcd work goes on, and what was attached since is named and left alone (${flags.length === 0 ? 'no election' : 'elected'})`, async () => {
    await inWorld({ flags }, async (world) => {
      await restoreOver(world);
      await world.clock.advance(31_000);
      assert.equal(world.log.filter((line) => lost.test(line)).length, 1, world.log.slice(-20).join('\n'));
      assert.equal(await world.attachment('va-late'), undefined);
      assert.ok(world.published.includes('h-pv-late@id-n1'), 'a pod may still be using it');
      // What the backup says is attached is attached again, though it was detached since.
      assert.equal(world.peek(`${attachmentsPath}/va-old`)?.status.attached, true);
      await world.addVolume('pv2');
      await world.addAttachment('va2', 'pv2', 'n1');
      await world.clock.advance(5_000);
      assert.equal(world.peek(`${attachmentsPath}/va2`)?.status.attached, true);
      await world.deleteAttachment('va1');
      await world.clock.advance(5_000);
      assert.equal(await world.attachment('va1'), undefined);
      assert.ok(!world.published.includes('h-pv1@id-n1'));
      await world.clock.advance(600_000);
      assert.ok(world.published.includes('h-pv-late@id-n1'));
    });
  });
}

test('an attachment that was created again after a restore is attached, whatever was remembered of the one before', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    const backup = world.server.backup();
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(1_000);
    world.server.restore(backup);
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(5_000);
    const attachment = world.peek(`${attachmentsPath}/va1`);
    assert.equal(attachment?.status.attached, true);
    assert.deepEqual(attachment?.metadata.finalizers, [finalizer]);
    await world.deleteAttachment('va1');
    await world.clock.advance(5_000);
    assert.deepEqual(world.published, []);
  });
});

test('an attachment whose deletion is undone by a restore is not detached on the ground of what was seen before', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    const backup = world.server.backup();
    world.driver.faults.next(100, { kind: 'error', code: 13 }, { method: 'ControllerUnpublishVolume' });
    await world.deleteAttachment('va1');
    await world.clock.advance(2_000);
    const calls = world.calls('ControllerUnpublishVolume');
    world.server.restore(backup);
    await world.clock.advance(120_000);
    assert.equal(world.peek(`${attachmentsPath}/va1`)?.metadata.deletionTimestamp, undefined);
    assert.ok(world.calls('ControllerUnpublishVolume') <= calls + 1);
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
  });
});
