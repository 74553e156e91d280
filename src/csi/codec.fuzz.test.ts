import assert from 'node:assert/strict';
import { create, toBinary } from '@bufbuild/protobuf';
import * as gen from '../../testing/csi-driver/gen/csi_pb.ts';
import { type Check, finite, listOf, recordOf, shape, text, truth } from '../../testing/support/declared.ts';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { fuzz, pick } from '../../testing/support/fuzz.ts';
import { mutateBytes, randomBytes } from '../../testing/support/mutate.ts';
import { RecordingLogger } from '../../testing/support/recording-logger.ts';
import { noMetrics } from '../base/metrics.ts';
import * as codec from './codec.ts';
import { Driver } from './driver.ts';
import { Code, CsiError } from './errors.ts';
import { AccessMode, type ListedVolume, type ListVolumesPage, type PluginInfo, type ProbeResult } from './messages.ts';

const secret = 'PUBLISH-CONTEXT-VALUE';
const published = toBinary(
  gen.ControllerPublishVolumeResponseSchema,
  create(gen.ControllerPublishVolumeResponseSchema, { publishContext: { device: secret, __proto__x: secret, '': '' } }),
);
const listed = toBinary(
  gen.ListVolumesResponseSchema,
  create(gen.ListVolumesResponseSchema, {
    nextToken: 'next',
    entries: ['v1', 'v2', 'ü'].map((volumeId) => ({
      volume: { volumeId, capacityBytes: 1n << 40n, volumeContext: { a: 'b' } },
      status: { publishedNodeIds: ['n1', 'n2'], volumeCondition: { abnormal: true, message: 'm' } },
    })),
  }),
);
const info = toBinary(
  gen.GetPluginInfoResponseSchema,
  create(gen.GetPluginInfoResponseSchema, { name: 'test.csi.example', vendorVersion: '1.2', manifest: { a: 'b' } }),
);
const rpcs = ['PUBLISH_UNPUBLISH_VOLUME', 'LIST_VOLUMES', 'PUBLISH_READONLY'] as const;
const capabilities = toBinary(
  gen.ControllerGetCapabilitiesResponseSchema,
  create(gen.ControllerGetCapabilitiesResponseSchema, {
    capabilities: rpcs.map((rpc) =>
      create(gen.ControllerServiceCapabilitySchema, {
        type: { case: 'rpc', value: { type: gen.ControllerServiceCapability_RPC_Type[rpc] } },
      }),
    ),
  }),
);
const probe = toBinary(gen.ProbeResponseSchema, create(gen.ProbeResponseSchema, { ready: true }));
const samples = [published, listed, info, capabilities, probe];

const numbers: Check<never> = (value: unknown) =>
  value instanceof Set ? listOf(finite)([...value] as never) : 'is no set';

const decoders: readonly [(bytes: Uint8Array) => unknown, Check<never>][] = [
  [codec.decodePublishContext, recordOf(text)],
  [
    codec.decodeListVolumesPage,
    shape<ListVolumesPage>({
      entries: listOf(shape<ListedVolume>({ volumeId: text, publishedNodeIds: listOf(text) })),
      nextToken: text,
    }),
  ],
  [codec.decodePluginInfo, shape<PluginInfo>({ name: text, version: text })],
  [codec.decodeProbe, shape<ProbeResult>({ ready: truth })],
  [codec.decodeCapabilityTypes, numbers],
];

fuzz('answers are what their types say, or cannot be read', 8_000, (random) => {
  const [decode, check] = pick(random, decoders);
  const bytes = random.next() < 0.2 ? randomBytes(random, 100) : mutateBytes(random, pick(random, samples), samples);
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (error) {
    return assert.ok(error instanceof Error, String(error));
  }
  assert.equal(check(value as never), undefined);
});

const request = {
  ...{ volumeId: 'v', nodeId: 'n', readonly: false, secrets: { password: 'SECRET' }, volumeContext: {} },
  capability: { access: { type: 'block' as const }, accessMode: AccessMode.SINGLE_NODE_WRITER },
};

fuzz(
  'whatever a driver answers, a call ends with a result or with a CsiError, and shows no secret',
  4_000,
  async (random) => {
    const answer = mutateBytes(random, pick(random, samples), samples);
    const logger = new RecordingLogger(9);
    const transport = { unary: () => Promise.resolve(answer), onDisconnect: () => {}, close: () => {} };
    const driver = new Driver({ transport, clock: new FakeClock(), logger, metrics: noMetrics, timeoutMs: 1_000 });
    const calls = [driver.publish(request), driver.listVolumes({ maxEntries: 0, startingToken: '' })];
    for (const result of await Promise.allSettled(calls)) {
      if (result.status === 'fulfilled') continue;
      assert.ok(result.reason instanceof CsiError, String(result.reason));
      assert.equal(result.reason.code, Code.Internal);
      assert.equal(result.reason.local, true);
    }
    const log = JSON.stringify(logger.lines.filter(({ fields }) => String(fields.method).endsWith('PublishVolume')));
    assert.ok(!log.includes('SECRET') && !log.includes(secret), log);
  },
);

fuzz('groups in groups without end are refused', 1, () => {
  const nested = Buffer.alloc(2 * 1024 * 1024, 0x0b);
  for (const [decode] of decoders) assert.throws(() => decode(nested), Error);
});
