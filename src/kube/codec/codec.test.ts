import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { recordedBytes, recordedStep } from '../../../testing/support/recordings.ts';
import type { PersistentVolume, Secret, VolumeAttachment } from '../api/objects.ts';
import { openEnvelope } from './envelope.ts';
import { DecodeError } from './proto-reader.ts';
import { leases, persistentVolumes, type Resource, secrets, volumeAttachments } from './resources.ts';

type Fill = (writer: BinaryWriter) => void;

function message(fill: Fill): Uint8Array {
  const writer = new BinaryWriter();
  fill(writer);
  return writer.finish();
}

function nested(writer: BinaryWriter, number: number, fill: Fill): void {
  writer.tag(number, 2).bytes(message(fill));
}

function text(writer: BinaryWriter, number: number, value: string): void {
  writer.tag(number, 2).string(value);
}

function entry(writer: BinaryWriter, number: number, key: string, value: string): void {
  nested(writer, number, (pair) => {
    text(pair, 1, key);
    text(pair, 2, value);
  });
}

/** A PersistentVolume whose spec has that source, under its number in PersistentVolumeSource. */
function volume(source: number, fill: Fill): PersistentVolume {
  const bytes = message((pv) => nested(pv, 2, (spec) => nested(spec, 2, (sources) => nested(sources, source, fill))));
  return decode(persistentVolumes, bytes);
}

function decode<T extends PersistentVolume | VolumeAttachment | Secret>(resource: Resource<T>, bytes: Uint8Array): T {
  assert.ok(resource.decodeProto !== undefined);
  return resource.decodeProto(bytes);
}

function strings(...values: string[]): Fill {
  return (writer) => {
    for (const [index, value] of values.entries()) text(writer, index + 1, value);
  };
}

describe('an in-tree volume', () => {
  const cases: [name: string, number: number, fill: Fill, json: object][] = [
    [
      'awsElasticBlockStore',
      2,
      (w) => strings('vol-1', 'ext4')(w.tag(3, 0).int32(2).tag(4, 0).bool(true)),
      { volumeID: 'vol-1', fsType: 'ext4', partition: 2, readOnly: true },
    ],
    [
      'awsElasticBlockStore',
      2,
      (w) => strings('vol-1', '')(w.tag(3, 0).int32(0).tag(4, 0).bool(false)),
      { volumeID: 'vol-1' },
    ],
    ['gcePersistentDisk', 1, strings('disk', 'xfs'), { pdName: 'disk', fsType: 'xfs' }],
    [
      'azureDisk',
      16,
      (w) => {
        strings('d', 'uri', 'None', 'ext4')(w);
        text(w.tag(5, 0).bool(false), 6, 'Managed');
      },
      { diskName: 'd', diskURI: 'uri', cachingMode: 'None', fsType: 'ext4', readOnly: false, kind: 'Managed' },
    ],
    [
      'azureFile',
      13,
      (w) => text(strings2(w, 'secret', 'share').tag(3, 0).bool(true), 4, 'ns'),
      { secretName: 'secret', shareName: 'share', readOnly: true, secretNamespace: 'ns' },
    ],
    [
      'cinder',
      8,
      (w) => nested(strings2(w, 'id', 'ext4').tag(3, 0).bool(false), 4, strings('s', 'ns')),
      { volumeID: 'id', fsType: 'ext4', secretRef: { name: 's', namespace: 'ns' } },
    ],
    [
      'vsphereVolume',
      14,
      strings('[ds] a.vmdk', '', 'gold', ''),
      { volumePath: '[ds] a.vmdk', storagePolicyName: 'gold' },
    ],
    ['portworxVolume', 18, strings('px', 'ext4'), { volumeID: 'px', fsType: 'ext4' }],
  ];

  for (const [plugin, number, fill, fields] of cases) {
    test(`(${plugin}) is the same from protobuf and from JSON: ${JSON.stringify(fields)}`, () => {
      const fromWire = volume(number, fill).spec;
      assert.deepEqual(fromWire.inTree, { plugin, fields });
      assert.equal(fromWire.csi, undefined);
      assert.deepEqual(persistentVolumes.decodeJson({ spec: { [plugin]: fields } }).spec, fromWire);
    });
  }

  test('that nobody has to translate is no source', () => {
    const { spec } = volume(5, strings('server', '/export'));
    assert.deepEqual([spec.csi, spec.inTree], [undefined, undefined]);
    assert.deepEqual(persistentVolumes.decodeJson({ spec: { nfs: { server: 'server' } } }).spec, spec);
  });
});

