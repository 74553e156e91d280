import type { PersistentVolume } from '../api/objects.ts';
import { type Meta, metaFromJson, noMeta, readMeta } from './meta.ts';
import { ProtoReader } from './proto-reader.ts';
import { asObject } from './values.ts';
import { readVolumeSpec, type VolumeSpecAndClaim, volumeSpecFromJson } from './volume-spec.ts';

const noSpec: VolumeSpecAndClaim = volumeSpecFromJson({});

/** core/v1 PersistentVolume. */
export function persistentVolumeFromProto(bytes: Uint8Array): PersistentVolume {
  const reader = new ProtoReader(bytes);
  let meta = noMeta;
  let spec = noSpec;
  while (reader.pos < reader.length) {
    const tag = reader.tag();
    if (tag === 0x0a) meta = readMeta(reader);
    else if (tag === 0x12) spec = readVolumeSpec(reader);
    else reader.skip(tag);
  }
  reader.leave(reader.length);
  return persistentVolume(meta, spec);
}

export function persistentVolumeFromJson(value: unknown): PersistentVolume {
  const object = asObject(value);
  return persistentVolume(metaFromJson(object.metadata), volumeSpecFromJson(object.spec));
}

function persistentVolume(meta: Meta, { spec, claimRef }: VolumeSpecAndClaim): PersistentVolume {
  return {
    name: meta.name,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    creationMs: meta.creationMs,
    deletionMs: meta.deletionMs,
    finalizers: meta.finalizers,
    annotations: meta.annotations,
    labels: meta.labels,
    spec,
    claimRef,
  };
}
