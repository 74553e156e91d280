import { defaultFrameBytes, ErrorCode, frameHeaderBytes, Http2Error } from './protocol.ts';

/** `payload` holds only during the call. */
export type FrameHandler = (type: number, flags: number, streamId: number, payload: Buffer) => void;

/** Cuts what comes from the connection, in pieces of any size, into frames. */
export class FrameReader {
  readonly #handle: FrameHandler;
  /** A frame that came in pieces is put together here. */
  readonly #partial = Buffer.allocUnsafeSlow(frameHeaderBytes + defaultFrameBytes);
  #partialBytes = 0;

  constructor(handle: FrameHandler) {
    this.#handle = handle;
  }

  /** Throws Http2Error, and what the handler throws; then nothing more may come. */
  push(chunk: Buffer): void {
    let at = this.#partialBytes > 0 ? this.#complete(chunk) : 0;
    while (chunk.length - at >= frameHeaderBytes) {
      const end = at + frameHeaderBytes + payloadLength(chunk, at);
      if (end > chunk.length) break;
      this.#emit(chunk, at, end);
      at = end;
    }
    if (at < chunk.length) this.#partialBytes += chunk.copy(this.#partial, this.#partialBytes, at);
  }

  /** Adds to the frame that was begun. Returns how much of the chunk belonged to it. */
  #complete(chunk: Buffer): number {
    let at = this.#take(chunk, 0, frameHeaderBytes);
    if (this.#partialBytes < frameHeaderBytes) return at;
    const end = frameHeaderBytes + payloadLength(this.#partial, 0);
    at = this.#take(chunk, at, end);
    if (this.#partialBytes < end) return at;
    this.#partialBytes = 0;
    this.#emit(this.#partial, 0, end);
    return at;
  }

  /** Copies from `at` on until there are `wanted` bytes; returns where it stopped. */
  #take(chunk: Buffer, at: number, wanted: number): number {
    const missing = Math.max(0, wanted - this.#partialBytes);
    const taken = chunk.copy(this.#partial, this.#partialBytes, at, Math.min(chunk.length, at + missing));
    this.#partialBytes += taken;
    return at + taken;
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const streamId = bytes.readUInt32BE(start + 5) & 0x7fffffff;
    const payload = bytes.subarray(start + frameHeaderBytes, end);
    this.#handle(bytes[start + 3] as number, bytes[start + 4] as number, streamId, payload);
  }
}

function payloadLength(bytes: Buffer, at: number): number {
  const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  if (length > defaultFrameBytes) {
    throw new Http2Error(ErrorCode.FrameSizeError, `the server sent a frame of ${length} bytes, or no HTTP/2 at all`);
  }
  return length;
}
