import type { ObjectMeta } from '../api/objects.ts';
import { openEnvelope } from './envelope.ts';
import { ProtoReader } from './proto-reader.ts';
import type { Resource } from './resources.ts';
import { type Status, statusFromJson, statusFromProto } from './status.ts';
import { asObject, asString } from './values.ts';

/** Where the events of a watch go, in the order the server sent them. */
export interface WatchSink<T> {
  /** Added or modified: the two mean the same to whoever keeps a copy. */
  changed(object: T): void;
  /** `object` in its last state, with the resourceVersion of the deletion. */
  deleted(object: T): void;
  /** All events up to this version have been sent. */
  bookmark(resourceVersion: string): void;
  /** The last event: the server cannot go on. */
  failed(status: Status): void;
}

/** Decodes one meta.v1.WatchEvent from protobuf (without its length) and hands it to `sink`. */
export function readWatchEvent<T extends ObjectMeta>(
  message: Uint8Array,
  decode: (bytes: Uint8Array) => T,
  sink: WatchSink<T>,
): void {
  const reader = new ProtoReader(message);
  let type = '';
  let object: Uint8Array = message;
  while (reader.pos < reader.length) {
    const tag = reader.tag();
    if (tag === 0x0a) type = reader.interned();
    else if (tag === 0x12) object = readRawExtension(reader);
    else reader.skip(tag);
  }
  reader.leave(reader.length);
  const { raw } = openEnvelope(object);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      sink.changed(decode(raw));
      break;
    case 'DELETED':
      sink.deleted(decode(raw));
      break;
    case 'BOOKMARK':
      readBookmark(raw, sink);
      break;
    case 'ERROR':
      sink.failed(statusFromProto(raw));
      break;
    default: // A type from the future: whatever it says, our copy is brought up to date by the others.
  }
}

/** runtime.RawExtension: one field of bytes, which holds the object in its envelope. */
function readRawExtension(reader: ProtoReader): Uint8Array {
  const end = reader.enter();
  let raw: Uint8Array | undefined;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) raw = reader.view();
    else reader.skip(tag);
  }
  reader.leave(end);
  return raw ?? new Uint8Array(0);
}

/** A bookmark is an object of the watched kind with nothing but a resourceVersion. */
function readBookmark<T>(bytes: Uint8Array, sink: WatchSink<T>): void {
  const reader = new ProtoReader(bytes);
  let version = '';
  while (reader.pos < reader.length) {
    const tag = reader.tag();
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    const end = reader.enter();
    while (reader.pos < end) {
      const field = reader.tag();
      if (field >>> 3 === 6) version = reader.string();
      else reader.skip(field);
    }
    reader.leave(end);
  }
  sink.bookmark(version);
}

/** Decodes one line of a JSON watch and hands it to `sink`. */
export function watchEventFromJson<T extends ObjectMeta>(
  value: unknown,
  resource: Resource<T>,
  sink: WatchSink<T>,
): void {
  const event = asObject(value);
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      sink.changed(resource.decodeJson(event.object));
      break;
    case 'DELETED':
      sink.deleted(resource.decodeJson(event.object));
      break;
    case 'BOOKMARK': {
      const metadata = asObject(asObject(event.object).metadata);
      sink.bookmark(asString(metadata.resourceVersion));
      break;
    }
    case 'ERROR':
      sink.failed(statusFromJson(event.object));
      break;
    default: // See readWatchEvent.
  }
}
