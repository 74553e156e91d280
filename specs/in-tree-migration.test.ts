import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentName } from '../src/attacher/volume/handle.ts';
import type { AnyObject } from '../testing/support/loose-objects.ts';
import { attachmentsPath, inWorld, volumesPath, type World } from '../testing/support/world.ts';

const ebs = { name: 'ebs.csi.aws.com' };
const ebsFinalizer = 'external-attacher/ebs-csi-aws-com';
const gce = { name: 'pd.csi.storage.gke.io' };

/** An in-tree volume, with `spec` merged over what is common to all. */
function addInTree(world: World, name: string, spec: object, metadata: object = {}): Promise<AnyObject> {
  return world.request('POST', volumesPath, {
    ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name, ...metadata } },
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
  });
}

function migratedTo(driver: string): object {
  return { annotations: { 'pv.kubernetes.io/migrated-to': driver } };
}

test('a migrated in-tree volume is attached and detached by its translated handle', async () => {
  await inWorld({ settings: ebs }, async (world) => {
    await world.addNode('n1', 'i-1');
    const source = { awsElasticBlockStore: { volumeID: 'aws://us-east-1a/vol-1', fsType: 'xfs' } };
    await addInTree(world, 'pv1', source, migratedTo(ebs.name));
    const name = attachmentName('vol-1', ebs.name, 'n1');
    await world.addAttachment(name, 'pv1', 'n1');
    await world.clock.advance(10);
    const attached = await world.attachment(name);
    assert.equal(attached?.status.attached, true);
    assert.equal(attached?.metadata.annotations?.['csi-attacher/volume-handle'], 'vol-1');
    assert.equal(world.driver.ledger.get('vol-1', 'i-1')?.access, 'mount xfs');
    assert.ok((await world.volume('pv1'))?.metadata.finalizers?.includes(ebsFinalizer));
    await world.deleteAttachment(name);
    await world.clock.advance(10);
    assert.equal(await world.attachment(name), undefined);
    assert.deepEqual(world.published, []);
  });
});

test('only drivers with migrated volumes have the metric label, for publish and unpublish alike', async () => {
  const labels = async (world: World): Promise<string[]> =>
    (await world.metric('csi_sidecar_operations_seconds_count'))
      .filter((line) => line.includes('ublishVolume'))
      .map((line) => line.replace(/^.*method_name="[^"]*Controller(\w+)".*?grpc_status_code="OK"(.*)\}.*$/, '$1$2'))
      .toSorted();
  await inWorld({ settings: ebs }, async (world) => {
    await world.addNode('n1', 'i-1');
    await addInTree(world, 'old', { awsElasticBlockStore: { volumeID: 'vol-1' } }, migratedTo(ebs.name));
    await world.addVolume('new');
    await world.addAttachment('va-old', 'old', 'n1');
    await world.addAttachment('va-new', 'new', 'n1');
    await world.clock.advance(10);
    await world.deleteAttachment('va-old');
    await world.clock.advance(10);
    assert.deepEqual(await labels(world), [
      'PublishVolume,migrated="false"',
      'PublishVolume,migrated="true"',
      'UnpublishVolume,migrated="true"',
    ]);
  });
  await inWorld({}, async (world) => {
    await world.attachOne();
    assert.deepEqual(await labels(world), ['PublishVolume']);
  });
});

test('the finalizer leaves an in-tree volume that is no longer migrated to this driver, once nobody uses it', async () => {
  await inWorld({ settings: ebs }, async (world) => {
    await world.addNode('n1', 'i-1');
    await addInTree(world, 'pv1', { awsElasticBlockStore: { volumeID: 'vol-1' } }, migratedTo(ebs.name));
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    await world.merge(`${volumesPath}/pv1`, { metadata: { annotations: { 'pv.kubernetes.io/migrated-to': null } } });
    await world.clock.advance(10);
    assert.ok((await world.volume('pv1'))?.metadata.finalizers?.includes(ebsFinalizer), 'it is still attached');
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.ok(!(await world.volume('pv1'))?.metadata.finalizers?.includes(ebsFinalizer));
  });
});

test('the finalizer stays on an in-tree volume that is migrated and wanted', async () => {
  await inWorld({ settings: ebs }, async (world) => {
    const metadata = { ...migratedTo(ebs.name), finalizers: [ebsFinalizer] };
    await addInTree(world, 'pv1', { awsElasticBlockStore: { volumeID: 'vol-1' } }, metadata);
    await world.clock.advance(60_000);
    assert.ok((await world.volume('pv1'))?.metadata.finalizers?.includes(ebsFinalizer));
  });
});

test('a migrated volume that was deleted by force is detached by the handle that its attachment remembers', async () => {
  await inWorld({ settings: ebs }, async (world) => {
    await world.addNode('n1', 'i-1');
    await addInTree(world, 'pv1', { awsElasticBlockStore: { volumeID: 'aws:///vol-1' } }, migratedTo(ebs.name));
    const name = attachmentName('vol-1', ebs.name, 'n1');
    await world.addAttachment(name, 'pv1', 'n1');
    await world.clock.advance(10);
    await world.request('DELETE', `${volumesPath}/pv1`);
    await world.merge(`${volumesPath}/pv1`, { metadata: { finalizers: null } });
    await world.deleteAttachment(name);
    await world.clock.advance(10);
    assert.equal(await world.attachment(name), undefined);
    assert.deepEqual(world.published, []);
  });
});

test('a migrated volume whose handle leaves project and zone open is found in the driver’s list', async () => {
  await inWorld({ settings: gce }, async (world) => {
    const nodeId = 'projects/p/zones/us-a-b/instances/n1';
    await world.addNode('n1', nodeId);
    await addInTree(world, 'pv1', { gcePersistentDisk: { pdName: 'disk' } }, migratedTo(gce.name));
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const handle = 'projects/UNSPECIFIED/zones/UNSPECIFIED/disks/disk';
    assert.deepEqual(world.published, [`${handle}@${nodeId}`]);
    // The driver lists it under its whole name, as it is called in the cloud.
    world.driver.service.listVolumes = () => ({
      entries: [{ volume: { volumeId: 'projects/p/zones/us-a-b/disks/disk' }, status: { publishedNodeIds: [nodeId] } }],
      nextToken: '',
    });
    await world.clock.advance(5 * 60_000);
    assert.equal(world.calls('ControllerPublishVolume'), 1);
  });
});

test('an inline volume, as controller-manager makes of a migrated pod volume, needs no PersistentVolume', async () => {
  await inWorld({ settings: ebs }, async (world) => {
    await world.addNode('n1', 'i-1');
    const csi = { driver: ebs.name, volumeHandle: 'vol-1', fsType: 'ext4' };
    await world.request('POST', attachmentsPath, {
      ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: 'va1' } },
      spec: {
        ...{ attacher: ebs.name, nodeName: 'n1' },
        source: {
          inlineVolumeSpec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], csi },
        },
      },
    });
    await world.clock.advance(10);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    assert.deepEqual(world.published, ['vol-1@i-1']);
    assert.equal(world.writes.length, 2, world.writes.join());
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.equal(await world.attachment('va1'), undefined);
    assert.deepEqual(world.published, []);
  });
});

