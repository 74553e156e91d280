const encoder = new TextEncoder();
const ellipsis = '...';

/** `text`, cut to at most `bytesMax` bytes of UTF-8 without splitting a character; what was cut ends in `...`. */
export function truncateUtf8(text: string, bytesMax: number): string {
  // Three bytes are the most that one UTF-16 unit can take.
  if (text.length * 3 <= bytesMax) return text;
  const bytes = encoder.encode(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax - ellipsis.length;
  // Bytes 10xxxxxx go on with a character: step back to where it begins.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end)) + ellipsis;
}
