/** Shared by all objects that have none. */
export const noStrings: readonly string[] = Object.freeze([]);
export const noRecord: Readonly<Record<string, string>> = Object.freeze({});

const slots = 256;
const lists: (readonly string[])[] = new Array(slots).fill(noStrings);
const records: Readonly<Record<string, string>>[] = new Array(slots).fill(noRecord);

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
  const slot = (hash ^ (hash >>> 8)) & (slots - 1);
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
  const slot = (hash ^ (hash >>> 8)) & (slots - 1);
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
