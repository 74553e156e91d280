import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import * as gen from '../../testing/csi-driver/gen/csi_pb.ts';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { RecordingLogger } from '../../testing/support/recording-logger.ts';
import { RecordingMetrics } from '../../testing/support/recording-metrics.ts';
import { Driver, DriverNameError, type DriverOptions } from './driver.ts';
import { Code, CsiError } from './errors.ts';
import { AccessMode, type PublishRequest } from './messages.ts';
import { Method } from './methods.ts';
import type { CallOptions, CsiTransport } from './transport.ts';

type Answer = Uint8Array | CsiError;

/** Answers each method from its own list; the last answer is given again and again. */
class ScriptedTransport implements CsiTransport {
  readonly calls: { method: string; request: Uint8Array; options: CallOptions }[] = [];
  readonly #answers: Partial<Record<Method, Answer[]>>;
  constructor(answers: Partial<Record<Method, Answer[]>>) {
    this.#answers = answers;
  }
  async unary(method: Method, request: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    this.calls.push({ method, request, options });
    const answers = this.#answers[method] ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Uint8Array) return answer;
    throw answer ?? new CsiError(Code.Unimplemented, `no answer for ${method}`);
  }
  onDisconnect(): void {}
  close(): void {}
}

const info = (name: string): Uint8Array =>
  toBinary(gen.GetPluginInfoResponseSchema, create(gen.GetPluginInfoResponseSchema, { name, vendorVersion: '1.2' }));
const pluginCapabilities = (...types: gen.PluginCapability_Service_Type[]): Uint8Array =>
  toBinary(
    gen.GetPluginCapabilitiesResponseSchema,
    create(gen.GetPluginCapabilitiesResponseSchema, {
      capabilities: types.map((type) =>
        create(gen.PluginCapabilitySchema, { type: { case: 'service', value: { type } } }),
      ),
    }),
  );
const controllerCapabilities = (...types: gen.ControllerServiceCapability_RPC_Type[]): Uint8Array =>
  toBinary(
    gen.ControllerGetCapabilitiesResponseSchema,
    create(gen.ControllerGetCapabilitiesResponseSchema, {
      capabilities: types.map((type) =>
        create(gen.ControllerServiceCapabilitySchema, { type: { case: 'rpc', value: { type } } }),
      ),
    }),
  );
const probe = (ready?: boolean): Uint8Array =>
  toBinary(gen.ProbeResponseSchema, create(gen.ProbeResponseSchema, { ready }));
const published = (publishContext: Record<string, string>): Uint8Array =>
  toBinary(
    gen.ControllerPublishVolumeResponseSchema,
    create(gen.ControllerPublishVolumeResponseSchema, { publishContext }),
  );

const request: PublishRequest = {
  volumeId: 'v',
  nodeId: 'n',
  capability: { access: { type: 'block' }, accessMode: AccessMode.SINGLE_NODE_WRITER },
  readonly: false,
  secrets: { password: 'hunter2' },
  volumeContext: {},
};

function setUp(answers: Partial<Record<Method, Answer[]>>, options: Partial<DriverOptions> = {}) {
  const transport = new ScriptedTransport(answers);
  const clock = new FakeClock();
  const logger = new RecordingLogger(5);
  const metrics = new RecordingMetrics();
  const driver = new Driver({ transport, clock, logger, metrics, timeoutMs: 15_000, ...options });
  return { transport, clock, logger, metrics, driver };
}

const never = new AbortController().signal;

test('a driver that answers Probe without saying anything is ready at once', async () => {
  const { driver, transport } = setUp({ [Method.Probe]: [probe()] });
  await driver.waitReady(never);
  assert.equal(transport.calls.length, 1);
  assert.equal(transport.calls[0]?.options.timeoutMs, 15_000);
});

test('waiting goes on through missing sockets, errors and "not ready", and says why at once and when that changes', async () => {
  const refused = new CsiError(Code.Unavailable, 'cannot connect', { local: true });
  const { driver, clock, logger } = setUp({
    [Method.Probe]: [refused, refused, new CsiError(Code.FailedPrecondition, 'starting'), probe(false), probe(true)],
  });
  const ready = driver.waitReady(never);
  await clock.advance(4_000);
  await ready;
  const waiting = logger.lines.filter((line) => line.level === 'info');
  assert.deepEqual(
    waiting.map((line) => [line.message, line.fields.reason]),
    [
      ['Waiting for the CSI driver', 'Probe failed: rpc error: code = Unavailable desc = cannot connect'],
      ['Waiting for the CSI driver', 'Probe failed: rpc error: code = FailedPrecondition desc = starting'],
      ['Waiting for the CSI driver', 'the driver answers Probe with "not ready"'],
      ['No longer waiting for the CSI driver', undefined],
    ],
  );
  assert.equal(clock.pendingTimers, 0);
});