function strings2(writer: BinaryWriter, ...values: string[]): BinaryWriter {
  strings(...values)(writer);
  return writer;
}

describe('a volume', () => {
  test('keeps the labels, annotations, claim and secret that are used, in both encodings', () => {
    const bytes = message((pv) => {
      nested(pv, 1, (meta) => {
        text(meta, 1, 'pv');
        nested(meta, 9, (time) => time.tag(1, 0).int64(1_800_000_000));
        entry(meta, 11, 'topology.kubernetes.io/zone', 'z');
        entry(meta, 11, 'app', 'x');
        entry(meta, 12, 'pv.kubernetes.io/migrated-to', 'driver');
        entry(meta, 12, 'big', 'x'.repeat(10_000));
      });
      nested(pv, 2, (spec) => {
        nested(spec, 2, (source) =>
          nested(source, 22, (csi) => {
            text(csi, 1, 'driver');
            text(csi, 2, 'händle');
            csi.tag(3, 0).bool(true);
            entry(csi, 5, '__proto__', 'x');
            nested(csi, 6, strings('s', 'ns'));
          }),
        );
        text(spec, 3, 'ReadWriteMany');
        text(spec, 3, 'ReadOnlyMany');
        nested(spec, 4, strings('PersistentVolumeClaim', 'ns', 'claim', 'uid', 'v1', '77'));
        text(spec, 7, 'noatime');
        text(spec, 8, 'Block');
      });
    });
    const pv = decode(persistentVolumes, bytes);
    const json = JSON.parse(`{
      "metadata": {"name": "pv", "deletionTimestamp": "2027-01-15T08:00:00Z",
        "labels": {"topology.kubernetes.io/zone": "z", "app": "x"},
        "annotations": {"pv.kubernetes.io/migrated-to": "driver", "big": "x"}},
      "spec": {"accessModes": ["ReadWriteMany", "ReadOnlyMany"], "volumeMode": "Block", "mountOptions": ["noatime"],
        "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "ns", "name": "claim", "uid": "uid", "apiVersion": "v1"},
        "csi": {"driver": "driver", "volumeHandle": "händle", "readOnly": true, "volumeAttributes": {"__proto__": "x"},
          "controllerPublishSecretRef": {"name": "s", "namespace": "ns"}}}}`);
    assert.deepEqual(persistentVolumes.decodeJson(json), pv);
    assert.deepEqual(pv.labels, { 'topology.kubernetes.io/zone': 'z' });
    assert.deepEqual(pv.annotations, { 'pv.kubernetes.io/migrated-to': 'driver' });
    assert.equal(pv.deletionMs, 1_800_000_000_000);
    assert.deepEqual(Object.keys(pv.spec.csi?.volumeAttributes ?? {}), ['__proto__']);
    assert.deepEqual(pv.spec.csi?.controllerPublishSecretRef, { name: 's', namespace: 'ns' });
  });

  test('shares with others what is the same in both', () => {
    const one = JSON.stringify({
      metadata: { name: 'a', finalizers: ['kubernetes.io/pv-protection', 'external-attacher/x'] },
      spec: { accessModes: ['ReadWriteOnce'], csi: { driver: 'driver.example', volumeAttributes: { pool: 'fast' } } },
    });
    const [a, b] = [JSON.parse(one), JSON.parse(one)].map((value) => persistentVolumes.decodeJson(value));
    assert.ok(a !== undefined && b !== undefined);
    assert.equal(a.finalizers, b.finalizers);
    assert.equal(a.spec.accessModes, b.spec.accessModes);
    assert.equal(a.spec.csi?.volumeAttributes, b.spec.csi?.volumeAttributes);
    assert.equal(a.annotations, b.annotations);
  });
});

