import { deepEqual, isObject, type JsonObject, type KubeObject } from '../object.ts';

/** A mutating webhook: gives what is stored in place of `object`, which somebody made of `old`. */
export type Admission = (object: KubeObject, old: KubeObject) => KubeObject;
/** The same, told who wrote. */
export type UserAdmission = (object: KubeObject, old: KubeObject, user: string) => KubeObject;

/**
 * What a webhook does to one field whenever a write changes it. `dropped`: it is taken out. `kept`: it stays as it was.
 * `put back`: what was taken out or emptied is there again.
 */
export type Meddling = 'dropped' | 'kept' | 'put back';

/** A field by its path; of a list, the one entry that `entry` names. */
export interface Field {
  readonly path: readonly string[];
  readonly entry?: string;
}

export function meddle(object: KubeObject, old: KubeObject, field: Field, how: Meddling): KubeObject {
  const before = valueAt(old, field);
  const after = valueAt(object, field);
  if (deepEqual(before, after)) return object;
  if (how === 'put back' && !isEmpty(after)) return object;
  return withValue(object, field, how === 'dropped' ? undefined : before) as KubeObject;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === false || (isObject(value) && Object.keys(value).length === 0);
}

function valueAt(object: unknown, { path, entry }: Field): unknown {
  let value: unknown = object;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  if (entry === undefined) return value;
  return Array.isArray(value) && value.includes(entry) ? entry : undefined;
}

function withValue(object: JsonObject, { path, entry }: Field, value: unknown): JsonObject {
  const [key = '', ...rest] = path;
  const copy = { ...object };
  if (rest.length > 0) {
    copy[key] = withValue(isObject(copy[key]) ? copy[key] : {}, { path: rest, ...(entry && { entry }) }, value);
  } else if (entry !== undefined) {
    const others = (Array.isArray(copy[key]) ? copy[key] : []).filter((each) => each !== entry);
    copy[key] = value === undefined ? others : [...others, entry];
  } else if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
}