test('a wait of an hour is tried every second and logged every five minutes', async () => {
  const { driver, clock, logger, transport } = setUp({ [Method.Probe]: [new CsiError(Code.Unavailable, 'x')] });
  const stop = new AbortController();
  const waiting = assert.rejects(driver.waitReady(stop.signal), { code: Code.Canceled });
  await clock.advance(3_600_000);
  assert.equal(transport.calls.length, 3_601);
  const lines = logger.lines.filter((line) => line.level === 'info').length;
  assert.equal(lines, 13);
  stop.abort();
  await waiting;
  assert.equal(clock.pendingTimers, 0);
});

test('the handshake gives name, version and capabilities', async () => {
  const { driver } = setUp({
    [Method.GetPluginInfo]: [info('driver.example')],
    [Method.GetPluginCapabilities]: [pluginCapabilities(1)],
    [Method.ControllerGetCapabilities]: [controllerCapabilities(2, 13)],
  });
  assert.deepEqual(await driver.handshake(never), {
    name: 'driver.example',
    version: '1.2',
    controllerService: true,
    capabilities: {
      publishUnpublish: true,
      publishReadonly: false,
      listVolumes: false,
      listVolumesPublishedNodes: false,
      singleNodeMultiWriter: true,
    },
  });
});

test('a driver without controller service is not asked what its controller can do', async () => {
  const { driver, transport } = setUp({
    [Method.GetPluginInfo]: [info('driver.example')],
    [Method.GetPluginCapabilities]: [pluginCapabilities(2)],
  });
  const { controllerService, capabilities } = await driver.handshake(never);
  assert.equal(controllerService, false);
  assert.equal(capabilities.publishUnpublish, false);
  assert.ok(transport.calls.every((call) => call.method !== Method.ControllerGetCapabilities));
});

test('a handshake call that fails is tried again until it succeeds', async () => {
  const { driver, clock, logger } = setUp({
    [Method.GetPluginInfo]: [new CsiError(Code.Unavailable, 'busy'), info('driver.example')],
    [Method.GetPluginCapabilities]: [new CsiError(Code.Internal, 'odd'), pluginCapabilities()],
  });
  const handshake = driver.handshake(never);
  await clock.advance(2_000);
  assert.equal((await handshake).name, 'driver.example');
  const reasons = logger.lines.flatMap((line) => (line.message.startsWith('Waiting') ? [line.fields.reason] : []));
  assert.deepEqual(reasons, ['rpc error: code = Unavailable desc = busy', 'rpc error: code = Internal desc = odd']);
});

for (const name of ['', 'not a name', 'a'.repeat(64)]) {
  test(`the handshake refuses the driver name ${JSON.stringify(name)}`, async () => {
    const { driver } = setUp({ [Method.GetPluginInfo]: [info(name)] });
    await assert.rejects(driver.handshake(never), DriverNameError);
  });
}

test('the handshake ends when it is aborted between two tries', async () => {
  const { driver, clock } = setUp({ [Method.GetPluginInfo]: [new CsiError(Code.Unavailable, 'x')] });
  const stop = new AbortController();
  const handshake = assert.rejects(driver.handshake(stop.signal), { code: Code.Canceled });
  await clock.advance(500);
  stop.abort();
  await handshake;
  assert.equal(clock.pendingTimers, 0);
});

test('publish hands back the publish context, and passes on limit and signal', async () => {
  const { driver, transport } = setUp({ [Method.ControllerPublishVolume]: [published({ device: '/dev/x' })] });
  assert.deepEqual(await driver.publish(request, never), { device: '/dev/x' });
  assert.deepEqual(transport.calls[0]?.options, { timeoutMs: 15_000, signal: never, wanted: undefined });
});

test('unpublish and listVolumes call their methods', async () => {
  const empty = new Uint8Array(0);
  const { driver, transport } = setUp({ [Method.ControllerUnpublishVolume]: [empty], [Method.ListVolumes]: [empty] });
  await driver.unpublish({ volumeId: 'v', nodeId: 'n', secrets: {} });
  const page = await driver.listVolumes({ maxEntries: 0, startingToken: '' }, undefined, { timeoutMs: 7 });
  assert.deepEqual(page, { entries: [], nextToken: '' });
  assert.deepEqual(
    transport.calls.map((call) => [call.method, call.options.timeoutMs]),
    [
      [Method.ControllerUnpublishVolume, 15_000],
      [Method.ListVolumes, 7],
    ],
  );
});

