import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { messageNamed } from '../schema/message.ts';
import { decoderOf } from './decode.ts';
import { EncodeError } from './encode.ts';
import {
  decodeProto,
  decodeWatchFrames,
  encodeListProto,
  encodeProto,
  encodeWatchFrame,
  type JsonObject,
  ProtoError,
} from './proto.ts';

interface Step {
  name: string;
  request: { method: string; path: string; as: string };
  response: { contentType?: string; body?: JsonObject; bodyBase64?: string; lines?: JsonObject[] };
}

const folder = new URL('../../recordings/', import.meta.url);
const steps = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Step[]);
const inProtobuf = steps.filter((step) => step.response.bodyBase64 !== undefined);
const bytesOf = (step: Step): Buffer => Buffer.from(step.response.bodyBase64 ?? '', 'base64');
const isWatch = (step: Step): boolean => step.response.contentType?.includes('stream=watch') ?? false;

function stepNamed(name: string): Step {
  const found = steps.find((step) => step.name === name);
  assert.ok(found, name);
  return found;
}

describe('what a real API server sent as protobuf', () => {
  it('is there to compare with', () => assert.ok(inProtobuf.length >= 10));

  for (const step of inProtobuf.filter((each) => !isWatch(each))) {
    it(`${step.name}: the same bytes come out again`, () => {
      const bytes = bytesOf(step);
      assert.deepEqual(Buffer.from(encodeProto(decodeProto(bytes))), bytes);
    });
  }

  for (const step of inProtobuf.filter(isWatch)) {
    it(`${step.name}: the same frames come out again`, () => {
      const bytes = bytesOf(step);
      const frames = decodeWatchFrames(bytes);
      const again = frames.map((frame) => encodeWatchFrame(frame.type, frame.object));
      assert.deepEqual(Buffer.concat(again), bytes);
      const cached = frames.map((frame) => encodeWatchFrame(frame.type, frame.object, frame.objectBytes));
      assert.deepEqual(Buffer.concat(cached), bytes);
    });
  }

  it('a VolumeAttachment is the same object as in JSON', () => {
    assert.deepEqual(decodeProto(bytesOf(stepNamed('get one as protobuf'))), stepNamed('get one').response.body);
  });

  it('a PersistentVolume and a CSINode are the same objects as in JSON', () => {
    for (const [asProtobuf, asJson] of [
      ['get a PV as protobuf', 'create a PersistentVolume'],
      ['get a CSINode as protobuf', 'create a CSINode'],
    ] as const) {
      assert.deepEqual(decodeProto(bytesOf(stepNamed(asProtobuf))), stepNamed(asJson).response.body);
    }
  });

  it('a Status is the same object as in JSON', () => {
    const inJson = stepNamed('get one that is not there').response.body;
    assert.deepEqual(decodeProto(bytesOf(stepNamed('a Status as protobuf'))), inJson);
  });

  it('a list is the same object as in JSON', () => {
    const decoded = decodeProto(bytesOf(stepNamed('a list of seven as protobuf')));
    assert.deepEqual(decoded, stepNamed('a list of seven').response.body);
  });

  it('a watch has the same events as in JSON', () => {
    const frames = decodeWatchFrames(bytesOf(stepNamed('the same as protobuf: length-delimited frames')));
    const events = frames.map(({ type, object }) => ({ type, object }));
    const inJson = stepNamed('the same again, from the past').response.lines ?? [];
    assert.deepEqual(events, inJson.slice(0, events.length));
  });
});

describe('an object of every kind, with nearly every field set', () => {
  // From kube-apiserver 1.36.2, each asked for in both forms.
  const file = new URL('recordings/kinds.json', import.meta.url);
  const pairs = JSON.parse(readFileSync(file, 'utf8')) as { object: JsonObject; protobuf: string }[];
  for (const { object, protobuf } of pairs) {
    const { name = '' } = object.metadata as { name?: string };
    it(`is the same in JSON and in protobuf: ${object.kind} ${name}`, () => {
      const bytes = Buffer.from(protobuf, 'base64');
      assert.deepEqual(decodeProto(bytes), object);
      assert.deepEqual(Buffer.from(encodeProto(object)), bytes);
    });
  }
});

describe('every recorded JSON object', () => {
  it('is the same after a way through protobuf', () => {
    let compared = 0;
    for (const step of steps) {
      const { body } = step.response;
      if (body === undefined || typeof body.kind !== 'string' || /^(API|Table)/.test(body.kind)) continue;
      const decoded = decodeProto(encodeProto(body));
      // An empty list is not there on the wire, and Go's clients show it as null.
      if ('items' in body) decoded.items ??= [];
      assert.deepEqual(decoded, body, step.name);
      compared++;
    }
    assert.ok(compared > 60, `${compared} compared`);
  });
});

