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
    const text = bytes.toString('utf8', start, end);
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
