import { ErrorCode, Http2Error } from './protocol.ts';

/**
 * RFC 7541's Huffman code is canonical: codes of one length are consecutive numbers in the order of their symbols, and
 * each length goes on where the one before ended. So the lengths are the whole code. Symbol 256 is its end mark.
 */
// biome-ignore format: sixteen symbols in each line
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const shortestBits = 5;
const longestBits = 30;
const endMark = 256;

/** Symbols in the order of their codes; by length, the first code and where its symbol stands. */
const symbols = lengths.map((_, symbol) => symbol).sort((a, b) => bitsOf(a) - bitsOf(b) || a - b);
const firstCode = new Uint32Array(longestBits + 2);
const firstAt = new Uint16Array(longestBits + 2);
/** For each next eight bits, symbol and length of a code that is no longer than that: `symbol * 16 + length`. */
const short = new Uint16Array(256);

function bitsOf(symbol: number): number {
  return lengths[symbol] as number;
}

for (let bits = shortestBits, code = 0, at = 0; bits <= longestBits; bits++) {
  firstCode[bits] = code;
  firstAt[bits] = at;
  for (; at < symbols.length && bitsOf(symbols[at] as number) === bits; at++, code++) {
    if (bits <= 8) short.fill((symbols[at] as number) * 16 + bits, code << (8 - bits), (code + 1) << (8 - bits));
  }
  code <<= 1;
}

/** Where a text is put together; most header values are far shorter. */
let scratch = Buffer.allocUnsafeSlow(1024);

/** The text of `bytes` from `start` to `end`, one character for each byte. Throws Http2Error on a wrong code. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  const most = Math.ceil(((end - start) * 8) / shortestBits);
  if (scratch.length < most) scratch = Buffer.allocUnsafeSlow(most);
  const endBit = end * 8;
  let bit = start * 8;
  let length = 0;
  while (bit < endBit) {
    const at = bit >>> 3;
    // What stands behind the end counts as ones, as padding does.
    const pair = ((bytes[at] as number) << 8) | (at + 1 < end ? (bytes[at + 1] as number) : 0xff);
    const next = (pair >>> (8 - (bit & 7))) & 0xff;
    const entry = short[next] as number;
    const symbol = entry === 0 ? longCode(bytes, bit, endBit) : entry >>> 4;
    const bits = entry === 0 ? bitsOf(symbol) : entry & 15;
    if (symbol === endMark || bit + bits > endBit) {
      if (endBit - bit < 8 && next === 0xff) break;
      throw wrong();
    }
    scratch[length++] = symbol;
    bit += bits;
  }
  return scratch.toString('latin1', 0, length);
}

/** The symbol whose code of more than eight bits begins at `bit`; the end mark if the bits run out. */
function longCode(bytes: Uint8Array, bit: number, endBit: number): number {
  let code = 0;
  for (let bits = 1; bits <= longestBits && bit < endBit; bits++, bit++) {
    code = (code << 1) | (((bytes[bit >>> 3] as number) >>> (7 - (bit & 7))) & 1);
    if (bits <= 8) continue;
    const ahead = code - (firstCode[bits] as number);
    const symbol = symbols[(firstAt[bits] as number) + ahead];
    if (ahead >= 0 && symbol !== undefined && bitsOf(symbol) === bits) return symbol;
  }
  return endMark;
}

function wrong(): Http2Error {
  return new Http2Error(ErrorCode.CompressionError, 'a header is not in the Huffman code of HPACK');
}
