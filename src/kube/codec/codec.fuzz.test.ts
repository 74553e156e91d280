import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeProto } from '../../../testing/apiserver/codec/proto.ts';
import { below, fuzz, pick } from '../../../testing/support/fuzz.ts';
import { type Sample, samplesOf, statusSample } from '../../../testing/support/kube-samples.ts';
import { misshapen, statusShape } from '../../../testing/support/kube-shapes.ts';
import { mutateBytes, mutateJson, mutateText, randomBytes } from '../../../testing/support/mutate.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectMeta } from '../api/objects.ts';
import { readError, readObject, readPage } from '../client/answers.ts';
import { KubeError } from '../client/errors.ts';
import type { HttpResponse } from '../client/transport.ts';
import { openEnvelope, protobufType } from './envelope.ts';
import { DecodeError } from './proto-reader.ts';
import { csiNodes, leases, persistentVolumes, type Resource, secrets, volumeAttachments } from './resources.ts';
import { statusFromJson, statusFromProto } from './status.ts';

const withProto: readonly Resource<ObjectMeta>[] = [volumeAttachments, persistentVolumes, csiNodes, secrets];
const all: readonly Resource<ObjectMeta>[] = [...withProto, leases];
const samples = new Map(all.map((resource) => [resource, samplesOf(resource)]));
const everyProto = [...samples.values()].flat().map(({ protobuf }) => protobuf);

/** Runs a decoder, which may refuse in its own words only. */
function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    assert.ok(error instanceof DecodeError, `threw ${error}`);
    return undefined;
  }
}

function draw(random: Random, resources: readonly Resource<ObjectMeta>[]): [Resource<ObjectMeta>, Sample] {
  const resource = pick(random, resources);
  return [resource, pick(random, samples.get(resource) ?? [])];
}

function answer(body: Uint8Array, contentType: string, status = 200): HttpResponse {
  return { status, headers: { 'content-type': contentType }, body };
}

function checkObject(resource: Resource<ObjectMeta>, object: ObjectMeta | undefined): void {
  if (object !== undefined) assert.equal(misshapen(resource, object), undefined);
}

fuzz('objects in protobuf are what their types say, or are refused', 12_000, (random) => {
  const [resource, { protobuf }] = draw(random, withProto);
  const bytes = mutateBytes(random, protobuf, everyProto);
  checkObject(
    resource,
    decoded(() => readObject(answer(bytes, protobufType), resource)),
  );
});

fuzz('objects in protobuf behind a sound envelope, too', 12_000, (random) => {
  const [resource, { protobuf }] = draw(random, withProto);
  const raw = mutateBytes(random, openEnvelope(protobuf).raw, everyProto);
  checkObject(
    resource,
    decoded(() => resource.decodeProto?.(raw)),
  );
});

fuzz('bytes of any kind are no object, or one of the right type', 4_000, (random) => {
  const resource = pick(random, withProto);
  const bytes = randomBytes(random, 200);
  checkObject(
    resource,
    decoded(() => resource.decodeProto?.(bytes)),
  );
});

fuzz('objects in JSON are what their types say', 12_000, (random) => {
  const [resource, { json }] = draw(random, all);
  checkObject(resource, resource.decodeJson(mutateJson(random, json)));
});

fuzz('JSON text with mistakes is refused or read', 4_000, (random) => {
  const [resource, { json }] = draw(random, all);
  const body = Buffer.from(mutateText(random, JSON.stringify(json)));
  checkObject(
    resource,
    decoded(() => readObject(answer(body, 'application/json'), resource)),
  );
});

fuzz('pages of lists, in both encodings', 6_000, (random) => {
  const [resource, { protobuf, json }] = draw(random, withProto);
  const item = openEnvelope(protobuf).raw;
  const inProto = random.next() < 0.5;
  const page = decoded(() => {
    if (inProto) return readPage(answer(mutateBytes(random, protoList(item), everyProto), protobufType), resource);
    const list = { kind: 'List', metadata: { resourceVersion: '5', continue: 'x', remainingItemCount: 3 } };
    const text = JSON.stringify(mutateJson(random, { ...list, items: [json, json] }));
    return readPage(answer(Buffer.from(text), 'application/json'), resource);
  });
  if (page === undefined) return;
  assert.equal(typeof page.resourceVersion, 'string');
  assert.equal(typeof page.continueToken, 'string');
  for (const object of page.items) checkObject(resource, object);
});

