import type { ObjectMeta } from '../api/objects.ts';
import { ProtoReader } from './proto-reader.ts';
import type { Resource } from './resources.ts';
import { type ListMeta, listMetaFromJson, readListMeta } from './status.ts';
import { asArray, asObject } from './values.ts';

export interface ListPage<T> extends ListMeta {
  items: T[];
}

/** Reads a list's own message (all Kubernetes lists have metadata as field 1 and items as field 2). */
export function listFromProto<T extends ObjectMeta>(bytes: Uint8Array, decode: (item: Uint8Array) => T): ListPage<T> {
  const reader = new ProtoReader(bytes);
  let meta: ListMeta = { resourceVersion: '', continueToken: '' };
  const items: T[] = [];
  while (reader.pos < reader.length) {
    const tag = reader.tag();
    if (tag === 0x0a) meta = readListMeta(reader);
    else if (tag === 0x12) items.push(decode(reader.view()));
    else reader.skip(tag);
  }
  reader.leave(reader.length);
  return { ...meta, items };
}

export function listFromJson<T extends ObjectMeta>(value: unknown, resource: Resource<T>): ListPage<T> {
  const list = asObject(value);
  const items = asArray(list.items).map((item) => resource.decodeJson(item));
  return { ...listMetaFromJson(list.metadata), items };
}
