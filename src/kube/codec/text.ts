import { isUtf8 } from 'node:buffer';

/**
 * The text of `bytes[start, end)`. Bytes that are no UTF-8 must not come out as another text, nor cost the whole list that
 * they stand in: each of them becomes a lone surrogate, so that `isWellFormed()` is false for the string, it equals no
 * other, and whoever would pass it on can refuse it by the name of its field.
 */
export function textOf(bytes: Buffer, start = 0, end = bytes.length): string {
  const text = bytes.toString('utf8', start, end);
  // U+FFFD stands for what could not be read, unless somebody wrote it.
  if (!text.includes('\ufffd') || isUtf8(bytes.subarray(start, end))) return text;
  return Array.from(bytes.subarray(start, end), (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join(
    '',
  );
}
