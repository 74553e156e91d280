import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeProto } from '../../../testing/apiserver/codec/proto.ts';
import { below, fuzz } from '../../../testing/support/fuzz.ts';
import { mutateBytes } from '../../../testing/support/mutate.ts';
import { openEnvelope } from '../codec/envelope.ts';
import { DecodeError } from '../codec/proto-reader.ts';
import { csiNodes, leases, secrets, volumeAttachments } from '../codec/resources.ts';
import { volumeAttachmentFromProto } from '../codec/volume-attachment.ts';
import { KnownObjects, KnownResources } from './known-objects.ts';

function encoded(uid: string, resourceVersion: string, nodeName = 'n1', more: object = {}): Uint8Array {
  const metadata = { name: 'va', uid, resourceVersion, ...more };
  const spec = { attacher: 'a', nodeName, source: { persistentVolumeName: 'pv' } };
  return openEnvelope(encodeProto({ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata, spec })).raw;
}

test('a version that comes twice is read once, and is one object', () => {
  let reads = 0;
  const objects = new KnownObjects((bytes) => {
    reads++;
    return volumeAttachmentFromProto(bytes);
  });
  const first = objects.read(encoded('u', '1000'));
  assert.equal(first.nodeName, 'n1');
  assert.equal(objects.read(encoded('u', '1000')), first);
  assert.equal(reads, 1);
});

test('another object, and another version of the same, are read for themselves', () => {
  const objects = new KnownObjects(volumeAttachmentFromProto);
  objects.read(encoded('u', '1000', 'a'));
  assert.equal(objects.read(encoded('other', '1000', 'b')).nodeName, 'b');
  assert.equal(objects.read(encoded('u', '1001', 'c')).nodeName, 'c');
  // These meet in the table.
  for (const version of ['1512', '2024', '1000001000']) {
    assert.equal(objects.read(encoded('u', version, version)).nodeName, version);
  }
});

test('what is marked for deletion is read each time: the answer that lets it go has the version from before', () => {
  const objects = new KnownObjects(volumeAttachmentFromProto);
  const deletionTimestamp = '2026-01-01T00:00:00Z';
  const kept = objects.read(encoded('u', '1000', 'n1', { deletionTimestamp, finalizers: ['ours'] }));
  const gone = objects.read(encoded('u', '1000', 'n1', { deletionTimestamp }));
  const late = objects.read(encoded('u', '1000', 'n1', { deletionTimestamp, finalizers: ['ours'] }));
  assert.deepEqual([kept.finalizers, gone.finalizers, late.finalizers], [['ours'], [], ['ours']]);
});

test('versions that are no whole numbers are read each time', () => {
  const objects = new KnownObjects(volumeAttachmentFromProto);
  for (const version of ['', 'abc', '-5', '1.5', 'NaN']) {
    const [first, second] = [objects.read(encoded('u', version)), objects.read(encoded('u', version))];
    assert.deepEqual(first, second);
    assert.notEqual(first, second);
  }
});

fuzz('spoiled bytes are refused, or read as they would be without a table', 2_000, (random) => {
  const bytes = mutateBytes(random, encoded('u', String(below(random, 10))), [encoded('v', '7')]);
  const read = (decode: (bytes: Uint8Array) => unknown): unknown => {
    try {
      return decode(bytes);
    } catch (error) {
      assert.ok(error instanceof DecodeError, `threw ${error}`);
      return 'refused';
    }
  };
  const objects = new KnownObjects(volumeAttachmentFromProto);
  const plain = read(volumeAttachmentFromProto);
  const found = read((given) => objects.read(given));
  if (found !== 'refused') assert.deepEqual(found, plain);
});

test('only what we write and watch is kept, and a client has each resource once', () => {
  const known = new KnownResources();
  assert.equal(known.of(volumeAttachments), known.of(volumeAttachments));
  assert.notEqual(known.of(volumeAttachments), volumeAttachments);
  assert.notEqual(known.of(volumeAttachments), new KnownResources().of(volumeAttachments));
  for (const resource of [secrets, csiNodes, leases]) assert.equal(known.of<never>(resource as never), resource);
});
