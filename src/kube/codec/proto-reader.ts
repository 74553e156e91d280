import { interner } from './interning.ts';
import { textOf } from './text.ts';

/** The bytes are not what they should be: cut short, or not protobuf at all. */
export class DecodeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DecodeError';
  }
}

/**
 * Reads the protobuf wire format in place: nested messages are ranges of the same buffer, and what is not wanted is
 * stepped over without making a view of it, which is most of what the server sends (managedFields).
 *
 * A message is read as
 *
 *     while (reader.pos < end) {
 *       const tag = reader.tag();
 *       switch (tag >>> 3) { case 1: …; break; default: reader.skip(tag); }
 *     }
 *     reader.leave(end);
 */
export class ProtoReader {
  pos = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Field number in the upper bits, wire type in the lower three. */
  tag(): number {
    return this.varint();
  }

  /** A varint of up to 53 bits; longer ones (negative numbers) lose their upper bits but keep the lower 32 right. */
  varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.pos++] as number;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let factor = 0x80;
    do {
      byte = bytes[this.pos++] as number;
      // Bits from 49 on would be rounded into the lower ones.
      if (factor < 0x2000000000000) value += (byte & 0x7f) * factor;
      factor *= 0x80;
    } while (byte >= 0x80);
    return value;
  }

  int32(): number {
    return this.varint() | 0;
  }

  /** Exact up to 53 bits, and for negative numbers, which take ten bytes. */
  int64(): number {
    const start = this.pos;
    const value = this.varint();
    if (this.pos - start < 8) return value;
    let exact = 0n;
    for (const [at, byte] of this.#bytes.subarray(start, start + 10).entries()) {
      exact |= BigInt(byte & 0x7f) << BigInt(7 * at);
      if (byte < 0x80) break;
    }
    return Number(BigInt.asIntN(64, exact));
  }

  bool(): boolean {
    return this.varint() !== 0;
  }

  /** Enters a nested message (or bytes): where it ends. */
  enter(): number {
    const size = this.varint();
    const end = this.pos + size;
    if (!(end <= this.#bytes.length)) throw new DecodeError(`protobuf: ${size} bytes announced past the end`);
    return end;
  }

  /** Checks that a message ended where it said. */
  leave(end: number): void {
    if (this.pos !== end) throw new DecodeError('protobuf: a field goes over the end of its message');
  }

  /** A string whose bytes are no UTF-8 is not well-formed (text.ts). */
  string(): string {
    const end = this.enter();
    const text = this.pos === end ? '' : textOf(this.#bytes, this.pos, end);
    this.pos = end;
    return text;
  }

  /** A string that is likely to come again. */
  interned(): string {
    const end = this.enter();
    const text = this.pos === end ? '' : interner.fromBytes(this.#bytes, this.pos, end);
    this.pos = end;
    return text;
  }

  /** A view of nested bytes; it lives as long as the page does. */
  view(): Uint8Array {
    const end = this.enter();
    const view = this.#bytes.subarray(this.pos, end);
    this.pos = end;
    return view;
  }

  /** Steps over the value of a field that is not wanted. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.varint();
        return;
      case 1:
        this.pos += 8;
        return;
      case 2:
        this.pos = this.enter();
        return;
      case 5:
        this.pos += 4;
        return;
      default:
        throw new DecodeError(`protobuf: wire type ${tag & 7} is not in use in this API`);
    }
  }
}
