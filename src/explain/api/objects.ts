/** An object as the API server's JSON has it. What the tools read is read by path, and what is absent is empty. */
export type Obj = Readonly<Record<string, unknown>>;

/** The value at a path of keys with dots between them; undefined where anything on the way is absent. */
export function at(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Obj)[key];
  }
  return value;
}

/** Empty if it is absent or no string. */
export function text(object: unknown, path: string): string {
  const value = at(object, path);
  return typeof value === 'string' ? value : '';
}

/** Empty if it is absent or no array; entries that are no objects are left out. */
export function list(object: unknown, path: string): readonly Obj[] {
  const value = at(object, path);
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}

export function strings(object: unknown, path: string): readonly string[] {
  const value = at(object, path);
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

/** Milliseconds since the epoch; undefined if it is absent or no time. */
export function time(object: unknown, path: string): number | undefined {
  const ms = Date.parse(text(object, path));
  return Number.isNaN(ms) ? undefined : ms;
}

export function nameOf(object: unknown): string {
  return text(object, 'metadata.name');
}

/** `namespace/name`, or the name alone of what has no namespace. */
export function fullName(object: unknown): string {
  const namespace = text(object, 'metadata.namespace');
  return namespace === '' ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

export function annotation(object: unknown, key: string): string {
  const value = (at(object, 'metadata.annotations') as Obj | undefined)?.[key];
  return typeof value === 'string' ? value : '';
}

export function isDeleting(object: unknown): boolean {
  return text(object, 'metadata.deletionTimestamp') !== '';
}
