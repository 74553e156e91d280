import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentsPath, driverName, inWorld, type World } from '../testing/support/world.ts';

const bad: { what: string; create(world: World): Promise<unknown>; error: RegExp }[] = [
  {
    what: 'a volume of another driver',
    create: async (world) => {
      await world.addVolume('bad', { driver: 'other.csi' });
      await world.addAttachment('bad', 'bad', 'n1');
    },
    error:
      /^PersistentVolume "bad" belongs to driver "other.csi", but the attachment names attacher "test.csi.example"$/,
  },
  {
    what: 'a volume that is not there',
    create: (world) => world.addAttachment('bad', 'nowhere', 'n1'),
    error: /^persistentvolume "nowhere" not found$/,
  },
  {
    what: 'a volume without CSI',
    create: async (world) => {
      await world.addVolume('bad', {}, { csi: undefined, hostPath: { path: '/x' } });
      await world.addAttachment('bad', 'bad', 'n1');
    },
    error: /^volume "bad" has a source that no CSI driver can serve: want csi or one of awsElasticBlockStore/,
  },
  {
    what: 'a volume whose access modes CSI does not have',
    create: async (world) => {
      await world.addVolume('bad', {}, { accessModes: ['ReadOnlyMany', 'ReadWriteOnce'] });
      await world.addAttachment('bad', 'bad', 'n1');
    },
    error: /^access modes \[ReadOnlyMany, ReadWriteOnce\] cannot be published: CSI has no mode/,
  },
  {
    what: 'a secret that is not there',
    create: async (world) => {
      await world.addVolume('bad', { controllerPublishSecretRef: { name: 's', namespace: 'default' } });
      await world.addAttachment('bad', 'bad', 'n1');
    },
    error: /^secret "default\/s" not found$/,
  },
];

for (const { what, create, error } of bad) {
  test(`${what} is told in the status of its attachment, and all others go on`, async () => {
    await inWorld({}, async (world) => {
      await world.addNode('n1');
      await create(world);
      await world.clock.advance(10);
      const status = (await world.attachment('bad'))?.status;
      assert.match(status.attachError.message, error);
      assert.equal(status.attached, false);
      await world.addVolume('good');
      await world.addAttachment('good', 'good', 'n1');
      await world.clock.advance(10);
      assert.equal((await world.attachment('good'))?.status.attached, true);
    });
  });
}

/** What today's servers neither store nor take a status for: others may, whose sources the attacher does not know. */
const impossible: { what: string; source: object; error: RegExp }[] = [
  { what: 'no source', source: {}, error: /^neither persistentVolumeName nor inlineVolumeSpec is set; exactly one/ },
  {
    what: 'both sources',
    source: {
      persistentVolumeName: 'pv1',
      inlineVolumeSpec: { accessModes: ['ReadWriteOnce'], csi: { driver: driverName, volumeHandle: 'h' } },
    },
    error: /^both persistentVolumeName and inlineVolumeSpec are set; exactly one of them is allowed$/,
  },
  {
    what: 'an empty handle',
    source: { inlineVolumeSpec: { accessModes: ['ReadWriteOnce'], csi: { driver: driverName, volumeHandle: '' } } },
    error: /^inlineVolumeSpec has an empty volumeHandle$/,
  },
];

for (const { what, source, error } of impossible) {
  test(`an attachment with ${what} is told of in its status by a server that takes it, and all others go on`, async () => {
    await inWorld({ features: { attachmentSources: false } }, async (world) => {
      await world.addNode('n1');
      await world.request('POST', attachmentsPath, {
        ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: 'bad' } },
        spec: { attacher: driverName, nodeName: 'n1', source },
      });
      await world.clock.advance(10);
      const status = (await world.attachment('bad'))?.status;
      assert.match(status.attachError.message, error);
      assert.equal(status.attached, false);
      assert.equal(world.driver.ledger.size, 0);
      await world.addVolume('good');
      await world.addAttachment('good', 'good', 'n1');
      await world.clock.advance(10);
      assert.equal((await world.attachment('good'))?.status.attached, true);
      await world.deleteAttachment('bad');
      await world.clock.advance(10);
      assert.equal(await world.attachment('bad'), undefined, 'it can be deleted like any other');
    });
  });

  test(`an attachment with ${what} is told of in the log if the server takes no status for it, and all others go on`, async () => {
    await inWorld({}, async (world) => {
      await world.addNode('n1');
      await world.storeAttachment({
        ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: 'bad' } },
        ...{ spec: { attacher: driverName, nodeName: 'n1', source }, status: { attached: false } },
      });
      await world.clock.advance(10);
      assert.ok(
        world.log.some((line) => line.includes('"Attach failed"') && error.test(/err="(.*?)"/.exec(line)?.[1] ?? '')),
        world.log.join('\n'),
      );
      await world.addVolume('good');
      await world.addAttachment('good', 'good', 'n1');
      await world.clock.advance(10);
      assert.equal((await world.attachment('good'))?.status.attached, true);
    });
  });
}
