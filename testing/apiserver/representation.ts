/** The forms in which an object is shown: itself, its metadata only, or a row of a Table. */
import type { Shape } from './codec/negotiate.ts';
import type { Extension, TableOptions } from './extension.ts';
import { child, type JsonObject } from './object.ts';
import type { Resource } from './registry.ts';

export interface Look {
  readonly shape: Shape;
  /** What a row of a Table holds of its object. */
  readonly includeObject: TableOptions['includeObject'];
  /** Makes the Tables. No client gets one from a server without. */
  readonly extension: Extension | undefined;
}

const metaVersion = 'meta.k8s.io/v1';

/** How the answer to a request with that query is to look. */
export function lookOf(shape: Shape, query: URLSearchParams, extension: Extension | undefined): Look {
  const asked = query.get('includeObject');
  const includeObject = asked === 'None' || asked === 'Object' ? asked : 'Metadata';
  return { shape, includeObject, extension };
}

/** One object. `headers` false leaves out a Table's columns, as all but the first event of a watch do. */
export function shapedObject(
  look: Look,
  resource: Resource,
  object: JsonObject,
  nowMs: number,
  headers = true,
): JsonObject {
  if (look.shape === 'metadata') return partialMetadataOf(object);
  if (look.shape === 'object' || look.extension === undefined) return object;
  const { resourceVersion } = child(object, 'metadata');
  const { includeObject } = look;
  return look.extension.table(resource, [object], { resourceVersion }, { nowMs, includeObject, headers });
}

/** A list that is not shown as its objects. */
export function shapedList(
  look: Look,
  resource: Resource,
  objects: Iterable<JsonObject>,
  metadata: JsonObject,
  nowMs: number,
): JsonObject {
  const { includeObject } = look;
  if (look.shape === 'table' && look.extension !== undefined) {
    return look.extension.table(resource, objects, metadata, { nowMs, includeObject });
  }
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: metaVersion,
    metadata,
    items: Array.from(objects, partialMetadataOf),
  };
}

/** One object, cut down to its metadata. */
export function partialMetadataOf(object: JsonObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: metaVersion, metadata: child(object, 'metadata') };
}