test('an error of the driver comes through as it is', async () => {
  const error = new CsiError(Code.NotFound, 'no such volume');
  const { driver } = setUp({ [Method.ControllerPublishVolume]: [error] });
  await assert.rejects(driver.publish(request), error);
});

test('an answer that cannot be read is an uncertain error, not a crash', async () => {
  const { driver } = setUp({ [Method.ControllerPublishVolume]: [Uint8Array.of(10, 200, 1)] });
  await assert.rejects(driver.publish(request), { name: 'StatusError', code: Code.Internal, local: true });
});

test('calls are logged at verbosity 5, without secrets, attributes and publish context', async () => {
  const { driver, logger } = setUp({ [Method.ControllerPublishVolume]: [published({ device: '/dev/x' })] });
  await driver.publish({ ...request, volumeContext: { attribute: 'hidden' } });
  assert.deepEqual(
    logger.lines.map(({ level, message, fields }) => [level, message, fields.method]),
    [
      [5, 'GRPC call', Method.ControllerPublishVolume],
      [5, 'GRPC response', Method.ControllerPublishVolume],
    ],
  );
  assert.equal(logger.lines[1]?.fields.response, '{"publish_context":"***stripped***"}');
  assert.doesNotMatch(JSON.stringify(logger.lines), /hunter2|hidden|\/dev\/x/);
});

test('a failed call is logged as an error of gRPC', async () => {
  const { driver, logger } = setUp({ [Method.ControllerPublishVolume]: [new CsiError(Code.Aborted, 'busy')] });
  await assert.rejects(driver.publish(request));
  assert.deepEqual(logger.lines[1], {
    level: 5,
    message: 'GRPC error',
    fields: { method: Method.ControllerPublishVolume, err: 'rpc error: code = Aborted desc = busy' },
  });
});

test('messages in the log are cut at the limit that was asked for', async () => {
  const { driver, logger } = setUp({ [Method.ControllerPublishVolume]: [published({})] }, { maxGrpcLogLength: 10 });
  await driver.publish(request);
  assert.match(String(logger.lines[0]?.fields.request), /^\{"volume_i \[cut: 10 of \d+ characters\]$/);
});

test('nothing is described below verbosity 5', async () => {
  const logger = new RecordingLogger(4);
  const { driver } = setUp({ [Method.ControllerPublishVolume]: [published({})] }, { logger });
  await driver.publish(request);
  assert.deepEqual(logger.lines, []);
});

test('every call is measured under the name of the driver as far as it is known', async () => {
  const { driver, metrics } = setUp({
    [Method.Probe]: [probe(true)],
    [Method.GetPluginInfo]: [info('driver.example')],
    [Method.GetPluginCapabilities]: [pluginCapabilities()],
    [Method.ControllerPublishVolume]: [new CsiError(Code.DeadlineExceeded, 'slow')],
  });
  await driver.waitReady(never);
  await driver.handshake(never);
  await assert.rejects(driver.publish(request, undefined, { migrated: true }));
  assert.deepEqual(
    metrics.samples.map(({ labels }) => labels),
    [
      { driver_name: 'unknown-driver', method_name: Method.Probe, grpc_status_code: 'OK' },
      { driver_name: 'unknown-driver', method_name: Method.GetPluginInfo, grpc_status_code: 'OK' },
      { driver_name: 'driver.example', method_name: Method.GetPluginCapabilities, grpc_status_code: 'OK' },
      {
        driver_name: 'driver.example',
        method_name: Method.ControllerPublishVolume,
        grpc_status_code: 'DeadlineExceeded',
      },
    ],
  );
  assert.deepEqual([...metrics.registered.keys()], ['csi_sidecar_operations_seconds']);
});

test('a driver that stands in for an in-tree plugin has the label migrated on every series', async () => {
  const { driver, metrics } = setUp(
    {
      [Method.Probe]: [new CsiError(Code.Unavailable, 'soon'), probe(true)],
      [Method.GetPluginInfo]: [info('ebs.csi.aws.com')],
      [Method.GetPluginCapabilities]: [pluginCapabilities()],
      [Method.ControllerPublishVolume]: [published({})],
    },
    { withMigratedLabel: (name) => name === 'ebs.csi.aws.com' },
  );
  await driver.handshake(never);
  await driver.publish(request);
  await driver.publish(request, undefined, { migrated: true });
  assert.deepEqual(
    metrics.samples.map(({ labels }) => [labels.driver_name, labels.migrated]),
    [
      ['ebs.csi.aws.com', 'false'],
      ['ebs.csi.aws.com', 'false'],
      ['ebs.csi.aws.com', 'true'],
    ],
  );
});

test('a limit that is no time is refused by name', () => {
  assert.throws(() => setUp({}, { timeoutMs: 0 }), /timeoutMs must be more than 0, not 0/);
});
