import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import * as gen from '../../testing/csi-driver/gen/csi_pb.ts';
import * as codec from './codec.ts';
import { AccessMode, type PublishRequest, type VolumeCapability } from './messages.ts';

// The generated classes are the oracle for the bytes on the wire.

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const map = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true });
const capability: fc.Arbitrary<VolumeCapability> = fc.record({
  access: fc.oneof(
    fc.constant({ type: 'block' as const }),
    fc.record({ type: fc.constant('mount' as const), fsType: text, mountFlags: fc.array(text, { maxLength: 3 }) }),
  ),
  accessMode: fc.constantFrom(...Object.values(AccessMode)),
});
const publish: fc.Arbitrary<PublishRequest> = fc.record({
  volumeId: text,
  nodeId: text,
  capability,
  readonly: fc.boolean(),
  secrets: map,
  volumeContext: map,
});

test('a publish request says the same to generated code, whatever is in it', () => {
  fc.assert(
    fc.property(publish, (request) => {
      const read = fromBinary(gen.ControllerPublishVolumeRequestSchema, codec.encodePublishRequest(request));
      const { access, accessMode } = request.capability;
      assert.equal(read.volumeId, request.volumeId);
      assert.equal(read.nodeId, request.nodeId);
      assert.equal(read.readonly, request.readonly);
      assert.deepEqual({ ...read.secrets }, request.secrets);
      assert.deepEqual({ ...read.volumeContext }, request.volumeContext);
      assert.equal(read.volumeCapability?.accessMode?.mode, accessMode);
      const type = read.volumeCapability?.accessType;
      assert.equal(type?.case, access.type);
      if (type?.case === 'mount' && access.type === 'mount') {
        assert.equal(type.value.fsType, access.fsType);
        assert.deepEqual(type.value.mountFlags, access.mountFlags);
      }
    }),
  );
});

test('an unpublish request and a list request say the same to generated code', () => {
  fc.assert(
    fc.property(text, text, map, fc.nat(), (volumeId, nodeId, secrets, maxEntries) => {
      const unpublish = codec.encodeUnpublishRequest({ volumeId, nodeId, secrets });
      const read = fromBinary(gen.ControllerUnpublishVolumeRequestSchema, unpublish);
      assert.deepEqual([read.volumeId, read.nodeId, { ...read.secrets }], [volumeId, nodeId, secrets]);
      const list = codec.encodeListVolumesRequest({ maxEntries, startingToken: volumeId });
      const readList = fromBinary(gen.ListVolumesRequestSchema, list);
      assert.deepEqual([readList.maxEntries, readList.startingToken], [maxEntries, volumeId]);
    }),
  );
});

test('a publish context is read as generated code wrote it', () => {
  fc.assert(
    fc.property(map, (publishContext) => {
      const bytes = toBinary(
        gen.ControllerPublishVolumeResponseSchema,
        create(gen.ControllerPublishVolumeResponseSchema, { publishContext }),
      );
      assert.deepEqual(codec.decodePublishContext(bytes), publishContext);
    }),
  );
});

test('a publish context may have the key __proto__', () => {
  const entry = [...Buffer.from('\n\x09__proto__\x12\x01x', 'latin1')];
  const context = codec.decodePublishContext(Uint8Array.from([10, entry.length, ...entry]));
  assert.deepEqual(Object.entries(context), [['__proto__', 'x']]);
  assert.equal(Object.getPrototypeOf(context), Object.prototype);
});

test('a page of volumes is read for ids and nodes, and nothing else', () => {
  const bytes = toBinary(
    gen.ListVolumesResponseSchema,
    create(gen.ListVolumesResponseSchema, {
      entries: [
        {
          volume: { volumeId: 'v1', capacityBytes: 1n << 40n, volumeContext: { a: 'b' } },
          status: { publishedNodeIds: ['n1', 'n2'], volumeCondition: { abnormal: true, message: 'odd' } },
        },
        { volume: { volumeId: 'v2' } },
      ],
      nextToken: 'v2',
    }),
  );
  assert.deepEqual(codec.decodeListVolumesPage(bytes), {
    entries: [
      { volumeId: 'v1', publishedNodeIds: ['n1', 'n2'] },
      { volumeId: 'v2', publishedNodeIds: [] },
    ],
    nextToken: 'v2',
  });
});

