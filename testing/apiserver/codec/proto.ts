/**
 * Kubernetes' protobuf as it goes over the wire (`application/vnd.kubernetes.protobuf`): four magic bytes, then an
 * envelope that names apiVersion and kind and holds the message. Objects are given and returned as JSON objects.
 */
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { JsonObject } from './encode.ts';
import { type KindCodec, kindCodec } from './kinds.ts';

export type { JsonObject } from './encode.ts';

/** Bytes or an object that have no protobuf form here. */
export class ProtoError extends Error {
  override readonly name = 'ProtoError';
}

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);
/** contentEncoding and contentType of the envelope, which are always there and always empty. */
const envelopeEnd = Uint8Array.of(0x1a, 0x00, 0x22, 0x00);
const rawTag = 18;

const prefixes = new Map<KindCodec, Uint8Array>();
// One writer for all: encoding never waits, and its buffer need not grow again.
let shared = new BinaryWriter();

/** The object with its envelope. Throws a ProtoError if the kind is not known, an EncodeError on a wrong value. */
export function encodeProto(object: JsonObject): Uint8Array {
  const codec = codecOf(object);
  return write((writer) => {
    writer.raw(prefixOf(codec)).uint32(rawTag).fork();
    codec.encode(writer, object);
    writer.join().raw(envelopeEnd);
  });
}

/**
 * A list with its envelope, from items that are encoded already (each as encodeProto made it).
 * `list` has apiVersion, kind and metadata.
 */
export function encodeListProto(list: JsonObject, items: Iterable<Uint8Array>): Uint8Array {
  const codec = codecOf(list);
  return write((writer) => {
    writer.raw(prefixOf(codec)).uint32(rawTag).fork();
    codec.encode(writer, { metadata: list.metadata });
    for (const item of items) writer.uint32(rawTag).bytes(messageIn(item));
    writer.join().raw(envelopeEnd);
  });
}

/**
 * One event of a watch, with the four bytes of its length before it.
 * `objectBytes` is the object as encodeProto makes it, where the caller has it already.
 */
export function encodeWatchFrame(
  type: string,
  object: JsonObject,
  objectBytes: Uint8Array = encodeProto(object),
): Uint8Array {
  return write((writer) => {
    const length = watchEventLength(type, objectBytes.length);
    writer.raw(Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length));
    writer.uint32(10).string(type);
    writer.uint32(rawTag).uint32(1 + varintLength(objectBytes.length) + objectBytes.length);
    writer.uint32(10).bytes(objectBytes);
  });
}

function watchEventLength(type: string, objectLength: number): number {
  const raw = 1 + varintLength(objectLength) + objectLength;
  // Types are a few ASCII letters.
  return 2 + type.length + 1 + varintLength(raw) + raw;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Reads an object with its envelope. Throws a ProtoError if the bytes are something else or the kind is not known. */
export function decodeProto(bytes: Uint8Array): Record<string, unknown> {
  const { apiVersion, kind, raw } = readEnvelope(bytes);
  const codec = kindCodec(apiVersion, kind);
  if (!codec) throw new ProtoError(`no protobuf for ${apiVersion} ${kind}`);
  try {
    return { kind, apiVersion, ...codec.decode(raw) };
  } catch (cause) {
    throw new ProtoError(`${apiVersion} ${kind} cannot be read`, { cause });
  }
}

export interface WatchFrame {
  readonly type: string;
  readonly object: Record<string, unknown>;
  /** The object with its envelope, as it came. */
  readonly objectBytes: Uint8Array;
}

/** Reads all whole frames of a watch. */
export function decodeWatchFrames(bytes: Uint8Array): WatchFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: WatchFrame[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) break;
    frames.push(readWatchEvent(bytes.subarray(at + 4, end)));
    at = end;
  }
  return frames;
}

function readWatchEvent(bytes: Uint8Array): WatchFrame {
  const fields = readBytesFields(bytes);
  const objectBytes = readBytesFields(fields.get(2) ?? new Uint8Array()).get(1) ?? new Uint8Array();
  const type = Buffer.from(fields.get(1) ?? []).toString();
  return { type, object: decodeProto(objectBytes), objectBytes };
}

function codecOf(object: JsonObject): KindCodec {
  const { apiVersion, kind } = object;
  const codec = typeof apiVersion === 'string' && typeof kind === 'string' ? kindCodec(apiVersion, kind) : undefined;
  if (!codec) throw new ProtoError(`no protobuf for ${String(apiVersion)} ${String(kind)}`);
  return codec;
}

function prefixOf(codec: KindCodec): Uint8Array {
  const known = prefixes.get(codec);
  if (known) return known;
  const writer = new BinaryWriter().raw(magic).uint32(10).fork();
  const prefix = writer.uint32(10).string(codec.apiVersion).uint32(18).string(codec.kind).join().finish();
  prefixes.set(codec, prefix);
  return prefix;
}

function write(fill: (writer: BinaryWriter) => void): Uint8Array {
  const writer = shared;
  try {
    fill(writer);
    return writer.finish();
  } catch (error) {
    // What was written so far must not end up before the next object.
    shared = new BinaryWriter();
    throw error;
  }
}

/** The message without its envelope, where that is as encodeProto makes it: magic, names, message, two empty fields. */
function messageIn(bytes: Uint8Array): Uint8Array {
  // Names are short: their length is one byte, after the tag.
  let at = magic.length + 2 + (bytes[magic.length + 1] ?? 0) + 1;
  while ((bytes[at] ?? 0) > 0x7f) at++;
  return bytes.subarray(at + 1, bytes.length - envelopeEnd.length);
}

function readEnvelope(bytes: Uint8Array): { apiVersion: string; kind: string; raw: Uint8Array } {
  if (!magic.every((byte, index) => bytes[index] === byte)) throw new ProtoError('not Kubernetes protobuf');
  try {
    const fields = readBytesFields(bytes.subarray(magic.length));
    const typeMeta = readBytesFields(fields.get(1) ?? new Uint8Array());
    const text = (number: number): string => Buffer.from(typeMeta.get(number) ?? []).toString();
    return { apiVersion: text(1), kind: text(2), raw: fields.get(2) ?? new Uint8Array() };
  } catch (cause) {
    throw new ProtoError('the envelope cannot be read', { cause });
  }
}

/** The fields of a message all of whose fields are bytes, text or messages. */
function readBytesFields(bytes: Uint8Array): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (wireType === 2) fields.set(number, reader.bytes());
    else reader.skip(wireType, number);
  }
  return fields;
}
