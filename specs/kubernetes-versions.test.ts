import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Code } from '../src/csi/errors.ts';
import { featuresOf } from '../testing/apiserver/features.ts';
import { refusal } from '../testing/support/fake-transport.ts';
import { attachmentsPath, csiNodesPath, inWorld, World } from '../testing/support/world.ts';

const minute = 60_000;
const elected = ['--leader-election=true', '--leader-election-namespace=kube-system'];
const leasePath = (version: string) =>
  `/apis/coordination.k8s.io/${version}/namespaces/kube-system/leases/external-attacher-leader-test-csi-example`;
const pageNotFound = {
  status: 404,
  headers: { 'content-type': 'text/plain' },
  body: Buffer.from('404 page not found\n'),
};

function lines(world: World, text: string): string[] {
  return world.log.filter((line) => line.includes(text));
}

const versions = [
  { minor: 13, lease: 'v1beta1', nodes: 'csi.storage.k8s.io/v1alpha1 csinodeinfos' },
  { minor: 16, lease: 'v1', nodes: 'storage.k8s.io/v1beta1 csinodes' },
  { minor: 20, lease: 'v1', nodes: undefined },
  { minor: 26, lease: 'v1', nodes: undefined },
  { minor: 36, lease: 'v1', nodes: undefined },
];

for (const { minor, lease } of versions) {
  test(`on Kubernetes 1.${minor} a leader is elected, and a volume is attached and detached`, async () => {
    await inWorld({ features: featuresOf(minor), flags: elected }, async (world) => {
      await world.clock.advance(100);
      const { spec } = await world.request('GET', leasePath(lease));
      assert.match(spec.holderIdentity, /^host_/);
      await world.attachOne();
      assert.deepEqual(world.published, ['h-pv1@id-n1']);
      await world.clock.advance(minute);
      assert.notEqual((await world.request('GET', leasePath(lease))).spec.renewTime, spec.renewTime);
      await world.deleteAttachment('va1');
      await world.clock.advance(10);
      assert.equal(await world.attachment('va1'), undefined);
      assert.deepEqual(world.published, []);
      assert.equal(world.calls('ControllerPublishVolume'), 1);
    });
  });
}

for (const { minor } of versions) {
  test(`on Kubernetes 1.${minor} a failed attach is shown in status and event, and a new node id is heard of`, async () => {
    await inWorld({ features: featuresOf(minor), flags: elected }, async (world) => {
      const full = { kind: 'error', code: Code.ResourceExhausted, message: 'full' } as const;
      world.driver.faults.next(1, full, { method: 'ControllerPublishVolume' });
      await world.addVolume('pv1');
      await world.addAttachment('va1', 'pv1', 'n1');
      await world.clock.advance(minute);
      assert.equal((await world.attachment('va1'))?.status.attachError.message, 'csinode "n1" not found');
      await world.addNode('n1');
      await world.clock.advance(10);
      const { attachError } = (await world.attachment('va1'))?.status ?? {};
      assert.equal(attachError.message, 'rpc error: code = ResourceExhausted desc = full');
      assert.equal(attachError.errorCode, minor === 36 ? 8 : undefined);
      assert.ok((await world.events()).length > 0);
      await world.clock.advance(minute);
      assert.deepEqual(world.published, ['h-pv1@id-n1']);
    });
  });
}

for (const { minor, nodes } of versions) {
  test(`on Kubernetes 1.${minor} the log says once which older version is used`, async () => {
    await inWorld({ features: featuresOf(minor) }, async (world) => {
      await world.clock.advance(30 * minute);
      world.server.restart();
      await world.clock.advance(30 * minute);
      const said = lines(world, 'serves another version').filter((line) => line.includes('csinodes'));
      assert.equal(said.length, nodes === undefined ? 0 : 1);
      if (nodes !== undefined) assert.ok(said[0]?.includes(`using="${nodes}"`), said[0]);
    });
  });
}

for (const { minor } of versions) {
  test(`on Kubernetes 1.${minor} watches go on from their last event: only a version that has expired leads to a list`, async () => {
    const lists: string[] = [];
    await inWorld({ features: featuresOf(minor), flags: elected }, async (world) => {
      await world.attachOne();
      world.fault = ({ path }) => {
        if (path.includes('limit=500')) lists.push(path);
        return undefined;
      };
      for (let round = 0; round < 6; round++) {
        await world.clock.advance(10 * minute);
        world.server.endWatches();
      }
      assert.deepEqual(lists, []);
      world.server.restart();
      await world.addVolume('pv2');
      await world.addAttachment('va2', 'pv2', 'n1');
      await world.clock.advance(5 * minute);
      assert.deepEqual(world.published, ['h-pv1@id-n1', 'h-pv2@id-n1']);
      assert.equal(world.calls('ControllerPublishVolume'), 2);
      assert.ok(lists.length > 0 && lists.length <= 12, lists.join('\n'));
    });
  });
}

