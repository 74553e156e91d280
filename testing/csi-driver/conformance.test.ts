import assert from 'node:assert/strict';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Code } from '../../src/csi/errors.ts';
import { AccessMode } from '../../src/csi/messages.ts';
import { onEachFace, published, publishRequest, refused, shared, unpublishRequest } from './conformance-faces.ts';
import * as gen from './gen/csi_pb.ts';

// What the CSI specification asks of a driver, as far as an attacher can tell.

const never = new AbortController().signal;
const limits = { timeoutMs: 10_000 };

onEachFace('the handshake tells name and capabilities', { name: 'a.b', version: '7' }, async ({ driver }) => {
  await driver.waitReady(never);
  assert.deepEqual(await driver.handshake(never), {
    name: 'a.b',
    version: '7',
    controllerService: true,
    capabilities: {
      publishUnpublish: true,
      publishReadonly: true,
      listVolumes: true,
      listVolumesPublishedNodes: true,
      singleNodeMultiWriter: true,
    },
  });
});

onEachFace('a driver may have no controller', { controllerService: false }, async ({ driver }) => {
  assert.equal((await driver.handshake(never)).controllerService, false);
  await refused(driver.publish(publishRequest()), Code.Unimplemented);
});

onEachFace('a capability that is off takes its methods with it', { capabilities: [] }, async ({ driver }) => {
  const { controllerService, capabilities } = await driver.handshake(never);
  assert.equal(controllerService, true);
  assert.equal(capabilities.publishUnpublish, false);
  await refused(driver.publish(publishRequest()), Code.Unimplemented);
  await refused(driver.unpublish(unpublishRequest()), Code.Unimplemented);
  await refused(driver.listVolumes({ maxEntries: 0, startingToken: '' }), Code.Unimplemented);
});

onEachFace('a driver may take a while to be ready', { readyAfterMs: 2_500 }, async ({ driver, clock }) => {
  let ready = false;
  const waiting = driver.waitReady(never).then(() => {
    ready = true;
  });
  while (!ready) await clock.advance(100);
  await waiting;
  assert.ok(clock.monotonic() >= 2_500);
});

onEachFace('to publish again is to find it published', {}, async ({ driver, core }) => {
  const first = await driver.publish(publishRequest());
  assert.notDeepEqual(first, {});
  assert.deepEqual(await driver.publish(publishRequest()), first);
  assert.deepEqual(published(core), ['v1 n1']);
});

onEachFace('to publish again in another way is refused', {}, async ({ driver }) => {
  await driver.publish(publishRequest());
  await refused(driver.publish(publishRequest({ readonly: true })), Code.AlreadyExists);
  const { capability } = shared();
  await refused(driver.publish(publishRequest({ capability })), Code.AlreadyExists);
});

onEachFace('a volume for one node stays on one node until it is taken off', {}, async ({ driver, core }) => {
  await driver.publish(publishRequest());
  await refused(driver.publish(publishRequest({ nodeId: 'n2' })), Code.FailedPrecondition);
  await refused(driver.publish(shared({ nodeId: 'n2' })), Code.FailedPrecondition);
  await driver.unpublish(unpublishRequest());
  await driver.publish(publishRequest({ nodeId: 'n2' }));
  assert.deepEqual(published(core), ['v1 n2']);
});

onEachFace('a volume for many nodes goes to many nodes', {}, async ({ driver, core }) => {
  await driver.publish(shared());
  await driver.publish(shared({ nodeId: 'n2' }));
  assert.deepEqual(published(core), ['v1 n1', 'v1 n2']);
});

onEachFace('to unpublish what is not published is to succeed', {}, async ({ driver, core }) => {
  await driver.unpublish(unpublishRequest());
  await driver.publish(publishRequest());
  await driver.unpublish(unpublishRequest());
  await driver.unpublish(unpublishRequest());
  assert.deepEqual(published(core), []);
});

onEachFace('to unpublish without a node is to unpublish from all', {}, async ({ driver, core }) => {
  for (const nodeId of ['n1', 'n2']) await driver.publish(shared({ nodeId }));
  await driver.unpublish(unpublishRequest({ nodeId: '' }));
  assert.deepEqual(published(core), []);
});

