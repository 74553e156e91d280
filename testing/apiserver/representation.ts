/** The forms in which an object is shown: itself, its metadata only, or a row of a Table. */

import { partialMetadataListOf, partialMetadataOf, type TableOptions, tableOf } from '../kubectl/tables/tables.ts';
import type { Shape } from './codec/negotiate.ts';
import { child, type JsonObject } from './object.ts';
import type { Resource } from './registry.ts';

export interface Look {
  readonly shape: Shape;
  /** What a row of a Table holds of its object. */
  readonly includeObject: TableOptions['includeObject'];
}

/** How the answer to a request with that query is to look. */
export function lookOf(shape: Shape, query: URLSearchParams): Look {
  const asked = query.get('includeObject');
  const includeObject = asked === 'None' || asked === 'Object' ? asked : 'Metadata';
  return { shape, includeObject };
}

/** One object. `headers` false leaves out a Table's columns, as all but the first event of a watch do. */
export function shapedObject(
  look: Look,
  resource: Resource,
  object: JsonObject,
  nowMs: number,
  headers = true,
): JsonObject {
  switch (look.shape) {
    case 'object':
      return object;
    case 'metadata':
      return partialMetadataOf(object);
    case 'table': {
      const { resourceVersion } = child(object, 'metadata');
      const { includeObject } = look;
      return tableOf(resource, [object], { resourceVersion }, { nowMs, includeObject, headers });
    }
  }
}

/** A list that is not shown as its objects. */
export function shapedList(
  look: Look,
  resource: Resource,
  objects: Iterable<JsonObject>,
  metadata: JsonObject,
  nowMs: number,
): JsonObject {
  if (look.shape === 'metadata') return partialMetadataListOf(objects, metadata);
  return tableOf(resource, objects, metadata, { nowMs, includeObject: look.includeObject });
}
