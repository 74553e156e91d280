import { DecodeError } from '../../codec/proto-reader.ts';

/** No single watch event comes near this: etcd refuses objects of more than a few MiB. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Collects the pieces of one message that came in several chunks. It grows by doubling and is used again for the next
 * message, where Buffer.concat would make a new buffer outside the heap for each chunk, faster than they are collected.
 */
export class ByteBuffer {
  #bytes: Buffer = Buffer.allocUnsafe(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(source: Uint8Array, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > maxBytes) throw new DecodeError(`a message of more than ${maxBytes} bytes`);
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length = needed;
  }

  /** What was collected. The view holds until the next append. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes it empty; lets go of the memory if the last message was unusually large. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > 1024 * 1024) this.#bytes = Buffer.allocUnsafe(0);
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(4096, 2 ** Math.ceil(Math.log2(needed))));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
