import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../object.ts';
import { nodes, persistentVolumes } from './core.ts';

function object(rest: Record<string, unknown>): KubeObject {
  const metadata = { name: 'x', uid: '', resourceVersion: '', creationTimestamp: '' };
  return { kind: '', apiVersion: 'v1', metadata, ...rest };
}

describe('a new PersistentVolume', () => {
  it('is kept after use and mounted as a file system unless it says otherwise', () => {
    const volume = object({ spec: { csi: { driver: 'd', volumeHandle: 'h' } } });
    persistentVolumes.defaults(volume);
    assert.deepEqual(volume.spec, {
      csi: { driver: 'd', volumeHandle: 'h' },
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
    });
  });

  it('of an Azure disk has what that disk is when nothing is said', () => {
    const volume = object({ spec: { azureDisk: { diskName: 'n', diskURI: 'u', kind: 'Managed' } } });
    persistentVolumes.defaults(volume);
    assert.deepEqual((volume.spec as Record<string, unknown>).azureDisk, {
      cachingMode: 'ReadWrite',
      fsType: 'ext4',
      readOnly: false,
      kind: 'Managed',
      diskName: 'n',
      diskURI: 'u',
    });
  });
});

describe('a new Node', () => {
  it('keeps the status that it comes with, as a kubelet needs it', () => assert.equal(nodes.dropsStatus, false));
});
