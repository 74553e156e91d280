/** Objects to bytes. What is sent more than once (objects, as JSON and as protobuf) is encoded once per version. */
import { stringify } from 'yaml';
import type { Format } from '../codec/negotiate.ts';
import { encodeListProto, encodeProto, encodeWatchFrame } from '../codec/proto.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { Resource } from '../registry.ts';
import type { Version } from './store.ts';

/** Any object, not remembered. */
export function encode(format: Format, object: JsonObject): Uint8Array {
  switch (format) {
    case 'json':
      return Buffer.from(JSON.stringify(object));
    case 'yaml':
      return Buffer.from(stringify(object));
    case 'protobuf':
      return encodeProto(object);
  }
}

/** The object of a version as `resource` shows it. */
export function viewOf(resource: Resource, version: Version): KubeObject {
  const { conversion } = resource;
  if (conversion === undefined) return version.object;
  const { kind } = version.object;
  return { ...conversion.fromStored(version.object), kind, apiVersion: resource.apiVersion } as KubeObject;
}

/** The object of a version as `resource` shows it, encoded; shared by all that ask for it. */
export function encodeVersion(format: Format, resource: Resource, version: Version): Uint8Array {
  const key = resource.conversion === undefined ? format : `${format} ${resource.apiVersion}`;
  let bytes = version.encodings.get(key);
  if (bytes === undefined) {
    bytes = encode(format, viewOf(resource, version));
    version.encodings.set(key, bytes);
  }
  return bytes;
}

/** A list of stored objects with the list's own metadata. */
export function encodeList(
  format: Format,
  resource: Resource,
  metadata: JsonObject,
  versions: readonly Version[],
): Uint8Array {
  const head = { kind: `${resource.kind}List`, apiVersion: resource.apiVersion, metadata };
  if (format === 'protobuf') {
    return encodeListProto(
      head,
      versions.map((version) => encodeVersion(format, resource, version)),
    );
  }
  if (format === 'yaml') {
    return encode(format, { ...head, items: versions.map((version) => itemOf(viewOf(resource, version))) });
  }
  const skip = itemStart(resource);
  const parts: Uint8Array[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)];
  for (const version of versions) {
    // Items of a list have no kind and apiVersion: the first bytes are replaced, the rest is shared.
    parts.push(parts.length === 1 ? openBrace : commaBrace);
    parts.push(encodeVersion(format, resource, version).subarray(skip));
  }
  parts.push(listEnd);
  return Buffer.concat(parts);
}

const openBrace = Buffer.from('{');
const commaBrace = Buffer.from(',{');
const listEnd = Buffer.from(']}');

function itemStart(resource: Resource): number {
  return `{"kind":"${resource.kind}","apiVersion":"${resource.apiVersion}",`.length;
}

function itemOf(object: KubeObject): JsonObject {
  const { kind: _kind, apiVersion: _apiVersion, ...item } = object;
  return item;
}

/** One event of a watch; `bytes` is its object, encoded. */
export function encodeFrame(format: Format, type: string, bytes: Uint8Array): Uint8Array {
  if (format === 'protobuf') return encodeWatchFrame(type, {}, bytes);
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), bytes, frameEnd]);
}

const frameEnd = Buffer.from('}\n');
