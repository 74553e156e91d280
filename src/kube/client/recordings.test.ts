import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recordedBytes, recordedStep } from '../../../testing/support/recordings.ts';
import type { VolumeAttachment } from '../api/objects.ts';
import { openEnvelope } from '../codec/envelope.ts';
import { listFromJson, listFromProto } from '../codec/list.ts';
import { csiNodes, persistentVolumes, volumeAttachments } from '../codec/resources.ts';
import { statusFromJson, statusFromProto } from '../codec/status.ts';
import { volumeAttachmentFromProto } from '../codec/volume-attachment.ts';
import { readWatchEvent, type WatchSink, watchEventFromJson } from '../codec/watch-event.ts';
import { FrameSplitter, LineSplitter } from './watch/splitter.ts';

function bytes(file: string, name: string): Buffer {
  return recordedBytes(recordedStep(file, name));
}

function json(file: string, name: string): unknown {
  return recordedStep(file, name).response.body;
}

function attachmentFromProto(data: Buffer): VolumeAttachment | undefined {
  return volumeAttachments.decodeProto?.(openEnvelope(data).raw);
}

describe('what a real API server sends', () => {
  test('an attachment is the same object from protobuf and from JSON', () => {
    const fromJson = volumeAttachments.decodeJson(json('objects', 'get one'));
    assert.deepEqual(attachmentFromProto(bytes('objects', 'get one as protobuf')), fromJson);
    assert.deepEqual(fromJson, {
      name: 'va1',
      uid: 'ad3ef3a0-f6a9-4aac-a52c-1d7b1cbce462',
      resourceVersion: '215',
      creationMs: Date.parse('2026-11-23T08:38:11Z'),
      deletionMs: undefined,
      finalizers: [],
      annotations: {},
      attacher: 'rec.csi',
      nodeName: 'n1',
      persistentVolumeName: 'pv1',
      inlineVolumeSpec: undefined,
      attached: false,
      attachmentMetadata: {},
      attachError: undefined,
      detachError: undefined,
    });
  });

  test('a volume is the same object from protobuf and from JSON', () => {
    const fromJson = persistentVolumes.decodeJson(json('objects', 'create a PersistentVolume'));
    const fromWire = persistentVolumes.decodeProto?.(openEnvelope(bytes('objects', 'get a PV as protobuf')).raw);
    assert.deepEqual(fromWire, fromJson);
    assert.deepEqual(fromJson.spec, {
      accessModes: ['ReadWriteOnce'],
      volumeMode: 'Filesystem',
      mountOptions: [],
      csi: {
        driver: 'rec.csi',
        volumeHandle: 'h-pv1',
        readOnly: false,
        fsType: 'ext4',
        volumeAttributes: { a: 'b' },
        controllerPublishSecretRef: undefined,
      },
      inTree: undefined,
    });
    assert.deepEqual(fromJson.finalizers, ['kubernetes.io/pv-protection']);
  });

  test('a CSINode is the same object from protobuf and from JSON', () => {
    const fromJson = csiNodes.decodeJson(json('objects', 'create a CSINode'));
    const fromWire = csiNodes.decodeProto?.(openEnvelope(bytes('objects', 'get a CSINode as protobuf')).raw);
    assert.deepEqual(fromWire, fromJson);
    assert.deepEqual(fromJson.nodeIds, { 'rec.csi': 'id-n1' });
  });

  test('a Status is the same from protobuf and from JSON', () => {
    const fromJson = statusFromJson(json('objects', 'get one that is not there'));
    const envelope = openEnvelope(bytes('objects', 'a Status as protobuf'));
    assert.equal(envelope.kind, 'Status');
    assert.deepEqual(statusFromProto(envelope.raw), fromJson);
    assert.equal(fromJson.code, 404);
    assert.equal(fromJson.details?.name, 'nope');
  });

  test('lists are the same from protobuf and from JSON, empty ones too', () => {
    for (const name of ['an empty list', 'a list of seven']) {
      const fromJson = listFromJson(json('lists-and-watches', name), volumeAttachments);
      const { raw } = openEnvelope(bytes('lists-and-watches', `${name} as protobuf`));
      assert.deepEqual(listFromProto(raw, volumeAttachmentFromProto), fromJson);
    }
  });

  test('a page says where the next one begins, and an expired token is told as one', () => {
    const page = listFromJson(json('lists-and-watches', 'first page of three'), volumeAttachments);
    assert.equal(page.items.length, 3);
    assert.notEqual(page.continueToken, '');
    const expired = 'second page after a compaction: expired, with a token to go on inconsistently';
    assert.equal(statusFromJson(json('expired', expired)).reason, 'Expired');
  });
});

