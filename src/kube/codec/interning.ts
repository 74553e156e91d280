import { textOf } from './text.ts';

const slots = 4096;

/**
 * Shares equal strings: driver names, finalizers, namespaces and the like come thousands of times, and each copy would
 * cost 40 bytes or more. A table of fixed size where a newcomer takes the place of what was there, so that nothing has
 * to be cleaned up and unlucky input cannot make it grow. Never hand in secrets: what is in the table stays.
 */
class Interner {
  readonly #table: string[] = new Array<string>(slots).fill('');

  /** The string of `bytes[start, end)`, made only if the table does not have it. */
  fromBytes(bytes: Buffer, start: number, end: number): string {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 12)) & (slots - 1);
    const known = this.#table[slot] as string;
    if (sameBytes(known, bytes, start, end)) return known;
    const text = textOf(bytes, start, end);
    this.#table[slot] = text;
    return text;
  }

  /** The string of the table that is equal to `text`. */
  fromText(text: string): string {
    let hash = text.length;
    for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
    const slot = (hash ^ (hash >>> 12)) & (slots - 1);
    const known = this.#table[slot] as string;
    if (known === text) return known;
    this.#table[slot] = text;
    return text;
  }
}

/** ASCII only: a string with other characters is shorter than its bytes, so it never matches and is made anew. */
function sameBytes(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}

/** One for the process: the same names come from every resource, in both encodings. */
export const interner = new Interner();

/** Shared by all objects that have none. */
export const noStrings: readonly string[] = Object.freeze([]);
export const noRecord: Readonly<Record<string, string>> = Object.freeze({});

const sharedSlots = 256;
const lists: (readonly string[])[] = new Array(sharedSlots).fill(noStrings);
const records: Readonly<Record<string, string>>[] = new Array(sharedSlots).fill(noRecord);

/** Of strings that are interned, the ends and the lengths tell enough apart. */
function mix(hash: number, text: string): number {
  return (Math.imul(hash, 31) + text.length * 7 + text.charCodeAt(text.length - 1)) | 0;
}

/**
 * The list that was seen before with the same (interned) strings in the same order. Like the interner, a table of fixed
 * size where a newcomer takes the place of what was there.
 */
export function shareList(list: readonly string[]): readonly string[] {
  if (list.length === 0) return noStrings;
  let hash = list.length;
  for (const text of list) hash = mix(hash, text);
  const slot = (hash ^ (hash >>> 8)) & (sharedSlots - 1);
  const known = lists[slot] as readonly string[];
  if (known.length === list.length && list.every((text, at) => text === known[at])) return known;
  lists[slot] = Object.freeze(list);
  return list;
}

/** The same for records: the volumes of one storage class often have equal attributes. */
export function shareRecord(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let hash = 0;
  let size = 0;
  for (const key in record) {
    hash = mix(mix(hash, key), record[key] as string);
    size++;
  }
  if (size === 0) return noRecord;
  const slot = (hash ^ (hash >>> 8)) & (sharedSlots - 1);
  const known = records[slot] as Readonly<Record<string, string>>;
  if (sameRecord(known, record, size)) return known;
  records[slot] = record;
  return record;
}

function sameRecord(
  known: Readonly<Record<string, string>>,
  record: Readonly<Record<string, string>>,
  size: number,
): boolean {
  for (const key in known) {
    if (!Object.hasOwn(record, key) || record[key] !== known[key]) return false;
    size--;
  }
  return size === 0;
}
