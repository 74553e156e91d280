import assert from 'node:assert/strict';
import type { Random } from '../src/base/random.ts';
import { protobufType } from '../src/kube/codec/envelope.ts';
import { below, fuzz, pick } from '../testing/support/fuzz.ts';
import type { AnyObject } from '../testing/support/loose-objects.ts';
import { mutateText, randomBytes } from '../testing/support/mutate.ts';
import { driverName, finalizer, inWorld, type World } from '../testing/support/world.ts';

const words = [
  '',
  'a',
  'n1',
  'pv1',
  'strange-0',
  '__proto__',
  'constructor',
  'a/b',
  '../x',
  '%2e',
  'ü',
  '\n',
  ' ',
  'x'.repeat(3_000),
];
const times = ['2026-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '1969-12-31T23:59:59Z'];
const finalizers = [[], [finalizer], [finalizer, finalizer], ['other/x', finalizer, ''], ['x'.repeat(2_000)]];
const modes = [
  [],
  ['ReadWriteOnce'],
  ['ReadWriteMany', 'ReadOnlyMany'],
  ['ReadWriteOncePod'],
  ['Nonsense', ''],
  ['__proto__'],
];

function text(random: Random): string {
  return random.next() < 0.8 ? pick(random, words) : mutateText(random, pick(random, words)).toWellFormed();
}

function record(random: Random): Record<string, string> {
  return Object.fromEntries(Array.from({ length: below(random, 4) }, () => [text(random), text(random)]));
}

function maybe<T>(random: Random, make: () => T): T | undefined {
  return random.next() < 0.5 ? make() : undefined;
}

function volumeSpec(random: Random): object {
  const secret = () => ({ name: text(random), namespace: text(random) });
  const csi = () => ({
    ...{ driver: random.next() < 0.8 ? driverName : text(random), volumeHandle: text(random), fsType: text(random) },
    ...{ readOnly: random.next() < 0.5, volumeAttributes: record(random) },
    controllerPublishSecretRef: maybe(random, secret),
  });
  const inTree = () => ({
    ...{
      awsElasticBlockStore: { volumeID: text(random) },
      azureDisk: { diskName: text(random), diskURI: text(random) },
    },
    ...{ gcePersistentDisk: { pdName: text(random), partition: -1 }, azureFile: { shareName: text(random) } },
    ...{ cinder: { volumeID: text(random) }, vsphereVolume: { volumePath: text(random) } },
    portworxVolume: { volumeID: text(random) },
  });
  const [name, value] = pick(random, Object.entries(inTree()));
  return {
    ...{ accessModes: pick(random, modes), mountOptions: [text(random)], capacity: { storage: '1Gi' } },
    volumeMode: pick(random, ['Block', 'Filesystem', '', 'Nonsense']),
    ...(random.next() < 0.7 ? { csi: csi() } : {}),
    ...(random.next() < 0.3 ? { [name]: value } : {}),
  };
}

function metadata(random: Random, name: string): AnyObject['metadata'] {
  const marked = random.next() < 0.4;
  return {
    ...{ name, uid: text(random), creationTimestamp: pick(random, times), finalizers: pick(random, finalizers) },
    ...(marked ? { deletionTimestamp: pick(random, times), deletionGracePeriodSeconds: 0 } : {}),
    annotations: {
      ...record(random),
      'csi.alpha.kubernetes.io/node-id': text(random),
      'csi-attacher/volume-handle': text(random),
    },
  };
}

function attachment(random: Random, name: string): AnyObject {
  const failure = () => ({ time: pick(random, times), message: text(random), errorCode: below(random, 99) - 9 });
  return {
    ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: metadata(random, name) },
    spec: {
      ...{ attacher: driverName, nodeName: random.next() < 0.6 ? 'n1' : text(random) },
      source: {
        persistentVolumeName: maybe(random, () => text(random)),
        inlineVolumeSpec: maybe(random, () => volumeSpec(random)),
      },
    },
    status: {
      ...{ attached: random.next() < 0.5, attachmentMetadata: record(random) },
      ...{ attachError: maybe(random, failure), detachError: maybe(random, failure) },
    },
  };
}

/** Puts objects into the server that no API server would take, past all its checks. */
async function store(world: World, random: Random): Promise<void> {
  const put = (storedAs: string, object: AnyObject): void =>
    void world.server.store.collection(storedAs).put(object.metadata.name, object as never);
  for (let at = 0; at < 6; at++) {
    const name = pick(random, [`strange-${at}`, ...words.filter((word) => word !== 'n1' && word !== 'pv1')]) || 'x';
    put('v1/PersistentVolume', {
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: metadata(random, name), spec: volumeSpec(random) },
    });
    put('storage.k8s.io/v1/VolumeAttachment', attachment(random, name));
    const drivers = [
      { name: text(random), nodeID: text(random) },
      ...(random.next() < 0.5 ? [{ name: driverName, nodeID: text(random) }] : []),
    ];
    put('storage.k8s.io/v1/CSINode', {
      ...{ apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec: { drivers } },
    });
  }
  await world.clock.advance(5_000);
}

/** The good volume must come and go as if it were alone. */
async function attachAndDetachGood(world: World): Promise<void> {
  await world.addNode('n1');
  await world.addVolume('good');
  await world.addAttachment('good', 'good', 'n1');
  await world.clock.advance(60_000);
  assert.equal((await world.attachment('good'))?.status.attached, true);
  await world.deleteAttachment('good');
  await world.clock.advance(60_000);
  assert.equal(await world.attachment('good'), undefined);
  assert.ok(!world.published.includes('h-good@id-n1'));
}

fuzz('objects that make no sense harm neither the attacher nor the volumes beside them', 25, async (random) => {
  await inWorld({ flags: ['--retry-interval-start=1s', '--retry-interval-max=10s'] }, async (world) => {
    await store(world, random);
    for (const view of world.app.attachments()) assert.ok(JSON.stringify(view).length > 0);
    await attachAndDetachGood(world);
    for (const line of world.log) assert.ok(!line.includes('\n'), `a log line of several: ${line}`);
    // Six attachments, a good one, and half a minute of retries: nothing may write without end.
    assert.ok(world.writes.length < 400, `${world.writes.length} writes: ${world.writes.slice(-3)}`);
  });
});

fuzz('answers that make no sense are got over', 10, async (random) => {
  await inWorld({ flags: ['--retry-interval-max=10s'] }, async (world) => {
    world.fault = () => {
      if (random.next() < 0.4) return undefined;
      const type = pick(random, [protobufType, 'application/json', 'text/html', '']);
      const body = pick(random, [
        randomBytes(random, 80),
        Buffer.from('{}'),
        Buffer.from('null'),
        Buffer.from('[[]]'),
        Buffer.from('k8s\0'),
      ]);
      const status = pick(random, [200, 200, 404, 409, 410, 418, 422, 429, 500, 503]);
      return { answer: { status, headers: { 'content-type': type }, body } };
    };
    await store(world, random);
    await world.clock.advance(30_000);
    world.fault = () => undefined;
    await world.clock.advance(60_000);
    await attachAndDetachGood(world);
  });
});