/** Writes down what a watch brings. */
class Diary implements WatchSink<VolumeAttachment> {
  readonly entries: unknown[] = [];
  changed(object: VolumeAttachment): void {
    this.entries.push(['changed', object]);
  }
  deleted(object: VolumeAttachment): void {
    this.entries.push(['deleted', object]);
  }
  bookmark(resourceVersion: string): void {
    this.entries.push(['bookmark', resourceVersion]);
  }
  failed(status: unknown): void {
    this.entries.push(['failed', status]);
  }
}

function watchProto(data: Buffer, chunkSize: number): unknown[] {
  const diary = new Diary();
  const splitter = new FrameSplitter();
  const decode = volumeAttachmentFromProto;
  for (let at = 0; at < data.length; at += chunkSize) {
    // A copy, and spoiled afterwards, as a socket that uses its buffer again would.
    const chunk = Buffer.from(data.subarray(at, at + chunkSize));
    splitter.push(chunk, (message) => readWatchEvent(message, decode, diary));
    chunk.fill(0xff);
  }
  return diary.entries;
}

function watchJson(data: Buffer, chunkSize: number): unknown[] {
  const diary = new Diary();
  const splitter = new LineSplitter();
  for (let at = 0; at < data.length; at += chunkSize) {
    const chunk = Buffer.from(data.subarray(at, at + chunkSize));
    splitter.push(chunk, (line) => watchEventFromJson(JSON.parse(line.toString('utf8')), volumeAttachments, diary));
    chunk.fill(0xff);
  }
  return diary.entries;
}

describe('a recorded watch', () => {
  const past = 'the same again, from the past';
  const framed = 'the same as protobuf: length-delimited frames';

  test('says the same in protobuf and in JSON', () => {
    const events = watchJson(bytes('lists-and-watches', past), 1_000_000);
    assert.deepEqual(
      events.map((event) => (event as unknown[])[0]),
      ['changed', 'changed', 'changed', 'changed', 'deleted'],
    );
    assert.deepEqual(watchProto(bytes('lists-and-watches', framed), 1_000_000), events);
  });

  test('says the same wherever the chunks end', () => {
    const lines = bytes('lists-and-watches', past);
    const frames = bytes('lists-and-watches', framed);
    const expected = watchJson(lines, lines.length);
    for (const size of [1, 2, 3, 4, 5, 7, 311, 312, 313, 1000, 2141]) {
      assert.deepEqual(watchProto(frames, size), expected, `protobuf in chunks of ${size}`);
      assert.deepEqual(watchJson(lines, size), expected, `JSON in chunks of ${size}`);
    }
  });

  test('from too old a version brings one ERROR with a 410', () => {
    const name = 'watch from a version too old';
    const events = watchJson(bytes('expired', name), 10_000);
    assert.deepEqual(watchProto(bytes('expired', `${name}, as protobuf`), 10_000), events);
    assert.equal((events[0] as [string, { code: number }])[1].code, 410);
  });

  test('as a watch list ends its first part with a bookmark that says so', () => {
    const name = 'watch list: sendInitialEvents, then a bookmark that says so';
    const events = watchJson(bytes('lists-and-watches', name), 10_000);
    assert.deepEqual(events.at(-1), ['bookmark', '247']);
  });

  test('ends with a bookmark where bookmarks were asked for', () => {
    const name = 'watch from a version: added, modified, modified, modified (marked), deleted';
    assert.deepEqual(watchJson(bytes('lists-and-watches', name), 10_000).at(-1), ['bookmark', '244']);
  });
});