onEachFace('ids and capability must be there', {}, async ({ driver, transport }) => {
  await refused(driver.publish(publishRequest({ volumeId: '' })), Code.InvalidArgument);
  await refused(driver.publish(publishRequest({ nodeId: '' })), Code.InvalidArgument);
  await refused(driver.unpublish(unpublishRequest({ volumeId: '' })), Code.InvalidArgument);
  const unknown = { access: { type: 'block' as const }, accessMode: AccessMode.UNKNOWN };
  await refused(driver.publish(publishRequest({ capability: unknown })), Code.InvalidArgument);
  const bare = create(gen.ControllerPublishVolumeRequestSchema, { volumeId: 'v', nodeId: 'n' });
  const bytes = toBinary(gen.ControllerPublishVolumeRequestSchema, bare);
  await refused(transport.unary('/csi.v1.Controller/ControllerPublishVolume', bytes, limits), Code.InvalidArgument);
});

onEachFace(
  'readonly and the finer modes take their capabilities',
  { capabilities: ['PUBLISH_UNPUBLISH_VOLUME'] },
  async ({ driver }) => {
    await refused(driver.publish(publishRequest({ readonly: true })), Code.InvalidArgument);
    const access = { type: 'block' as const };
    const capability = { access, accessMode: AccessMode.SINGLE_NODE_MULTI_WRITER };
    await refused(driver.publish(publishRequest({ capability })), Code.InvalidArgument);
  },
);

onEachFace('nodes may be known by name', { nodes: ['n1', 'n2'] }, async ({ driver }) => {
  await driver.publish(publishRequest());
  await refused(driver.publish(publishRequest({ volumeId: 'v2', nodeId: 'other' })), Code.NotFound);
  await refused(driver.unpublish(unpublishRequest({ nodeId: 'other' })), Code.NotFound);
  await driver.unpublish(unpublishRequest({ nodeId: 'n2' }));
});

onEachFace('volumes may have to be created first', { onlyKnownVolumes: true }, async ({ driver, transport }) => {
  await refused(driver.publish(publishRequest()), Code.NotFound);
  const block = create(gen.VolumeCapabilitySchema, {
    accessType: { case: 'block', value: {} },
    accessMode: { mode: 1 },
  });
  const request = create(gen.CreateVolumeRequestSchema, { name: 'v1', volumeCapabilities: [block] });
  const bytes = toBinary(gen.CreateVolumeRequestSchema, request);
  const answer = await transport.unary('/csi.v1.Controller/CreateVolume', bytes, limits);
  assert.equal(fromBinary(gen.CreateVolumeResponseSchema, answer).volume?.volumeId, 'v1');
  await driver.publish(publishRequest());
  const remove = toBinary(gen.DeleteVolumeRequestSchema, create(gen.DeleteVolumeRequestSchema, { volumeId: 'v1' }));
  await refused(transport.unary('/csi.v1.Controller/DeleteVolume', remove, limits), Code.FailedPrecondition);
  await driver.unpublish(unpublishRequest());
  await transport.unary('/csi.v1.Controller/DeleteVolume', remove, limits);
  await refused(driver.publish(publishRequest()), Code.NotFound);
});

onEachFace('capabilities of a volume can be asked for', {}, async ({ transport }) => {
  const block = { accessType: { case: 'block' as const, value: {} }, accessMode: { mode: 5 as const } };
  const request = create(gen.ValidateVolumeCapabilitiesRequestSchema, { volumeId: 'v', volumeCapabilities: [block] });
  const bytes = toBinary(gen.ValidateVolumeCapabilitiesRequestSchema, request);
  const answer = await transport.unary('/csi.v1.Controller/ValidateVolumeCapabilities', bytes, limits);
  const { confirmed } = fromBinary(gen.ValidateVolumeCapabilitiesResponseSchema, answer);
  assert.equal(confirmed?.volumeCapabilities[0]?.accessMode?.mode, 5);
});

