import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repairVolumeHandle, TranslationError } from './index.ts';

describe('repairVolumeHandle', () => {
  const pd = 'pd.csi.storage.gke.io';
  const node = 'projects/p1/zones/us-east1-b/instances/n1';
  for (const [from, to] of [
    ['projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d', 'projects/p1/zones/us-east1-b/disks/d'],
    ['projects/UNSPECIFIED/zones/us-east1-c/disks/d', 'projects/p1/zones/us-east1-c/disks/d'],
    ['projects/UNSPECIFIED/regions/UNSPECIFIED/disks/d', 'projects/p1/regions/us-east1/disks/d'],
    ['projects/UNSPECIFIED/regions/us-west1/disks/d', 'projects/p1/regions/us-west1/disks/d'],
    ['projects/p2/zones/UNSPECIFIED/disks/d', 'projects/p2/zones/UNSPECIFIED/disks/d'],
  ] as const) {
    test(`makes ${from} ${to}`, () => assert.equal(repairVolumeHandle(pd, from, node), to));
  }

  for (const [handle, nodeId, reason] of [
    ['d', node, /volume handle "d" is not projects\/<project>/],
    ['projects/UNSPECIFIED/zones/UNSPECIFIED/disks/d', 'n1', /node id "n1" is not projects\/<project>/],
    ['projects/UNSPECIFIED/moons/m/disks/d', node, /"moons": want zones or regions/],
    ['projects/UNSPECIFIED/regions/UNSPECIFIED/disks/d', 'projects/p/zones/z/instances/n', /zone "z" is not/],
  ] as const) {
    test(`refuses ${handle} on ${nodeId}`, () => {
      const error = repairVolumeHandle(pd, handle, nodeId);
      assert.ok(error instanceof TranslationError);
      assert.match(error.message, reason);
    });
  }

  test('leaves the handles of every other driver alone', () => {
    for (const driver of ['ebs.csi.aws.com', 'hostpath.csi.k8s.io']) {
      assert.equal(repairVolumeHandle(driver, 'h', node), 'h');
    }
  });
});
