import type { ObjectMeta } from './objects.ts';

/** One kind of object: where it is on the server, and how its projection is read from either encoding. */
export interface Resource<T extends ObjectMeta> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Reads the message of the object itself, without the envelope. */
  decodeProto(bytes: Uint8Array): T;
  /** Reads what JSON.parse gives. */
  decodeJson(value: unknown): T;
}

/** Path of a collection, or with `name` of one object in it; without query. */
export function resourcePath(
  resource: Resource<ObjectMeta>,
  options: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  let path = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  if (resource.namespaced) path += `/namespaces/${encodeURIComponent(options.namespace ?? '')}`;
  path += `/${resource.plural}`;
  if (options.name !== undefined) path += `/${encodeURIComponent(options.name)}`;
  if (options.subresource !== undefined) path += `/${options.subresource}`;
  return path;
}
