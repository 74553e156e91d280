import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inTreePlugins, keptAnnotations, keptLabels, type VolumeSpec } from '../../../kube/api/objects.ts';
import {
  isMigratedDriver,
  type MigratingVolume,
  migratedDriver,
  shouldReleaseFinalizer,
  TranslationError,
  translate,
} from './index.ts';
import type { Fields } from './plugin.ts';

type Plugin = (typeof inTreePlugins)[number];

const volumeSpec: VolumeSpec = { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem', mountOptions: ['noatime'] };

function inTree(plugin: Plugin, fields: Fields, volume: Partial<MigratingVolume> = {}): MigratingVolume {
  return { name: 'pv1', labels: {}, annotations: {}, spec: { ...volumeSpec, inTree: { plugin, fields } }, ...volume };
}

function translated(volume: MigratingVolume): VolumeSpec {
  const spec = translate(volume);
  if (spec instanceof TranslationError) throw spec;
  return spec;
}

function handle(volume: MigratingVolume): string | undefined {
  return translated(volume).csi?.volumeHandle;
}

describe('plugins and drivers', () => {
  for (const [plugin, driver] of [
    ['awsElasticBlockStore', 'ebs.csi.aws.com'],
    ['gcePersistentDisk', 'pd.csi.storage.gke.io'],
    ['azureDisk', 'disk.csi.azure.com'],
    ['azureFile', 'file.csi.azure.com'],
    ['cinder', 'cinder.csi.openstack.org'],
    ['vsphereVolume', 'csi.vsphere.vmware.com'],
    ['portworxVolume', 'pxd.portworx.com'],
  ] as const) {
    test(`${plugin} migrated to ${driver}`, () => {
      assert.equal(migratedDriver(plugin), driver);
      assert.equal(isMigratedDriver(driver), true);
    });
  }

  test('any other driver has no in-tree past', () => {
    for (const driver of ['hostpath.csi.k8s.io', 'kubernetes.io/aws-ebs', '']) {
      assert.equal(isMigratedDriver(driver), false);
    }
  });
});

describe('translate', () => {
  const readOnly = true;
  const fsType = 'xfs';
  const uri = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d1';
  const path = '[datastore1] kubevols/d1.vmdk';
  const secret = 'azure-storage-account-acc1-secret';
  const claimRef = { kind: 'PersistentVolumeClaim', name: 'c', namespace: 'team' };
  const group = { 'kubernetes.io/azure-file-resource-group': 'rg' };
  const auth = { 'openstorage.io/auth-secret-name': 's', 'openstorage.io/auth-secret-namespace': 'ns' };

  // The source in full; then what the CSI source holds apart from the driver, readOnly false, no fsType, no attributes.
  for (const [plugin, fields, csi, around] of [
    ['awsElasticBlockStore', { volumeID: 'vol-1' }, { volumeHandle: 'vol-1', volumeAttributes: { partition: '0' } }],
    [
      'awsElasticBlockStore',
      { volumeID: 'aws://us-east-1a/vol-1', fsType, partition: 2, readOnly },
      { volumeHandle: 'vol-1', fsType, readOnly, volumeAttributes: { partition: '2' } },
    ],
    [
      'gcePersistentDisk',
      { pdName: 'd1' },
      { volumeHandle: 'projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d1', volumeAttributes: { partition: '' } },
    ],
    [
      'gcePersistentDisk',
      { pdName: 'd1', fsType, partition: 1, readOnly },
      {
        volumeHandle: 'projects/UNSPECIFIED/zones/europe-west1-b/disks/d1',
        fsType,
        readOnly,
        volumeAttributes: { partition: '1' },
      },
      { labels: { 'topology.kubernetes.io/zone': 'europe-west1-b' } },
    ],
    ['azureDisk', { diskName: 'd1', diskURI: uri }, { volumeHandle: uri, volumeAttributes: { kind: 'Managed' } }],
    [
      'azureDisk',
      { diskName: 'd1', diskURI: uri, kind: 'managed', cachingMode: 'ReadOnly', fsType, readOnly },
      {
        volumeHandle: uri,
        fsType,
        readOnly,
        volumeAttributes: { kind: 'Managed', cachingmode: 'ReadOnly', fstype: fsType },
      },
    ],
    [
      'azureFile',
      { secretName: secret, shareName: 'share', secretNamespace: 'ns', readOnly },
      { volumeHandle: 'rg#acc1#share#pv1#ns', readOnly, volumeAttributes: { sharename: 'share' } },
      { annotations: group, claimRef },
    ],
    [
      'azureFile',
      { secretName: 'mine', shareName: 'share' },
      { volumeHandle: '#mine#share#pv1#team', volumeAttributes: { sharename: 'share' } },
      { claimRef },
    ],
    ['cinder', { volumeID: 'c1' }, { volumeHandle: 'c1' }],
    [
      'cinder',
      { volumeID: 'c1', fsType, readOnly, secretRef: { name: 's', namespace: 'n' } },
      { volumeHandle: 'c1', fsType, readOnly },
    ],
    ['vsphereVolume', { volumePath: path, fsType }, { volumeHandle: path, fsType }],
    [
      'vsphereVolume',
      { volumePath: path, storagePolicyName: 'gold', storagePolicyID: 'id' },
      { volumeHandle: path, volumeAttributes: { storagepolicyname: 'gold' } },
    ],
    [
      'portworxVolume',
      { volumeID: 'p1', fsType },
      { volumeHandle: 'p1', fsType, controllerPublishSecretRef: { name: 's', namespace: 'ns' } },
      { annotations: auth },
    ],
    ['portworxVolume', { volumeID: 'p1', readOnly }, { volumeHandle: 'p1' }],
    [
      'portworxVolume',
      { volumeID: 'p1' },
      { volumeHandle: 'p1' },
      { annotations: { 'openstorage.io/auth-secret-name': 's' } },
    ],
  ] as [Plugin, Fields, object, Partial<MigratingVolume>?][]) {
    const around_ = around === undefined ? '' : ` with ${Object.keys(around).join(' and ')}`;
    test(`gives ${plugin} ${JSON.stringify(fields)}${around_} its CSI source`, () => {
      const expected = { driver: migratedDriver(plugin), readOnly: false, fsType: '', volumeAttributes: {}, ...csi };
      assert.deepEqual(translated(inTree(plugin, fields, around)), { ...volumeSpec, csi: expected });
    });
  }

  for (const [id, volumeHandle] of [
    ['vol-0123456789abcdef0', 'vol-0123456789abcdef0'],
    ['whatever', 'whatever'],
    ['AWS://z/vol-1', 'AWS://z/vol-1'],
    ['aws:///vol-1', 'vol-1'],
    ['aws://eu-west-1a//vol-1/', 'vol-1'],
    ['aws://z/vol-1?x=/y', 'vol-1'],
    ['aws:///vol-%61', 'vol-a'],
    ['aws://z/%76ol-1%2f', 'vol-1'],
    ['aws://z/vol-%C3%BC+1', 'vol-ü+1'],
    ['vol-%61', 'vol-%61'],
  ] as const) {
    test(`takes the EBS volume ${id} for ${volumeHandle}`, () => {
      assert.equal(handle(inTree('awsElasticBlockStore', { volumeID: id })), volumeHandle);
    });
  }

  const ga = 'topology.kubernetes.io/zone';
  const beta = 'failure-domain.beta.kubernetes.io/zone';
  for (const [labels, place] of [
    [{ [beta]: 'us-east1-b' }, 'zones/us-east1-b'],
    [{ [beta]: 'us-east1-b', [ga]: 'us-east1-c' }, 'zones/us-east1-b'],
    [{ [beta]: '', [ga]: 'us-east1-c' }, 'zones/us-east1-c'],
    [{ [ga]: '' }, 'zones/UNSPECIFIED'],
    [{ [ga]: 'anything' }, 'zones/anything'],
    [{ [ga]: 'us-east1-b__us-east1-c' }, 'regions/us-east1'],
    [{ [beta]: 'us-east1-b__us-east1-c__us-east1-d' }, 'regions/us-east1'],
  ] as [Record<string, string>, string][]) {
    test(`finds a GCE disk labelled ${JSON.stringify(labels)} in ${place}`, () => {
      const volume = inTree('gcePersistentDisk', { pdName: 'd' }, { labels });
      assert.equal(handle(volume), `projects/UNSPECIFIED/${place}/disks/d`);
    });
  }

  const [rwo, rox, rwx, rwop] = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'];
  for (const [modes, expected] of [
    [[rwo], [rwo]],
    [[rox], [rox]],
    [[rwx], [rwo]],
    [[rox, rwo], [rwo]],
    [[rwx, rox], [rwo]],
    [[rwop], [rwo]],
    [[], []],
  ] as [string[], string[]][]) {
    test(`takes the access modes ${modes.join('+') || 'none'} of a GCE disk for ${expected.join() || 'none'}`, () => {
      const spec = { ...inTree('gcePersistentDisk', { pdName: 'd' }).spec, accessModes: modes };
      assert.deepEqual(translated(inTree('gcePersistentDisk', {}, { spec })).accessModes, expected);
    });
  }

  test('leaves the access modes of all other plugins as they are', () => {
    for (const plugin of inTreePlugins) {
      if (plugin === 'gcePersistentDisk') continue;
      const fields = { volumeID: 'v', diskURI: 'v', volumePath: 'v', secretName: 's', shareName: 's' };
      const spec = { ...inTree(plugin, fields).spec, accessModes: ['ReadWriteMany', 'ReadOnlyMany'] };
      assert.deepEqual(translated(inTree(plugin, {}, { spec, claimRef })).accessModes, spec.accessModes);
    }
  });

  test('keeps a block volume a block volume', () => {
    const spec = { ...inTree('cinder', { volumeID: 'c' }).spec, volumeMode: 'Block' };
    assert.equal(translated(inTree('cinder', {}, { spec })).volumeMode, 'Block');
  });

  test('gives back a spec that has a CSI source, as inline specs do', () => {
    const csi = { driver: 'd', volumeHandle: 'h', readOnly: false, fsType: '', volumeAttributes: {} };
    const spec = { ...volumeSpec, csi };
    assert.equal(translate({ name: 'va1', labels: {}, annotations: {}, spec }), spec);
  });

  test('needs only labels and annotations that are kept', () => {
    for (const label of [ga, beta]) assert.ok((keptLabels as readonly string[]).includes(label));
    for (const name of [...Object.keys(group), ...Object.keys(auth), 'pv.kubernetes.io/migrated-to']) {
      assert.ok((keptAnnotations as readonly string[]).includes(name));
    }
  });
});

describe('translate refuses', () => {
  for (const [plugin, fields, reason, around] of [
    ['awsElasticBlockStore', {}, /"pv1" to ebs\.csi\.aws\.com: volumeID is empty or absent/],
    ['awsElasticBlockStore', { volumeID: 'aws://vol-1' }, /volumeID "aws:\/\/vol-1" is not .* want vol-…/],
    ['awsElasticBlockStore', { volumeID: 'aws://z/disk-1' }, /not an EBS volume/],
    ['awsElasticBlockStore', { volumeID: 'aws://z/x/vol-1' }, /not an EBS volume/],
    ['awsElasticBlockStore', { volumeID: 'aws://z/x%2Fvol-1' }, /not an EBS volume/],
    ['awsElasticBlockStore', { volumeID: 'aws:///vol-%6' }, /volumeID "aws:\/\/\/vol-%6" is not an EBS volume/],
    ['awsElasticBlockStore', { volumeID: 'aws:///vol-%FF' }, /not an EBS volume/],
    ['awsElasticBlockStore', { volumeID: 'aws:///vol-1\n' }, /not an EBS volume/],
    ['gcePersistentDisk', { pdName: '' }, /pdName is empty or absent/],
    ['gcePersistentDisk', { pdName: 'd' }, /zone "b" is not <locale>-<region>-<zone>/, 'us-east1-b__b'],
    ['gcePersistentDisk', { pdName: 'd' }, /us-east1-b, us-west1-b are in 2 regions/, 'us-east1-b__us-west1-b'],
    ['gcePersistentDisk', { pdName: 'd' }, /zone "" is not/, 'us-east1-b__'],
    ['azureDisk', { diskName: 'd' }, /diskURI is empty or absent/],
    ['azureDisk', { diskURI: 'u', kind: 'Shared' }, /kind "Shared" has no CSI form: want Managed/],
    ['azureDisk', { diskURI: 'u', kind: '' }, /kind "" has no CSI form/],
    ['azureFile', { shareName: 's', secretNamespace: 'n' }, /secretName is empty/],
    ['azureFile', { secretName: 's', secretNamespace: 'n' }, /shareName is empty/],
    ['azureFile', { secretName: 's', shareName: 's' }, /no namespace for the secret/],
    ['cinder', {}, /cinder of volume "pv1" to cinder\.csi\.openstack\.org: volumeID is empty/],
    ['vsphereVolume', { storagePolicyName: 'p' }, /volumePath is empty/],
    ['portworxVolume', { volumeID: 7 }, /volumeID is empty/],
  ] as [Plugin, Fields, RegExp, string?][]) {
    test(`${plugin} ${JSON.stringify(fields)}${around === undefined ? '' : ` in zones ${around}`}`, () => {
      const labels: Record<string, string> = around === undefined ? {} : { 'topology.kubernetes.io/zone': around };
      const error = translate(inTree(plugin, fields, { labels }));
      assert.ok(error instanceof TranslationError);
      assert.match(error.message, reason);
    });
  }

  test('an empty secret namespace, though a claim has one', () => {
    const fields = { secretName: 's', shareName: 's', secretNamespace: '' };
    const claimRef = { kind: 'PersistentVolumeClaim', name: 'c', namespace: 'n' };
    assert.ok(translate(inTree('azureFile', fields, { claimRef })) instanceof TranslationError);
  });

  test('a source that is neither CSI nor migrated', () => {
    const error = translate({ name: 'nfs1', labels: {}, annotations: {}, spec: volumeSpec });
    assert.ok(error instanceof TranslationError);
    assert.match(error.message, /"nfs1" .* want csi or one of awsElasticBlockStore, .*portworxVolume$/);
  });
});

describe('shouldReleaseFinalizer', () => {
  const migratedTo = (driver: string) => ({ annotations: { 'pv.kubernetes.io/migrated-to': driver } });
  const ebs = (around: Partial<MigratingVolume>) => inTree('awsElasticBlockStore', { volumeID: 'vol-1' }, around);
  for (const [what, volume, expected] of [
    ['an in-tree volume that migrated to this driver', ebs(migratedTo('ebs.csi.aws.com')), false],
    ['an in-tree volume that migrated to another driver', ebs(migratedTo('pd.csi.storage.gke.io')), true],
    ['an in-tree volume whose migration is switched off', ebs({}), true],
    ['a CSI volume', { spec: volumeSpec, annotations: {} }, false],
    ['a CSI volume that carries the annotation', { spec: volumeSpec, ...migratedTo('x') }, false],
  ] as const) {
    test(`${expected ? 'releases' : 'holds'} ${what}`, () => {
      assert.equal(shouldReleaseFinalizer(volume, 'ebs.csi.aws.com'), expected);
    });
  }
});