test('an in-tree volume that cannot be translated is told in the status', async () => {
  await inWorld({ settings: ebs }, async (world) => {
    await world.addNode('n1', 'i-1');
    await addInTree(world, 'pv1', { awsElasticBlockStore: { volumeID: 'aws://nonsense' } }, migratedTo(ebs.name));
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const { attachError } = (await world.attachment('va1'))?.status ?? {};
    assert.match(
      attachError.message,
      /^cannot translate awsElasticBlockStore of volume "pv1" to ebs.csi.aws.com: volumeID/,
    );
  });
});

test('an in-tree volume that nothing says was migrated can be attached again and again', async () => {
  await inWorld({ settings: ebs }, async (world) => {
    await world.addNode('n1', 'i-1');
    await addInTree(world, 'pv1', { awsElasticBlockStore: { volumeID: 'vol-1' } });
    for (let round = 0; round < 3; round++) {
      await world.addAttachment('va1', 'pv1', 'n1');
      await world.clock.advance(10);
      const attached = await world.attachment('va1');
      assert.deepEqual([attached?.status.attached, attached?.status.attachError], [true, undefined], `round ${round}`);
      assert.ok((await world.volume('pv1'))?.metadata.finalizers?.includes(ebsFinalizer), `round ${round}`);
      await world.deleteAttachment('va1');
      await world.clock.advance(5_000);
      assert.equal(await world.attachment('va1'), undefined);
      assert.ok(
        !(await world.volume('pv1'))?.metadata.finalizers?.includes(ebsFinalizer),
        'it is not ours alone to keep',
      );
    }
  });
});

test('a volume whose migration was switched off and on again can be attached', async () => {
  await inWorld({ settings: ebs }, async (world) => {
    await world.addNode('n1', 'i-1');
    await addInTree(world, 'pv1', { awsElasticBlockStore: { volumeID: 'vol-1' } }, migratedTo(ebs.name));
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    await world.merge(`${volumesPath}/pv1`, { metadata: { annotations: { 'pv.kubernetes.io/migrated-to': null } } });
    await world.clock.advance(5_000);
    await world.merge(`${volumesPath}/pv1`, { metadata: migratedTo(ebs.name) });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
  });
});