onEachFace('a node takes so many volumes and no more', { maxPublishedPerNode: 2 }, async ({ driver }) => {
  for (const volumeId of ['v1', 'v2']) await driver.publish(publishRequest({ volumeId }));
  await refused(driver.publish(publishRequest({ volumeId: 'v3' })), Code.ResourceExhausted);
  await driver.publish(publishRequest({ volumeId: 'v2' }));
  await driver.publish(publishRequest({ volumeId: 'v3', nodeId: 'n2' }));
  await driver.unpublish(unpublishRequest({ volumeId: 'v1' }));
  await driver.publish(publishRequest({ volumeId: 'v4' }));
});

onEachFace('a secret may be asked for', { requiredSecret: { key: 'k', value: 's' } }, async ({ driver, core }) => {
  await refused(driver.publish(publishRequest()), Code.Unauthenticated);
  await refused(driver.publish(publishRequest({ secrets: { k: 'wrong' } })), Code.Unauthenticated);
  await driver.publish(publishRequest({ secrets: { k: 's' } }));
  await refused(driver.unpublish(unpublishRequest()), Code.Unauthenticated);
  assert.deepEqual(published(core), ['v1 n1']);
  await driver.unpublish(unpublishRequest({ secrets: { k: 's' } }));
});

onEachFace('volumes are listed in pages, with the nodes that have them', {}, async ({ driver }) => {
  for (const volumeId of ['c', 'a', 'b']) await driver.publish(shared({ volumeId }));
  await driver.publish(shared({ volumeId: 'a', nodeId: 'n2' }));
  await driver.unpublish(unpublishRequest({ volumeId: 'b' }));
  const first = await driver.listVolumes({ maxEntries: 2, startingToken: '' });
  assert.deepEqual(first.entries, [
    { volumeId: 'a', publishedNodeIds: ['n1', 'n2'] },
    { volumeId: 'b', publishedNodeIds: [] },
  ]);
  const second = await driver.listVolumes({ maxEntries: 2, startingToken: first.nextToken });
  assert.deepEqual(second, { entries: [{ volumeId: 'c', publishedNodeIds: ['n1'] }], nextToken: '' });
  assert.equal((await driver.listVolumes({ maxEntries: 0, startingToken: '' })).entries.length, 3);
  await refused(driver.listVolumes({ maxEntries: 0, startingToken: 'nonsense' }), Code.Aborted);
});

onEachFace(
  'a driver may have pages of its own size, and not say where volumes are',
  {
    listPageSize: 2,
    capabilities: ['PUBLISH_UNPUBLISH_VOLUME', 'LIST_VOLUMES'],
  },
  async ({ driver }) => {
    for (const volumeId of ['a', 'b', 'c']) await driver.publish(publishRequest({ volumeId }));
    const { entries, nextToken } = await driver.listVolumes({ maxEntries: 0, startingToken: '' });
    assert.deepEqual(
      entries.map((entry) => entry.publishedNodeIds),
      [[], []],
    );
    assert.notEqual(nextToken, '');
  },
);

onEachFace('a list may be out of date', { listStaleMs: 5_000 }, async ({ driver, clock }) => {
  const list = async () => (await driver.listVolumes({ maxEntries: 0, startingToken: '' })).entries.length;
  assert.equal(await list(), 0);
  await driver.publish(publishRequest());
  await clock.advance(4_999);
  assert.equal(await list(), 0);
  await clock.advance(1);
  assert.equal(await list(), 1);
});

onEachFace('a list may be far larger than 4 MiB', {}, async ({ driver, core }) => {
  const padding = 'x'.repeat(400);
  for (let index = 0; index < 20_000; index++) core.service.volumes.add(`${index}-${padding}`);
  const page = await driver.listVolumes({ maxEntries: 0, startingToken: '' });
  assert.equal(page.entries.length, 20_000);
});

onEachFace('a request that makes no sense is refused', {}, async ({ transport }) => {
  const nonsense = Uint8Array.of(10, 200, 1, 2);
  const path = '/csi.v1.Controller/ControllerPublishVolume';
  await refused(transport.unary(path, nonsense, limits), Code.Internal);
  await refused(transport.unary('/csi.v1.Node/NodeGetInfo', new Uint8Array(0), limits), Code.Unimplemented);
});