/** An envelope with a list of two of these items. */
function protoList(item: Uint8Array): Buffer {
  const field = (tag: number, bytes: Uint8Array): Buffer =>
    Buffer.concat([Buffer.of(tag), varint(bytes.length), bytes]);
  const list = Buffer.concat([field(0x0a, Buffer.from('1201351a0178', 'hex')), field(0x12, item), field(0x12, item)]);
  return Buffer.concat([Buffer.from('k8s\0'), field(0x12, list)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return Buffer.from([...bytes, left]);
    bytes.push((left & 0x7f) | 0x80);
  }
}

fuzz('a Status is what its type says, in both encodings', 8_000, (random) => {
  const raw = openEnvelope(statusSample.protobuf).raw;
  const status = decoded(() =>
    random.next() < 0.5
      ? statusFromProto(mutateBytes(random, raw, everyProto))
      : statusFromJson(mutateJson(random, statusSample.json)),
  );
  if (status !== undefined) assert.equal(statusShape(status as never), undefined);
});

fuzz('every refusal becomes a KubeError, whatever its body is', 6_000, (random) => {
  const { protobuf, json } = statusSample;
  const body = pick(random, [
    () => mutateBytes(random, protobuf, everyProto),
    () => Buffer.from(JSON.stringify(mutateJson(random, json))),
    () => Buffer.from(mutateText(random, JSON.stringify(json))),
    () => randomBytes(random, 400),
  ])();
  const code = pick(random, [400, 403, 404, 409, 410, 422, 429, 500, 503, 504]);
  const headers = {
    'content-type': pick(random, [protobufType, 'application/json', 'text/html', '']),
    'retry-after': pick(random, ['1', '-1', '999999999', '9999999999999999', 'Tue, 15 Nov 1994 08:12:31 GMT', '']),
  };
  const error = readError({ status: code, headers, body }, undefined);
  assert.ok(error instanceof KubeError);
  assert.equal(error.code, code);
  assert.ok(error.message.length > 0);
  const { retryAfterMs = 0 } = error;
  assert.ok(retryAfterMs >= 0 && retryAfterMs <= 300_000, `to be tried again after ${retryAfterMs} ms`);
});

fuzz('a message that announces gigabytes is refused without room being made for them', 2_000, (random) => {
  const before = process.memoryUsage().arrayBuffers;
  const resource = pick(random, withProto);
  const lie = Buffer.from(
    pick(random, ['0affffffff0f', '12ffffffff07', '120a32ffffffff0f', '0a083a80808080f8ff01']),
    'hex',
  );
  decoded(() => resource.decodeProto?.(Buffer.concat([lie, randomBytes(random, below(random, 50))])));
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

fuzz('an object means the same in both encodings, whatever its times are', 1_500, (random) => {
  const { json } = pick(random, samples.get(volumeAttachments) ?? []);
  const years = (): number => (random.next() < 0.5 ? below(random, 9_999) : 1_960 + below(random, 80));
  const drawn = (): string =>
    `${String(years()).padStart(4, '0')}-${pick(random, ['01-01T00:00:00', '12-31T23:59:59', '06-15T12:00:00'])}Z`;
  const times = { creationTimestamp: drawn(), deletionTimestamp: drawn() };
  const object = { ...json, metadata: { ...(json.metadata as object), ...times } };
  const fromProto = decoded(() => readObject(answer(encodeProto(object), protobufType), volumeAttachments));
  assert.deepEqual(fromProto, volumeAttachments.decodeJson(object));
});

test('an object that was deleted at no sensible time is a deleted one', () => {
  const given = { name: 'x', deletionTimestamp: 'once upon a time' };
  assert.equal(volumeAttachments.decodeJson({ metadata: given }).deletionMs, 0);
  assert.equal(volumeAttachments.decodeJson({ metadata: { ...given, deletionTimestamp: null } }).deletionMs, undefined);
  const farAway = Buffer.from('0a0c4a0a08ffffffffffffffff7f', 'hex');
  assert.equal(volumeAttachments.decodeProto?.(farAway).deletionMs, 0);
});
