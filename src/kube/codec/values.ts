import type { SecretReference } from '../api/objects.ts';
import { interner, noRecord, noStrings, shareList, shareRecord } from './interning.ts';
import type { ProtoReader } from './proto-reader.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const emptyObject: JsonObject = Object.freeze({});

/** The object, or an empty one for everything that is none: a field of the wrong type is as good as absent. */
export function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : emptyObject;
}

export function asString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** An empty string counts as absent: protobuf cannot tell the two apart for most fields. */
export function asOptional(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function asInterned(value: unknown): string {
  return typeof value === 'string' ? interner.fromText(value) : '';
}

export function asNumber(value: unknown): number {
  return Number.isFinite(value) ? (value as number) : 0;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : noStrings;
}

/** Milliseconds since the epoch of an RFC 3339 time; undefined for null, nothing, or no time at all. */
export function asTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

/** As asTime, but 0 for what is no time: for a field that says something by being there. */
export function asMark(value: unknown): number | undefined {
  return value === undefined || value === null || value === '' ? undefined : (asTime(value) ?? 0);
}

/** A list of strings that are likely to come again, such as finalizers and access modes. */
export function internedStrings(value: unknown): readonly string[] {
  return Array.isArray(value) && value.length > 0 ? shareList(value.map(asInterned)) : noStrings;
}

/** Whether the values of a record come again in other objects (and are no secrets), so that sharing them pays. */
export type Values = 'shared' | 'own';

/** The entries of `value` whose key is in `keys` (all, if `keys` is undefined). */
export function stringRecord(
  value: unknown,
  values: Values,
  keys?: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  let record: Record<string, string> | undefined;
  for (const [key, entry] of Object.entries(asObject(value))) {
    if (typeof entry !== 'string' || (keys !== undefined && !keys.has(key))) continue;
    record ??= {};
    setEntry(record, interner.fromText(key), values === 'shared' ? interner.fromText(entry) : entry);
  }
  if (record === undefined) return noRecord;
  return values === 'shared' ? shareRecord(record) : record;
}

/** Assigns even where the key is `__proto__`, which anybody may write into an annotation. */
export function setEntry(record: Record<string, string>, key: string, value: string): void {
  if (key === '__proto__') Object.defineProperty(record, key, { value, enumerable: true, configurable: true });
  else record[key] = value;
}

/** Reads one entry of a map<string, string>; keeps it if `keys` has its key (or is undefined). */
export function readEntry(
  reader: ProtoReader,
  record: Record<string, string> | undefined,
  values: Values,
  keys?: ReadonlySet<string>,
): Record<string, string> | undefined {
  const end = reader.enter();
  let key = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) key = reader.interned();
    else if (tag === 0x12 && (keys === undefined || keys.has(key))) {
      value = values === 'shared' ? reader.interned() : reader.string();
    } else reader.skip(tag);
  }
  reader.leave(end);
  if (keys !== undefined && !keys.has(key)) return record;
  const target = record ?? {};
  setEntry(target, key, value);
  return target;
}

/** What a Date can be, in milliseconds around the epoch: what is shown as a time must not be further away. */
const furthestMs = 8.64e15;

/**
 * metav1.Time and MicroTime: milliseconds since the epoch; undefined for the zero time. A time that is too far away
 * counts as 0 and not as absent: what was deleted at no sensible time has been deleted all the same.
 */
export function readTime(reader: ProtoReader): number | undefined {
  const end = reader.enter();
  if (reader.pos === end) return undefined;
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x08) seconds = reader.int64();
    else if (tag === 0x10) nanos = reader.int32();
    else reader.skip(tag);
  }
  reader.leave(end);
  const ms = seconds * 1000 + Math.floor(nanos / 1_000_000);
  return Math.abs(ms) <= furthestMs ? ms : 0;
}

export function readSecretReference(reader: ProtoReader): SecretReference {
  const end = reader.enter();
  let name = '';
  let namespace = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 0x0a) name = reader.interned();
    else if (tag === 0x12) namespace = reader.interned();
    else reader.skip(tag);
  }
  reader.leave(end);
  return { name, namespace };
}

export function secretReference(value: unknown): SecretReference | undefined {
  const reference = asObject(value);
  if (reference === emptyObject) return undefined;
  return { name: asInterned(reference.name), namespace: asInterned(reference.namespace) };
}
