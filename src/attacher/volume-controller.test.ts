import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentObject } from '../../testing/support/attacher/attachment-states.ts';
import { standIn } from '../../testing/support/attacher/stand-in.ts';
import { FakeClock, settle } from '../../testing/support/fake-clock.ts';
import { RecordingLogger } from '../../testing/support/recording-logger.ts';
import { RecordingMetrics } from '../../testing/support/recording-metrics.ts';
import { seededRandom } from '../../testing/support/seeded-random.ts';
import { attachmentsPath, inWorld, volumesPath } from '../../testing/support/world.ts';
import { Backoff } from '../base/backoff.ts';
import type { PersistentVolume, VolumeAttachment } from '../kube/api/objects.ts';
import { QueueMetrics } from '../queue/queue-metrics.ts';
import type { PvFinalizer } from './pv-finalizer.ts';
import { AssumeCache } from './state/assume-cache.ts';
import type { AttachmentIndex } from './state/attachment-index.ts';
import type { ConsistentReader } from './state/consistent-read.ts';
import { VolumeController } from './volume-controller.ts';

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

test('a volume keeps our finalizer while this term knows an attachment that the store has not come as far as', async () => {
  const clock = new FakeClock();
  const released: string[] = [];
  const memory = new AssumeCache();
  memory.watched(attachmentObject({ persistentVolumeName: 'pv', resourceVersion: '20' }));
  let storeVersion = 10;
  const controller = new VolumeController({
    ...{ clock, memory, logger: new RecordingLogger(), workers: 1, driver: 'd' },
    backoff: new Backoff({ startMs: 1000, maxMs: 10_000, random: seededRandom(1) }),
    queueMetrics: new QueueMetrics(new RecordingMetrics(), 'csi-attacher-pv'),
    term: { signal: new AbortController().signal, held: () => true },
    attachments: standIn<ConsistentReader<VolumeAttachment>>({
      fresh: true,
      covers: (version) => storeVersion >= Number(version),
    }),
    volumes: standIn<ConsistentReader<PersistentVolume>>({
      read: () => ({ name: 'pv', uid: 'u' }) as PersistentVolume,
    }),
    index: standIn<AttachmentIndex>({ ofVolume: () => [] }),
    pvFinalizer: standIn<PvFinalizer>({
      mayRelease: () => true,
      release: ({ name }) => {
        released.push(name);
        return Promise.resolve();
      },
    }),
  });
  controller.queue.wake('pv');
  await settle();
  await clock.advance(5_000);
  assert.deepEqual(released, []);
  storeVersion = 20;
  await clock.advance(2_000);
  assert.deepEqual(released, ['pv']);
  await controller.queue.stop();
});
