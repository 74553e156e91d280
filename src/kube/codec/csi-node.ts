import type { CSINode } from '../api/objects.ts';
import { noRecord } from './interning.ts';
import { type Meta, metaFromJson, noMeta, readMeta } from './meta.ts';
import { ProtoReader } from './proto-reader.ts';
import { asArray, asInterned, asObject, asString, setEntry } from './values.ts';

/** storage.k8s.io/v1 CSINode. */
export function csiNodeFromProto(bytes: Uint8Array): CSINode {
  const reader = new ProtoReader(bytes);
  let meta = noMeta;
  let nodeIds: Readonly<Record<string, string>> = noRecord;
  while (reader.pos < reader.length) {
    const tag = reader.tag();
    if (tag === 0x0a) meta = readMeta(reader);
    else if (tag === 0x12) nodeIds = readDrivers(reader);
    else reader.skip(tag);
  }
  reader.leave(reader.length);
  return csiNode(meta, nodeIds);
}

export function csiNodeFromJson(value: unknown): CSINode {
  const object = asObject(value);
  let nodeIds: Record<string, string> | undefined;
  for (const entry of asArray(asObject(object.spec).drivers)) {
    const driver = asObject(entry);
    nodeIds ??= {};
    setEntry(nodeIds, asInterned(driver.name), asString(driver.nodeID));
  }
  return csiNode(metaFromJson(object.metadata), nodeIds ?? noRecord);
}

function csiNode(meta: Meta, nodeIds: Readonly<Record<string, string>>): CSINode {
  return {
    name: meta.name,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    creationMs: meta.creationMs,
    deletionMs: meta.deletionMs,
    finalizers: meta.finalizers,
    nodeIds,
  };
}

function readDrivers(reader: ProtoReader): Readonly<Record<string, string>> {
  const end = reader.enter();
  let nodeIds: Record<string, string> | undefined;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    nodeIds ??= {};
    readDriver(reader, nodeIds);
  }
  reader.leave(end);
  return nodeIds ?? noRecord;
}

function readDriver(reader: ProtoReader, nodeIds: Record<string, string>): void {
  const end = reader.enter();
  let name = '';
  let nodeId = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) name = reader.interned();
    else if (tag === 0x12) nodeId = reader.string();
    else reader.skip(tag);
  }
  reader.leave(end);
  setEntry(nodeIds, name, nodeId);
}
