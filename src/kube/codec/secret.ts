import type { Secret } from '../api/objects.ts';
import { type Meta, metaFromJson, noMeta, readMeta } from './meta.ts';
import { ProtoReader } from './proto-reader.ts';
import { textOf } from './text.ts';
import { asObject, setEntry } from './values.ts';

/** core/v1 Secret. Nothing of its data may go through the interner, which would keep it. */
export function secretFromProto(bytes: Uint8Array): Secret {
  const reader = new ProtoReader(bytes);
  let meta = noMeta;
  const data: Record<string, string> = {};
  while (reader.pos < reader.length) {
    const tag = reader.tag();
    if (tag === 0x0a) meta = readMeta(reader);
    else if (tag === 0x12) readDataEntry(reader, data);
    else reader.skip(tag);
  }
  reader.leave(reader.length);
  return secret(meta, data);
}

export function secretFromJson(value: unknown): Secret {
  const object = asObject(value);
  const data: Record<string, string> = {};
  for (const [key, encoded] of Object.entries(asObject(object.data))) {
    if (typeof encoded === 'string') setEntry(data, key, textOf(Buffer.from(encoded, 'base64')));
  }
  return secret(metaFromJson(object.metadata), data);
}

function secret(meta: Meta, data: Readonly<Record<string, string>>): Secret {
  return {
    name: meta.name,
    namespace: meta.namespace,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    creationMs: meta.creationMs,
    deletionMs: meta.deletionMs,
    finalizers: meta.finalizers,
    data,
  };
}

function readDataEntry(reader: ProtoReader, data: Record<string, string>): void {
  const end = reader.enter();
  let key = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) key = reader.string();
    else if (tag === 0x12) value = reader.string();
    else reader.skip(tag);
  }
  reader.leave(end);
  setEntry(data, key, value);
}