test('a driver that says nothing about being ready is ready', () => {
  const probe = (ready: boolean | undefined) =>
    codec.decodeProbe(toBinary(gen.ProbeResponseSchema, create(gen.ProbeResponseSchema, { ready }))).ready;
  assert.equal(probe(undefined), true);
  assert.equal(probe(true), true);
  assert.equal(probe(false), false);
});

test('name, version and both kinds of capabilities are read', () => {
  const info = create(gen.GetPluginInfoResponseSchema, { name: 'n', vendorVersion: 'v', manifest: { a: 'b' } });
  const infoBytes = toBinary(gen.GetPluginInfoResponseSchema, info);
  assert.deepEqual(codec.decodePluginInfo(infoBytes), { name: 'n', version: 'v' });
  const plugin = create(gen.GetPluginCapabilitiesResponseSchema, {
    capabilities: [
      { type: { case: 'service', value: { type: gen.PluginCapability_Service_Type.CONTROLLER_SERVICE } } },
      {},
    ],
  });
  const pluginBytes = toBinary(gen.GetPluginCapabilitiesResponseSchema, plugin);
  assert.deepEqual(codec.decodeCapabilityTypes(pluginBytes), new Set([1]));
  const controller = create(gen.ControllerGetCapabilitiesResponseSchema, {
    capabilities: ([2, 8, 0] as const).map((type) =>
      create(gen.ControllerServiceCapabilitySchema, { type: { case: 'rpc', value: { type } } }),
    ),
  });
  const controllerBytes = toBinary(gen.ControllerGetCapabilitiesResponseSchema, controller);
  assert.deepEqual(codec.decodeCapabilityTypes(controllerBytes), new Set([2, 8, 0]));
});

test('bytes that make no sense end in an error, never in a hang or a wrong type', () => {
  const decoders = [codec.decodePublishContext, codec.decodeListVolumesPage, codec.decodePluginInfo, codec.decodeProbe];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const decode of [...decoders, codec.decodeCapabilityTypes]) {
        try {
          assert.equal(typeof decode(bytes), 'object');
        } catch (error) {
          assert.ok(error instanceof Error && !(error instanceof assert.AssertionError), String(error));
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test('bytes that are no text are refused by the name of their field, in both directions', () => {
  const bad = 'a\udc80';
  const capability = {
    access: { type: 'mount' as const, fsType: 'ext4', mountFlags: [] },
    accessMode: AccessMode.UNKNOWN,
  };
  const good: PublishRequest = {
    volumeId: 'v',
    nodeId: 'n',
    capability,
    readonly: false,
    secrets: {},
    volumeContext: {},
  };
  for (const [request, field] of [
    [{ ...good, volumeId: bad }, 'volume_id'],
    [{ ...good, nodeId: bad }, 'node_id'],
    [{ ...good, secrets: { password: bad } }, 'secrets["password"]'],
    [{ ...good, volumeContext: { [bad]: 'x' } }, 'a key of volume_context'],
    [{ ...good, capability: { ...capability, access: { ...capability.access, fsType: bad } } }, 'fs_type'],
    [{ ...good, capability: { ...capability, access: { ...capability.access, mountFlags: [bad] } } }, 'mount_flags'],
  ] as const) {
    const message = `${field} is no text: it has bytes that are not UTF-8`;
    assert.throws(() => codec.encodePublishRequest(request), { name: 'NotText', message });
  }
  const entry = (key: number[], value: number[]): number[] => [0x0a, key.length, ...key, 0x12, value.length, ...value];
  const context = (inner: number[]): Uint8Array => Uint8Array.from([0x0a, inner.length, ...inner]);
  assert.throws(() => codec.decodePublishContext(context(entry([0x64], [0x2f, 0xff, 0xfe]))), {
    message: 'publish_context["d"] is no text: it has bytes that are not UTF-8',
  });
  assert.throws(() => codec.decodePublishContext(context(entry([0xc0], []))), { message: /^a key of publish_context/ });
  const long = [...Buffer.from('x'.repeat(60)), 0xed, 0xa0, 0x80];
  assert.throws(() => codec.decodePublishContext(context(entry([0x64], long))), { name: 'NotText' });
  assert.throws(() => codec.decodePluginInfo(Uint8Array.from([0x0a, 1, 0xff])), { message: /^name is no text/ });
});
