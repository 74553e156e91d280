import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentsPath, inWorld, volumesPath } from '../../testing/support/world.ts';

const finalizer = 'external-attacher/test-csi-example';

for (const bookmarks of [true, false]) {
  test(`a new leader lets a volume go within seconds while the watch of attachments has nothing to tell, ${
    bookmarks ? 'bookmarks once a minute' : 'no bookmarks'
  }`, async () => {
    await inWorld({ features: { bookmarks } }, async (world) => {
      await world.attachOne();
      await world.request('DELETE', `${attachmentsPath}/va1`);
      await world.clock.advance(1_000);
      // What others write is newer than the last event of an attachment when the next term begins.
      await world.addNode('n2');
      world.driver.cut();
      await world.clock.advance(5_000);
      await world.request('DELETE', `${volumesPath}/pv1`);
      await world.clock.advance(3_000);
      assert.ok(!(await world.volume('pv1'))?.metadata.finalizers?.includes(finalizer));
    });
  });
}
