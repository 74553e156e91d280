/** Makes wrong input out of right: bytes, texts and JSON values with a few small mistakes in them. */
import type { Random } from '../../src/base/random.ts';
import { below, pick } from './fuzz.ts';

type Edit = (random: Random, bytes: Buffer, others: readonly Uint8Array[]) => Buffer;

/** Bytes that mean something in a length, a tag, a frame or a text. */
const telling = [0x00, 0x01, 0x0a, 0x0d, 0x22, 0x7b, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff];
/** Lengths that lie: as varints, and as the four bytes of a frame. */
const lies = ['ffffffff0f', 'ffffffffffffffffff01', 'ffffffffffffffffffffffff', '8080808010', 'ffffffff', '7fffffff'];

const edits: readonly Edit[] = [
  (random, bytes) => replaced(bytes, below(random, bytes.length), 1, Buffer.of(below(random, 256))),
  (random, bytes) => replaced(bytes, below(random, bytes.length), 1, Buffer.of(pick(random, telling))),
  (random, bytes) => {
    const at = below(random, bytes.length);
    return replaced(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << below(random, 8))));
  },
  (random, bytes) => bytes.subarray(0, below(random, bytes.length + 1)),
  (random, bytes) => replaced(bytes, below(random, bytes.length), 1 + below(random, 16), Buffer.alloc(0)),
  (random, bytes) => replaced(bytes, below(random, bytes.length), below(random, 3), randomBytes(random, 12)),
  (random, bytes) => replaced(bytes, below(random, bytes.length), 1, Buffer.from(pick(random, lies), 'hex')),
  (random, bytes) => {
    const at = below(random, bytes.length);
    return replaced(bytes, at, 0, bytes.subarray(at, at + below(random, 64)));
  },
  (random, bytes, others) => {
    const other = Buffer.from(pick(random, others));
    const from = below(random, other.length);
    return replaced(bytes, below(random, bytes.length), below(random, 32), other.subarray(from, from + 64));
  },
];

/** `bytes` with one to four mistakes. `others` are where pieces are taken from that belong somewhere else. */
export function mutateBytes(random: Random, bytes: Uint8Array, others: readonly Uint8Array[] = [bytes]): Buffer {
  let mutant: Buffer = Buffer.from(bytes);
  for (let left = 1 + below(random, 4); left > 0; left--) {
    mutant = mutant.length === 0 ? randomBytes(random, 12) : pick(random, edits)(random, mutant, others);
  }
  return mutant;
}

/** Up to `most` bytes of any kind. */
export function randomBytes(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: below(random, most + 1) }, () => below(random, 256)));
}

/** `bytes` in pieces of any size, none of them empty. */
export function inPieces(random: Random, bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const most = pick(random, [1, 3, 7, 64, 4096, bytes.length]);
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + below(random, most));
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

function replaced(bytes: Buffer, at: number, length: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)]);
}

const words = [
  '',
  ' ',
  '0',
  '-',
  '=',
  '--',
  ':',
  ',',
  '.',
  '/',
  '%',
  '%zz',
  '\u0000',
  '\n',
  '\ud800',
  'é',
  '😀',
  '__proto__',
];

/** `text` with one to three mistakes. */
export function mutateText(random: Random, text: string): string {
  let mutant = text;
  for (let left = 1 + below(random, 3); left > 0; left--) {
    const at = below(random, mutant.length + 1);
    const by = random.next() < 0.1 ? pick(random, words).repeat(1 + below(random, 2_000)) : pick(random, words);
    mutant = mutant.slice(0, at) + by + mutant.slice(at + below(random, 4));
  }
  return mutant;
}

/** Values of every kind, the ones that code forgets first. */
const strange: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER + 2,
    -(2 ** 63),
    '',
    '0',
    'true',
    '\ud800',
    '\u0000',
  ],
  ...['+275760-09-13T00:00:00.001Z', '0001-01-01T00:00:00Z', 'x'.repeat(5_000), [], [null], [[]], [{}], {}, { a: {} }],
  ...[JSON.parse('{"__proto__": {"name": "x"}}'), JSON.parse('{"__proto__": "x", "constructor": "y"}'), ['a', 'a', 1]],
];

/** A copy of what JSON.parse gave, with one to three places changed. */
export function mutateJson(random: Random, value: unknown): unknown {
  let mutant = structuredClone(value);
  for (let left = 1 + below(random, 3); left > 0; left--) mutant = withOneChange(random, mutant);
  return mutant;
}

function withOneChange(random: Random, value: unknown): unknown {
  const isBranch = typeof value === 'object' && value !== null;
  if (!isBranch || Object.keys(value).length === 0 || random.next() < 0.03)
    return structuredClone(pick(random, strange));
  const key = pick(random, Object.keys(value));
  const branch = value as Record<string, unknown>;
  const child = branch[key];
  if (typeof child === 'object' && child !== null && random.next() < 0.85)
    put(branch, key, withOneChange(random, child));
  else if (Array.isArray(value)) changeItem(random, value, Number(key));
  else changeEntry(random, branch, key);
  return value;
}

function changeItem(random: Random, list: unknown[], at: number): void {
  const chance = random.next();
  if (chance < 0.6) list[at] = structuredClone(pick(random, strange));
  else if (chance < 0.8) list.splice(at, 1);
  else list.splice(at, 0, structuredClone(pick(random, [...strange, list[at]])));
}

function changeEntry(random: Random, branch: Record<string, unknown>, key: string): void {
  const value = branch[key];
  const chance = random.next();
  if (chance < 0.6) put(branch, key, structuredClone(pick(random, strange)));
  else if (chance < 0.7) delete branch[key];
  else if (chance < 0.8 && typeof value === 'string') put(branch, key, mutateText(random, value));
  else put(branch, pick(random, ['__proto__', 'constructor', 'toString', '', ...Object.keys(branch)]), value);
}

/** Assigns, also to `__proto__`. */
function put(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
