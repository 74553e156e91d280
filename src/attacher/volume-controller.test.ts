import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentsPath, inWorld, volumesPath } from '../../testing/support/world.ts';

test('a volume is let go even where the server sends no bookmarks that tell how fresh the cache is', async () => {
  await inWorld({ features: { bookmarks: false } }, async (world) => {
    await world.attachOne();
    await world.request('DELETE', `${attachmentsPath}/va1`);
    await world.clock.advance(1_000);
    // What others write is newer than the last event of an attachment when the next term begins.
    await world.addNode('n2');
    world.driver.cut();
    await world.clock.advance(5_000);
    await world.request('DELETE', `${volumesPath}/pv1`);
    await world.clock.advance(100_000);
    assert.ok((await world.volume('pv1'))?.metadata.finalizers?.includes('external-attacher/test-csi-example'));
    await world.clock.advance(100_000);
    assert.ok(!(await world.volume('pv1'))?.metadata.finalizers?.includes('external-attacher/test-csi-example'));
  });
});
