import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentsPath, finalizer, inWorld, type World } from '../testing/support/world.ts';

const all = ['PUBLISH_UNPUBLISH_VOLUME', 'LIST_VOLUMES'] as const;

/** The driver ends and is started again, as a release or with a fault that can do only that. */
async function restartWith(world: World, capabilities: readonly (typeof all)[number][]): Promise<void> {
  world.driver.service.settings.capabilities = capabilities;
  world.driver.restart();
  await world.clock.advance(5_000);
}

test('what was published is not let go by a driver that says that it cannot publish any more', async () => {
  await inWorld({ settings: { capabilities: all } }, async (world) => {
    await world.attachOne();
    await restartWith(world, []);
    await world.deleteAttachment('va1');
    await world.clock.advance(60_000);
    const kept = await world.attachment('va1');
    assert.deepEqual(kept?.metadata.finalizers, [finalizer]);
    assert.match(
      kept?.status.detachError.message,
      /no PUBLISH_UNPUBLISH_VOLUME.*node id "id-n1".*see ".*" in the README/,
    );
    assert.ok((await world.events()).some(({ reason }) => reason === 'FailedDetachVolume'));
    assert.ok(world.log.some((line) => line.includes('no PUBLISH_UNPUBLISH_VOLUME')));
    assert.ok(!world.log.some((line) => line.includes('] "Detached"')));
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
    assert.ok((await world.volume('pv1'))?.metadata.finalizers?.includes(finalizer));
    await restartWith(world, all);
    assert.equal(await world.attachment('va1'), undefined);
    assert.deepEqual(world.published, []);
  });
});

test('an attachment that is attached stays so with a driver that cannot publish any more, and one that never was is marked', async () => {
  await inWorld({ settings: { capabilities: all } }, async (world) => {
    await world.attachOne();
    await restartWith(world, []);
    await world.addVolume('pv2');
    await world.addAttachment('va2', 'pv2', 'n1');
    await world.clock.advance(60_000);
    for (const name of ['va1', 'va2']) {
      const { attached, attachError } = (await world.attachment(name))?.status ?? {};
      assert.deepEqual([attached, attachError], [true, undefined], name);
    }
    assert.deepEqual((await world.attachment('va2'))?.metadata.finalizers ?? [], []);
  });
});

test('the way out: whoever knows that nothing is published takes node id and finalizer off', async () => {
  await inWorld({ settings: { capabilities: all } }, async (world) => {
    await world.attachOne();
    await restartWith(world, []);
    await world.deleteAttachment('va1');
    await world.clock.advance(10_000);
    const annotations = { 'csi.alpha.kubernetes.io/node-id': null };
    await world.merge(`${attachmentsPath}/va1`, { metadata: { annotations } });
    await world.clock.advance(10_000);
    assert.equal(await world.attachment('va1'), undefined);
  });
});
