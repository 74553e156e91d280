import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControllerServiceCapability_RPC_Type as Rpc } from '../../testing/csi-driver/gen/csi_pb.ts';
import { controllerCapabilities, driverNameError } from './capabilities.ts';

test('capabilities go by the numbers of the specification', () => {
  const all = controllerCapabilities(
    new Set([
      Rpc.PUBLISH_UNPUBLISH_VOLUME,
      Rpc.PUBLISH_READONLY,
      Rpc.LIST_VOLUMES,
      Rpc.LIST_VOLUMES_PUBLISHED_NODES,
      Rpc.SINGLE_NODE_MULTI_WRITER,
    ]),
  );
  assert.deepEqual(new Set(Object.values(all)), new Set([true]));
});

test('a capability that is not listed is not there, and an unknown one does no harm', () => {
  const some = controllerCapabilities(new Set([Rpc.PUBLISH_UNPUBLISH_VOLUME, 99]));
  assert.deepEqual(some, {
    publishUnpublish: true,
    publishReadonly: false,
    listVolumes: false,
    listVolumesPublishedNodes: false,
    singleNodeMultiWriter: false,
  });
});

for (const name of ['hostpath.csi.k8s.io', 'ebs.csi.aws.com', 'X', 'a-b', '1.2', 'a'.repeat(63)]) {
  test(`${name} is a valid driver name`, () => assert.equal(driverNameError(name), undefined));
}

for (const name of ['', '-a', 'a-', '.a', 'a_b', 'a/b', 'a b', 'ä', 'a'.repeat(64), 'a\n']) {
  test(`${JSON.stringify(name)} is no valid driver name`, () => assert.notEqual(driverNameError(name), undefined));
}