describe('an attachment', () => {
  test('keeps status, errors and an inline volume, in both encodings', () => {
    const bytes = message((va) => {
      nested(va, 1, (meta) => entry(meta, 12, 'csi.alpha.kubernetes.io/node-id', 'i-1'));
      nested(va, 2, (spec) => {
        text(spec, 1, 'driver');
        nested(spec, 2, (source) =>
          nested(source, 2, (inline) => nested(inline, 2, (sources) => nested(sources, 1, strings('disk')))),
        );
        text(spec, 3, 'node');
      });
      nested(va, 3, (status) => {
        status.tag(1, 0).bool(true);
        entry(status, 2, 'device', '/dev/x');
        nested(status, 3, (error) => {
          nested(error, 1, (time) => time.tag(1, 0).int64(1_800_000_000).tag(2, 0).int32(0));
          text(error, 2, 'no space');
          error.tag(3, 0).int32(8);
        });
        nested(status, 4, strings());
      });
    });
    const va = decode(volumeAttachments, bytes);
    assert.deepEqual(
      volumeAttachments.decodeJson({
        metadata: { annotations: { 'csi.alpha.kubernetes.io/node-id': 'i-1' } },
        spec: {
          attacher: 'driver',
          nodeName: 'node',
          source: { inlineVolumeSpec: { gcePersistentDisk: { pdName: 'disk' } } },
        },
        status: {
          attached: true,
          attachmentMetadata: { device: '/dev/x' },
          attachError: { time: '2027-01-15T08:00:00Z', message: 'no space', errorCode: 8 },
          detachError: {},
        },
      }),
      va,
    );
    assert.deepEqual(va.attachError, { message: 'no space', timeMs: 1_800_000_000_000, code: 8 });
    assert.deepEqual(va.detachError, { message: '', timeMs: 0, code: undefined });
    assert.equal(va.inlineVolumeSpec?.volumeMode, 'Filesystem');
  });
});

describe('a secret', () => {
  test('is decoded from base64, and its values are not shared', () => {
    const fromJson = secrets.decodeJson({ metadata: { namespace: 'ns' }, data: { key: 'c2VjcmV0', empty: '' } });
    const bytes = message((secret) => {
      nested(secret, 1, (meta) => text(meta, 3, 'ns'));
      entry(secret, 2, 'key', 'secret');
      entry(secret, 2, 'empty', '');
    });
    assert.deepEqual(decode(secrets, bytes), fromJson);
    assert.deepEqual(fromJson.data, { key: 'secret', empty: '' });
  });
});

describe('a lease', () => {
  test('keeps what a PUT has to give back', () => {
    const lease = leases.decodeJson(recordedStep('leases-and-the-rest', 'create a lease').response.body);
    assert.equal(lease.holderIdentity, 'a');
    assert.equal(lease.renewTimeMs, Date.parse('2026-01-02T03:04:05.123Z'));
    assert.equal(lease.sent.spec.renewTime, '2026-01-02T03:04:05.123456Z');
    assert.equal(lease.sent.metadata.resourceVersion, '251');
  });
});

describe('bytes that are not what they should be', () => {
  function decodes(bytes: Uint8Array): void {
    const { raw } = openEnvelope(bytes);
    persistentVolumes.decodeProto?.(raw);
  }

  test('are a DecodeError wherever they are cut', () => {
    const whole = recordedBytes(recordedStep('objects', 'get a PV as protobuf'));
    for (let size = 0; size < whole.length; size++) {
      // A cut between two fields of the envelope leaves a message that is good and has less in it.
      try {
        decodes(whole.subarray(0, size));
      } catch (error) {
        assert.ok(error instanceof DecodeError, `cut at ${size}: ${String(error)}`);
      }
    }
  });

  test('are a DecodeError or an object, whatever they are, and never hang', () => {
    const attempt = (bytes: Uint8Array): void => {
      try {
        for (const resource of [persistentVolumes, volumeAttachments, secrets]) resource.decodeProto?.(bytes);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt));
    const whole = openEnvelope(recordedBytes(recordedStep('objects', 'get a PV as protobuf'))).raw;
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const spoiled = Uint8Array.from(whole);
        spoiled[at] = byte;
        attempt(spoiled);
      }),
      { numRuns: 1000 },
    );
  });
});
