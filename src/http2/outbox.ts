import { frameHeaderBytes } from './protocol.ts';

/** Bytes on their way out. Grows to what one turn of the event loop produces, and is used again for the next. */
export class Outbox {
  #bytes: Buffer = Buffer.allocUnsafeSlow(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was put in. Holds until the next put or clear. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes it empty; lets go of the memory if it was unusually much. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > 256 * 1024) this.#bytes = Buffer.allocUnsafeSlow(4096);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16BE(value, this.#length);
  }

  uint32(value: number): void {
    this.#reserve(4);
    // By hand here and below: a Buffer's own methods check each time what is known to be right.
    this.#bytes[this.#length++] = value >>> 24;
    this.#bytes[this.#length++] = value >>> 16;
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
  }

  /** One byte for each character, of which none may be beyond 255. */
  text(value: string): void {
    this.#reserve(value.length);
    this.#length += this.#bytes.write(value, this.#length, 'latin1');
  }

  bytes(source: Uint8Array, start = 0, end = source.length): void {
    this.#reserve(end - start);
    const whole = start === 0 && end === source.length;
    this.#bytes.set(whole ? source : source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  /** A frame's nine bytes; its payload is to follow. */
  frame(length: number, type: number, flags: number, streamId: number): void {
    this.#reserve(frameHeaderBytes);
    this.#bytes[this.#length++] = length >>> 16;
    this.#bytes[this.#length++] = length >>> 8;
    this.#bytes[this.#length++] = length;
    this.#bytes[this.#length++] = type;
    this.#bytes[this.#length++] = flags;
    this.uint32(streamId);
  }

  /** Begins a frame of which only the content will tell the length. Returns what `endFrame` wants to know. */
  beginFrame(type: number, flags: number, streamId: number): number {
    this.frame(0, type, flags, streamId);
    return this.#length;
  }

  endFrame(start: number): void {
    this.#bytes.writeUIntBE(this.#length - start, start - frameHeaderBytes, 3);
  }

  /** Takes back what was put in since the length was `length`, and returns a copy of it. */
  takeBack(length: number): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(length, this.#length));
    this.#length = length;
    return taken;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(needed)));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
