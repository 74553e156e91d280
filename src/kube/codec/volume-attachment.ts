import type { VolumeAttachment, VolumeError, VolumeSpec } from '../api/objects.ts';
import { noRecord } from './interning.ts';
import { type Meta, metaFromJson, noMeta, readMeta } from './meta.ts';
import { ProtoReader } from './proto-reader.ts';
import { asInterned, asObject, asString, asTime, readEntry, readTime, stringRecord } from './values.ts';
import { readVolumeSpec, volumeSpecFromJson } from './volume-spec.ts';

interface Spec {
  attacher: string;
  nodeName: string;
  persistentVolumeName: string | undefined;
  inlineVolumeSpec: VolumeSpec | undefined;
}

interface Status {
  attached: boolean;
  attachmentMetadata: Readonly<Record<string, string>>;
  attachError: VolumeError | undefined;
  detachError: VolumeError | undefined;
}

const noSpec: Spec = { attacher: '', nodeName: '', persistentVolumeName: undefined, inlineVolumeSpec: undefined };
const noStatus: Status = {
  attached: false,
  attachmentMetadata: noRecord,
  attachError: undefined,
  detachError: undefined,
};

/** storage.k8s.io/v1 VolumeAttachment. */
export function volumeAttachmentFromProto(bytes: Uint8Array): VolumeAttachment {
  const reader = new ProtoReader(bytes);
  let meta = noMeta;
  let spec = noSpec;
  let status = noStatus;
  while (reader.pos < reader.length) {
    const tag = reader.tag();
    if (tag === 0x0a) meta = readMeta(reader);
    else if (tag === 0x12) spec = readSpec(reader);
    else if (tag === 0x1a) status = readStatus(reader);
    else reader.skip(tag);
  }
  reader.leave(reader.length);
  return volumeAttachment(meta, spec, status);
}

export function volumeAttachmentFromJson(value: unknown): VolumeAttachment {
  const object = asObject(value);
  const spec = asObject(object.spec);
  const source = asObject(spec.source);
  const status = asObject(object.status);
  const inline = source.inlineVolumeSpec;
  return volumeAttachment(
    metaFromJson(object.metadata),
    {
      attacher: asInterned(spec.attacher),
      nodeName: asInterned(spec.nodeName),
      persistentVolumeName: typeof source.persistentVolumeName === 'string' ? source.persistentVolumeName : undefined,
      inlineVolumeSpec: inline === undefined || inline === null ? undefined : volumeSpecFromJson(inline).spec,
    },
    {
      attached: status.attached === true,
      attachmentMetadata: stringRecord(status.attachmentMetadata, 'own'),
      attachError: volumeErrorFromJson(status.attachError),
      detachError: volumeErrorFromJson(status.detachError),
    },
  );
}

/** One literal for both encodings, so that all attachments have one shape. */
function volumeAttachment(meta: Meta, spec: Spec, status: Status): VolumeAttachment {
  return {
    name: meta.name,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    creationMs: meta.creationMs,
    deletionMs: meta.deletionMs,
    finalizers: meta.finalizers,
    annotations: meta.annotations,
    attacher: spec.attacher,
    nodeName: spec.nodeName,
    persistentVolumeName: spec.persistentVolumeName,
    inlineVolumeSpec: spec.inlineVolumeSpec,
    attached: status.attached,
    attachmentMetadata: status.attachmentMetadata,
    attachError: status.attachError,
    detachError: status.detachError,
  };
}

function readSpec(reader: ProtoReader): Spec {
  const end = reader.enter();
  const spec = { ...noSpec };
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) spec.attacher = reader.interned();
    else if (tag === 0x12) readSource(reader, spec);
    else if (tag === 0x1a) spec.nodeName = reader.interned();
    else reader.skip(tag);
  }
  reader.leave(end);
  return spec;
}

function readSource(reader: ProtoReader, spec: Spec): void {
  const end = reader.enter();
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) spec.persistentVolumeName = reader.string();
    else if (tag === 0x12) spec.inlineVolumeSpec = readVolumeSpec(reader).spec;
    else reader.skip(tag);
  }
  reader.leave(end);
}

function readStatus(reader: ProtoReader): Status {
  const end = reader.enter();
  const status = { ...noStatus };
  let metadata: Record<string, string> | undefined;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x08) status.attached = reader.bool();
    else if (tag === 0x12) metadata = readEntry(reader, metadata, 'own');
    else if (tag === 0x1a) status.attachError = readVolumeError(reader);
    else if (tag === 0x22) status.detachError = readVolumeError(reader);
    else reader.skip(tag);
  }
  reader.leave(end);
  if (metadata !== undefined) status.attachmentMetadata = metadata;
  return status;
}

function readVolumeError(reader: ProtoReader): VolumeError {
  const end = reader.enter();
  let message = '';
  let timeMs = 0;
  let code: number | undefined;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) timeMs = readTime(reader) ?? 0;
    else if (tag === 0x12) message = reader.string();
    else if (tag === 0x18) code = reader.int32();
    else reader.skip(tag);
  }
  reader.leave(end);
  return { message, timeMs, code };
}

function volumeErrorFromJson(value: unknown): VolumeError | undefined {
  if (value === undefined || value === null) return undefined;
  const error = asObject(value);
  return {
    message: asString(error.message),
    timeMs: asTime(error.time) ?? 0,
    code: typeof error.errorCode === 'number' ? error.errorCode : undefined,
  };
}