describe('protobuf lists', () => {
  it('are the same whether their items were encoded before or not', () => {
    const list = stepNamed('a list of seven').response.body as { items: JsonObject[] } & JsonObject;
    const typed = list.items.map((item) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', ...item }));
    assert.deepEqual(encodeListProto(list, typed.map(encodeProto)), encodeProto(list));
  });
});

describe('values', () => {
  const roundTrip = (object: JsonObject): JsonObject => decodeProto(encodeProto(object));
  const ofKind = (kind: string, apiVersion: string, rest: JsonObject): JsonObject => ({ kind, apiVersion, ...rest });

  it('keep the bytes of a Secret, maps in order, and times with microseconds', () => {
    const secret = ofKind('Secret', 'v1', {
      metadata: { name: 's', namespace: 'default', labels: { a: '', b: 'ü' } },
      data: { empty: '', key: '/w==' },
      type: 'Opaque',
    });
    assert.deepEqual(roundTrip(secret), secret);
    const lease = ofKind('Lease', 'coordination.k8s.io/v1', {
      metadata: { name: 'l', namespace: 'default' },
      spec: { holderIdentity: '', leaseDurationSeconds: 15, renewTime: '2026-01-02T03:04:05.000001Z' },
    });
    assert.deepEqual(roundTrip(lease), lease);
  });

  it('keep numbers or names of ports, negative numbers and lists of lists', () => {
    const probe = (port: number | string): JsonObject => ({
      name: 'c',
      resources: {},
      livenessProbe: { httpGet: { path: '/', port } },
    });
    const pod = ofKind('Pod', 'v1', {
      metadata: { name: 'p' },
      spec: { priority: -5, containers: [probe(80), probe('http')] },
      status: {},
    });
    assert.deepEqual(roundTrip(pod), pod);
    const review = ofKind('SelfSubjectReview', 'authentication.k8s.io/v1', {
      metadata: {},
      status: { userInfo: { username: 'u', groups: ['g'], extra: { k: ['a', 'b'], none: [] } } },
    });
    assert.deepEqual(roundTrip(review), review);
  });

  it('put the source of an inline volume where Go has it: in the spec itself', () => {
    const csi = { driver: 'd', volumeHandle: 'h', readOnly: true };
    const attachment = ofKind('VolumeAttachment', 'storage.k8s.io/v1', {
      metadata: { name: 'v' },
      spec: { attacher: 'd', source: { inlineVolumeSpec: { csi, accessModes: ['ReadWriteOnce'] } }, nodeName: 'n' },
      status: { attached: false },
    });
    assert.deepEqual(roundTrip(attachment), attachment);
  });

  it('show an empty time as null, except where Go leaves it out', () => {
    const failed = ofKind('VolumeAttachment', 'storage.k8s.io/v1', {
      metadata: {},
      spec: { attacher: '', source: {}, nodeName: '' },
      status: { attached: false, attachError: { message: 'no' } },
    });
    const status = roundTrip(failed).status as { attachError: JsonObject };
    assert.deepEqual(status.attachError, { time: null, message: 'no' });
  });

  it('of the wrong type are refused, and the next object is not spoilt by it', () => {
    const wrong = ofKind('Secret', 'v1', { metadata: { name: 5 } });
    assert.throws(() => encodeProto(wrong), EncodeError);
    const right = ofKind('Secret', 'v1', { metadata: { name: 's' } });
    assert.deepEqual(roundTrip(right), right);
  });

  it('of any text come back as they were', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), (annotations) => {
        const metadata = Object.keys(annotations).length > 0 ? { name: 's', annotations } : { name: 's' };
        const decoded = roundTrip(ofKind('Secret', 'v1', { metadata }));
        assert.deepEqual({ ...(decoded.metadata as JsonObject) }, JSON.parse(JSON.stringify(metadata)));
      }),
    );
  });
});

describe('bytes that are no object', () => {
  it('are refused with an error that says what is wrong', () => {
    assert.throws(() => decodeProto(Buffer.from('{}')), new ProtoError('not Kubernetes protobuf'));
    assert.throws(() => decodeProto(Buffer.from('k8s\0\xff', 'latin1')), ProtoError);
    const unknown = Buffer.from(encodeProto({ kind: 'Secret', apiVersion: 'v1' }));
    unknown.write('v9', unknown.indexOf('v1'));
    assert.throws(() => decodeProto(unknown), new ProtoError('no protobuf for v9 Secret'));
  });

  it('never do more than throw, whatever they are', () => {
    const decode = decoderOf(messageNamed('core.PersistentVolume'));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          assert.ok(error instanceof Error);
        }
      }),
    );
  });

  it('leave out fields that a newer client knows', () => {
    const known = encodeProto({ kind: 'Secret', apiVersion: 'v1', metadata: { name: 's' } });
    // The envelope's last field again, with a number that nobody has.
    const newer = Buffer.concat([known, Uint8Array.of(0x9a, 0x06, 0x01, 0x78)]);
    assert.deepEqual(decodeProto(newer), decodeProto(known));
  });
});