for (const { minor } of versions) {
  test(`on Kubernetes 1.${minor} a new leader whose store has what the server has asks for nothing once more`, async () => {
    const world = new World({ features: featuresOf(minor), flags: elected });
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    const asked: string[] = [];
    world.fault = ({ method, path }) => {
      if (method === 'GET' && /persistentvolumes\/|volumeattachments\//.test(path)) asked.push(path);
      return undefined;
    };
    await world.start();
    await world.clock.advance(minute);
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
    await world.addVolume('pv2');
    await world.addAttachment('va2', 'pv2', 'n1');
    await world.clock.advance(10);
    assert.equal((await world.attachment('va2'))?.status.attached, true);
    assert.deepEqual(asked, []);
    await world.stop();
  });
}

describe('a server without any CSINode API', () => {
  test('leaves attaches waiting for their node, and the log says what is missing', async () => {
    const features = { ...featuresOf(36), csiNodeV1: false };
    await inWorld({ features, flags: elected }, async (world) => {
      await world.addVolume('pv1');
      await world.addAttachment('va1', 'pv1', 'n1');
      await world.clock.advance(minute);
      assert.equal((await world.attachment('va1'))?.status.attachError.message, 'csinode "n1" not found');
      assert.match(
        lines(world, 'Waiting to list and watch csinodes')[0] ?? '',
        /^E.*serves none of storage.k8s.io\/v1 csinodes, storage.k8s.io\/v1beta1 csinodes, csi.storage.k8s.io\/v1alpha1 csinodeinfos/,
      );
      assert.equal(lines(world, 'Waiting to list and watch csinodes').length, 1);
    });
  });

  test('does not keep what is attached from being detached, and is used once it is there', async () => {
    const world = new World({});
    world.fault = ({ path }) => (path.includes('/csinode') ? { answer: pageNotFound } : undefined);
    await world.start();
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.storeAttachment({
      metadata: {
        name: 'va1',
        finalizers: ['external-attacher/test-csi-example'],
        annotations: { 'csi.alpha.kubernetes.io/node-id': 'id-n1' },
        deletionTimestamp: '2026-01-01T00:00:00Z',
      },
      spec: { attacher: 'test.csi.example', nodeName: 'n1', source: { persistentVolumeName: 'pv1' } },
      status: { attached: true },
    });
    await world.clock.advance(10);
    assert.equal(world.calls('ControllerUnpublishVolume'), 1);
    assert.equal(await world.attachment('va1'), undefined);
    await world.addAttachment('va2', 'pv1', 'n1');
    await world.clock.advance(minute);
    assert.equal(world.calls('ControllerPublishVolume'), 0);
    world.fault = () => undefined;
    await world.clock.advance(minute);
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
    await world.stop();
  });
});

test('an upgrade that takes an old version away leads to the new one, in lists, watches and the lease', async () => {
  const world = new World({ features: featuresOf(20), flags: elected });
  const without = (version: string) => {
    const hidden = new RegExp(`/${version}/(namespaces/[^/]+/leases|csinodes)`);
    world.fault = ({ path }) => (hidden.test(path) ? { answer: pageNotFound } : undefined);
  };
  without('v1');
  await world.start();
  await world.clock.advance(100);
  await world.attachOne();
  without('v1beta1');
  world.server.endWatches();
  await world.clock.advance(minute);
  await world.request('PATCH', `${csiNodesPath}/n1`, { spec: { drivers: [] } }, 'application/merge-patch+json');
  await world.renameNode('n1', 'id-new');
  await world.addVolume('pv2');
  await world.addAttachment('va2', 'pv2', 'n1');
  await world.clock.advance(10);
  assert.deepEqual(world.published, ['h-pv1@id-n1', 'h-pv2@id-new']);
  for (const resource of ['leases', 'csinodes']) {
    const said = lines(world, 'serves another version').filter((line) => line.includes(`resource="${resource}"`));
    assert.equal(said.length, 2, resource);
  }
  assert.equal(lines(world, 'Became leader').length, 1);
  await world.stop();
});

test('a 404 that names no object is not taken for the absence of one', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    world.fault = ({ method }) => (method === 'PATCH' ? { answer: pageNotFound } : undefined);
    await world.deleteAttachment('va1');
    await world.clock.advance(10_000);
    assert.notEqual(await world.attachment('va1'), undefined);
    assert.ok(lines(world, 'Detach failed')[0]?.includes('404 page not found'));
    world.fault = () => undefined;
    await world.clock.advance(minute);
    assert.equal(await world.attachment('va1'), undefined);
    assert.equal(world.calls('ControllerUnpublishVolume'), 1);
  });
});

test('a server that refuses errorCode gets the error without it, and no code after that', async () => {
  await inWorld({}, async (world) => {
    const refused: string[] = [];
    world.fault = ({ path, body }) => {
      if (!Buffer.from(body ?? []).includes('errorCode')) return undefined;
      refused.push(path);
      return { answer: refusal(422, 'Invalid', 'status.attachError.errorCode: Forbidden: unknown field') };
    };
    world.driver.faults.next(
      1000,
      { kind: 'error', code: Code.Internal, message: 'no' },
      { method: 'ControllerPublishVolume' },
    );
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10 * minute);
    const { attachError } = (await world.attachment('va1'))?.status ?? {};
    assert.equal(attachError.message, 'rpc error: code = Internal desc = no');
    assert.equal(attachError.errorCode, undefined);
    assert.deepEqual(refused, [`${attachmentsPath}/va1/status`]);
  });
});
