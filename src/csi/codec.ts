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

/** A string of a message that is no UTF-8, which protobuf wants: passed on as another text, it would be wrong unseen. */
class NotText extends Error {
  constructor(field: string) {
    super(`${field} is no text: it has bytes that are not UTF-8`);
    this.name = 'NotText';
  }
}

/** The one encoding of every request without fields. */
export const emptyRequest = new Uint8Array(0);

export function encodePublishRequest(request: PublishRequest): Uint8Array {
  const writer = new BinaryWriter();
  writeString(writer, 1, 'volume_id', request.volumeId);
  writeString(writer, 2, 'node_id', request.nodeId);
  writer.tag(3, WireType.LengthDelimited).fork();
  writeCapability(writer, request.capability);
  writer.join();
  if (request.readonly) writer.tag(4, WireType.Varint).bool(true);
  writeMap(writer, 5, 'secrets', request.secrets);
  writeMap(writer, 6, 'volume_context', request.volumeContext);
  return writer.finish();
}

export function encodeUnpublishRequest(request: UnpublishRequest): Uint8Array {
  const writer = new BinaryWriter();
  writeString(writer, 1, 'volume_id', request.volumeId);
  writeString(writer, 2, 'node_id', request.nodeId);
  writeMap(writer, 3, 'secrets', request.secrets);
  return writer.finish();
}

export function encodeListVolumesRequest(request: ListVolumesRequest): Uint8Array {
  const writer = new BinaryWriter();
  if (request.maxEntries !== 0) writer.tag(1, WireType.Varint).int32(request.maxEntries);
  writeString(writer, 2, 'starting_token', request.startingToken);
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
      if (part === 1) key = readText(entry, 'a key of publish_context');
      else if (part === 2) value = readText(entry, () => `publish_context[${JSON.stringify(key)}]`);
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
    else if (field === 2) page.nextToken = readText(reader, 'next_token');
    else return false;
    return true;
  });
  return page;
}

function decodeListedVolume(bytes: Uint8Array): ListedVolume {
  const listed: ListedVolume = { volumeId: '', publishedNodeIds: [] };
  readFields(bytes, (entry, field) => {
    if (field === 1) listed.volumeId = readStringField(entry.bytes(), 2, 'volume_id') ?? listed.volumeId;
    else if (field === 2) readStrings(entry.bytes(), 1, 'published_node_ids', listed.publishedNodeIds);
    else return false;
    return true;
  });
  return listed;
}

export function decodePluginInfo(bytes: Uint8Array): PluginInfo {
  return { name: readStringField(bytes, 1, 'name') ?? '', version: readStringField(bytes, 2, 'vendor_version') ?? '' };
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
    writeString(writer, 1, 'fs_type', access.fsType);
    for (const flag of access.mountFlags) {
      writer.tag(2, WireType.LengthDelimited).string(checkedText('mount_flags', flag));
    }
    writer.join();
  }
  writer.tag(3, WireType.LengthDelimited).fork();
  if (accessMode !== 0) writer.tag(1, WireType.Varint).int32(accessMode);
  writer.join();
}

function writeString(writer: BinaryWriter, field: number, name: string, value: string): void {
  if (value !== '') writer.tag(field, WireType.LengthDelimited).string(checkedText(name, value));
}

function writeMap(writer: BinaryWriter, field: number, name: string, map: StringMap): void {
  for (const [key, value] of Object.entries(map)) {
    if (!key.isWellFormed()) throw new NotText(`a key of ${name}`);
    if (!value.isWellFormed()) throw new NotText(`${name}[${JSON.stringify(key)}]`);
    writer.tag(field, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(key);
    writer.tag(2, WireType.LengthDelimited).string(value);
    writer.join();
  }
}

/** The value; throws NotText where it was read from bytes that are none (kube/codec/text.ts). */
function checkedText(name: string, value: string): string {
  if (!value.isWellFormed()) throw new NotText(name);
  return value;
}

/** The string at the reader. Throws NotText. */
function readText(reader: BinaryReader, name: string | (() => string)): string {
  try {
    return reader.string(true);
  } catch (error) {
    // What is cut short is a RangeError.
    if (error instanceof TypeError) throw new NotText(typeof name === 'string' ? name : name());
    throw error;
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

function readStringField(bytes: Uint8Array, wanted: number, name: string): string | undefined {
  let value: string | undefined;
  readFields(bytes, (reader, field) => {
    if (field !== wanted) return false;
    value = readText(reader, name);
    return true;
  });
  return value;
}

function readStrings(bytes: Uint8Array, wanted: number, name: string, into: string[]): void {
  readFields(bytes, (reader, field) => {
    if (field !== wanted) return false;
    into.push(readText(reader, name));
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
