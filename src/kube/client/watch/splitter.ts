import { DecodeError } from '../../codec/proto-reader.ts';

/** Cuts a watch stream, which arrives in chunks of any size, into the messages it carries. */
export interface WatchSplitter {
  /** `onMessage` gets each message that is complete with this chunk; its bytes hold only during the call. */
  push(chunk: Uint8Array, onMessage: (message: Buffer) => void): void;
}

/** Protobuf: each message stands behind its length, four bytes, most significant first. */
export class FrameSplitter implements WatchSplitter {
  readonly #pending = new ByteBuffer();

  push(chunk: Uint8Array, onMessage: (message: Buffer) => void): void {
    const bytes = asBuffer(chunk);
    let at = this.#pending.length === 0 ? 0 : this.#complete(bytes, onMessage);
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      onMessage(bytes.subarray(at + 4, end));
      at = end;
    }
    if (at < bytes.length) this.#pending.append(bytes, at, bytes.length);
  }

  /** Adds to the message that has begun; returns how much of `bytes` went into it. */
  #complete(bytes: Buffer, onMessage: (message: Buffer) => void): number {
    let at = 0;
    const header = Math.min(4 - this.#pending.length, bytes.length);
    if (header > 0) {
      this.#pending.append(bytes, 0, header);
      at = header;
    }
    if (this.#pending.length < 4) return at;
    const size = 4 + this.#pending.view().readUInt32BE(0);
    if (size > maxMessage) throw new DecodeError(`watch: a message of ${size} bytes is announced`);
    const rest = Math.min(size - this.#pending.length, bytes.length - at);
    this.#pending.append(bytes, at, at + rest);
    if (this.#pending.length < size) return at + rest;
    onMessage(this.#pending.view().subarray(4));
    this.#pending.clear();
    return at + rest;
  }
}

const maxMessage = 64 * 1024 * 1024;
const newline = 0x0a;

/** JSON: one message on each line. */
export class LineSplitter implements WatchSplitter {
  readonly #pending = new ByteBuffer();

  push(chunk: Uint8Array, onMessage: (message: Buffer) => void): void {
    const bytes = asBuffer(chunk);
    let at = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, at)) {
      if (this.#pending.length === 0) {
        if (end > at) onMessage(bytes.subarray(at, end));
      } else {
        this.#pending.append(bytes, at, end);
        onMessage(this.#pending.view());
        this.#pending.clear();
      }
      at = end + 1;
    }
    if (at < bytes.length) this.#pending.append(bytes, at, bytes.length);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

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
