import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type {
  ListedVolume,
  ListVolumesPage,
  ListVolumesRequest,
  PluginInfo,
  ProbeResult,
  PublishContext,
  PublishRequest,
  StringMap,
  UnpublishRequest,
  VolumeCapability,
} from './messages.ts';

// The messages of csi.proto that an attacher sends and reads, field by field. Generated message classes would do the
// same for 5 to 12 MiB more memory (docs/decisions/0003-csi-messages-by-hand.md); tests hold the two against each other.

/** The one encoding of every request without fields. */
export const emptyRequest = new Uint8Array(0);

export function encodePublishRequest(request: PublishRequest): Uint8Array {
  const writer = new BinaryWriter();
  writeString(writer, 1, request.volumeId);
  writeString(writer, 2, request.nodeId);
  writer.tag(3, WireType.LengthDelimited).fork();
  writeCapability(writer, request.capability);
  writer.join();
  if (request.readonly) writer.tag(4, WireType.Varint).bool(true);
  writeMap(writer, 5, request.secrets);
  writeMap(writer, 6, request.volumeContext);
  return writer.finish();
}

export function encodeUnpublishRequest(request: UnpublishRequest): Uint8Array {
  const writer = new BinaryWriter();
  writeString(writer, 1, request.volumeId);
  writeString(writer, 2, request.nodeId);
  writeMap(writer, 3, request.secrets);
  return writer.finish();
}

export function encodeListVolumesRequest(request: ListVolumesRequest): Uint8Array {
  const writer = new BinaryWriter();
  if (request.maxEntries !== 0) writer.tag(1, WireType.Varint).int32(request.maxEntries);
  writeString(writer, 2, request.startingToken);
  return writer.finish();
}

export function decodePublishContext(bytes: Uint8Array): PublishContext {
  // A Map first: a key such as __proto__ must become an ordinary entry.
  const context = new Map<string, string>();
  readFields(bytes, (reader, field) => {
    if (field !== 1) return false;
    let key = '';
    let value = '';
    readFields(reader.bytes(), (entry, part) => {
      if (part === 1) key = entry.string();
      else if (part === 2) value = entry.string();
      else return false;
      return true;
    });
    context.set(key, value);
    return true;
  });
  return Object.fromEntries(context);
}

/** Reads ids only: attributes, capacities and conditions of thousands of volumes are skipped without being built. */
export function decodeListVolumesPage(bytes: Uint8Array): ListVolumesPage {
  const page: ListVolumesPage = { entries: [], nextToken: '' };
  readFields(bytes, (reader, field) => {
    if (field === 1) page.entries.push(decodeListedVolume(reader.bytes()));
    else if (field === 2) page.nextToken = reader.string();
    else return false;
    return true;
  });
  return page;
}

function decodeListedVolume(bytes: Uint8Array): ListedVolume {
  const listed: ListedVolume = { volumeId: '', publishedNodeIds: [] };
  readFields(bytes, (entry, field) => {
    if (field === 1) listed.volumeId = readStringField(entry.bytes(), 2) ?? listed.volumeId;
    else if (field === 2) readStrings(entry.bytes(), 1, listed.publishedNodeIds);
    else return false;
    return true;
  });
  return listed;
}

export function decodePluginInfo(bytes: Uint8Array): PluginInfo {
  return { name: readStringField(bytes, 1) ?? '', version: readStringField(bytes, 2) ?? '' };
}

export function decodeProbe(bytes: Uint8Array): ProbeResult {
  let ready = true;
  readFields(bytes, (reader, field) => {
    if (field !== 1) return false;
    ready = (readVarintField(reader.bytes(), 1) ?? 0) !== 0;
    return true;
  });
  return { ready };
}

/**
 * The types in a list of capabilities: GetPluginCapabilitiesResponse (`service`) and
 * ControllerGetCapabilitiesResponse (`rpc`) have the same form.
 */
export function decodeCapabilityTypes(bytes: Uint8Array): Set<number> {
  const types = new Set<number>();
  readFields(bytes, (reader, field) => {
    if (field !== 1) return false;
    readFields(reader.bytes(), (capability, kind) => {
      if (kind !== 1) return false;
      types.add(readVarintField(capability.bytes(), 1) ?? 0);
      return true;
    });
    return true;
  });
  return types;
}

function writeCapability(writer: BinaryWriter, { access, accessMode }: VolumeCapability): void {
  if (access.type === 'block') {
    writer.tag(1, WireType.LengthDelimited).fork().join();
  } else {
    writer.tag(2, WireType.LengthDelimited).fork();
    writeString(writer, 1, access.fsType);
    for (const flag of access.mountFlags) writer.tag(2, WireType.LengthDelimited).string(flag);
    writer.join();
  }
  writer.tag(3, WireType.LengthDelimited).fork();
  if (accessMode !== 0) writer.tag(1, WireType.Varint).int32(accessMode);
  writer.join();
}

function writeString(writer: BinaryWriter, field: number, value: string): void {
  if (value !== '') writer.tag(field, WireType.LengthDelimited).string(value);
}

function writeMap(writer: BinaryWriter, field: number, map: StringMap): void {
  for (const [key, value] of Object.entries(map)) {
    writer.tag(field, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(value);
    writer.join();
  }
}

/**
 * Visits each string and message field; what `visit` does not read (it then returns false) is skipped, as is a number
 * that stands where a string should. Throws on bytes that make no sense.
 */
function readFields(bytes: Uint8Array, visit: (reader: BinaryReader, field: number) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== WireType.LengthDelimited || !visit(reader, field)) reader.skip(wireType, field);
  }
}

function readStringField(bytes: Uint8Array, wanted: number): string | undefined {
  let value: string | undefined;
  readFields(bytes, (reader, field) => {
    if (field !== wanted) return false;
    value = reader.string();
    return true;
  });
  return value;
}

function readStrings(bytes: Uint8Array, wanted: number, into: string[]): void {
  readFields(bytes, (reader, field) => {
    if (field !== wanted) return false;
    into.push(reader.string());
    return true;
  });
}

/** A bool or enum. Kept apart from readFields, which only shows fields with a length. */
function readVarintField(bytes: Uint8Array, wanted: number): number | undefined {
  const reader = new BinaryReader(bytes);
  let value: number | undefined;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === wanted && wireType === WireType.Varint) value = reader.int32();
    else reader.skip(wireType, field);
  }
  return value;
}
