import { Code, StatusError } from './status.ts';

const prefixBytes = 5;
/**
 * Longest answer that is believed, also once it is decompressed. A list of everything that a large server has is far over
 * gRPC's usual 4 MiB; a length beyond this is a broken frame.
 */
export const maxAnswerBytes = 256 * 1024 * 1024;

/** Undoes gzip. Throws if the bytes are not gzip, or stand for more than `maxBytes`. */
export type Gunzip = (compressed: Uint8Array, maxBytes: number) => Uint8Array;

/** A message with gRPC's prefix: a byte that says "not compressed" and the length. */
export function frame(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(prefixBytes + message.length);
  new DataView(framed.buffer).setUint32(1, message.length);
  framed.set(message, prefixBytes);
  return framed;
}

/** The `grpc-timeout` header: at most eight digits, so that long ones are given in coarser units, rounded up. */
export function encodeTimeout(timeoutMs: number): string {
  const ms = Math.max(1, Math.ceil(timeoutMs));
  if (ms < 1e8) return `${ms}m`;
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 1e8) return `${seconds}S`;
  return `${Math.min(99_999_999, Math.ceil(seconds / 3600))}H`;
}

/** Puts the answer's one message together from chunks as they come. `peer` is who answers, for errors. */
export class AnswerReader {
  readonly #peer: string;
  readonly #gunzip: Gunzip;
  readonly #chunks: Uint8Array[] = [];
  #received = 0;
  /** Set once the answer is known to be wrong: nothing more of it is kept. */
  #mistake: StatusError | undefined;

  constructor(peer: string, gunzip: Gunzip) {
    this.#peer = peer;
    this.#gunzip = gunzip;
  }

  /** False if there is no point in sending more. */
  push(chunk: Uint8Array): boolean {
    if (this.#mistake !== undefined) return false;
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    const prefix = this.#prefix();
    if (prefix !== undefined) this.#mistake = this.#prefixMistake(prefix, this.#received - prefixBytes);
    if (this.#mistake !== undefined) this.#chunks.length = 0;
    return this.#mistake === undefined;
  }

  get mistake(): StatusError | undefined {
    return this.#mistake;
  }

  /** The message; `encoding` is the header `grpc-encoding`. Throws StatusError if there is none, or not all of it. */
  message(encoding: string | undefined): Uint8Array {
    if (this.#mistake !== undefined) throw this.#mistake;
    if (this.#received === 0) throw malformed(`${this.#peer} answered OK without a message`);
    const prefix = this.#prefix();
    const expected = prefix === undefined ? prefixBytes : prefixBytes + messageLength(prefix);
    if (this.#received < expected) {
      throw malformed(`the answer of ${this.#peer} ends after ${this.#received} of ${expected} bytes`);
    }
    const whole = this.#whole();
    const message = whole.subarray(prefixBytes);
    return whole[0] === 1 ? this.#decompressed(message, encoding) : message;
  }

  #decompressed(message: Uint8Array, encoding: string | undefined): Uint8Array {
    if (encoding !== 'gzip') {
      const how = encoding === undefined ? 'without saying how' : `with ${JSON.stringify(encoding)}`;
      throw malformed(`${this.#peer} compressed its answer ${how}; gzip is what it was offered`);
    }
    try {
      return this.#gunzip(message, maxAnswerBytes);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw malformed(`the compressed answer of ${this.#peer} cannot be read: ${reason}`);
    }
  }

  #prefixMistake(prefix: Uint8Array, bodyBytes: number): StatusError | undefined {
    const length = messageLength(prefix);
    if (prefix[0] !== 0 && prefix[0] !== 1) {
      return malformed(`the answer of ${this.#peer} starts with ${prefix[0]}, which is no gRPC message`);
    }
    if (length > maxAnswerBytes) {
      const text = `${this.#peer} announces an answer of ${length} bytes; the limit is ${maxAnswerBytes}`;
      return new StatusError(Code.ResourceExhausted, text, { local: true });
    }
    return bodyBytes > length ? malformed(`${this.#peer} sent more than one message`) : undefined;
  }

  #prefix(): Uint8Array | undefined {
    if (this.#received < prefixBytes) return undefined;
    // A prefix cut in pieces is so rare that putting all together is no loss.
    return (this.#chunks[0] as Uint8Array).length >= prefixBytes ? this.#chunks[0] : this.#whole();
  }

  #whole(): Uint8Array {
    const [first] = this.#chunks;
    if (this.#chunks.length === 1 && first !== undefined) return first;
    const whole = new Uint8Array(this.#received);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks.splice(0, this.#chunks.length, whole);
    return whole;
  }
}

function messageLength(prefix: Uint8Array): number {
  return new DataView(prefix.buffer, prefix.byteOffset).getUint32(1);
}

function malformed(message: string): StatusError {
  return new StatusError(Code.Internal, message, { local: true });
}
