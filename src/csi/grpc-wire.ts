import { Code, CsiError } from './errors.ts';

// What gRPC puts on top of HTTP/2, as pure functions: framing, the deadline's header, and the outcome of a call.

/** Header names in lower case, as HTTP/2 has them; a repeated header may come as an array. */
export type WireHeaders = Readonly<Record<string, unknown>>;

const prefixBytes = 5;
/**
 * Longest answer that is believed. ListVolumes of a large driver is far over gRPC's usual 4 MiB (about 500 bytes a
 * volume); a length beyond this is a broken frame.
 */
export const maxAnswerBytes = 256 * 1024 * 1024;

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

/** Puts the answer's one message together from chunks as they come. */
export class AnswerReader {
  readonly #chunks: Uint8Array[] = [];
  #received = 0;
  /** Set once the answer is known to be wrong: nothing more of it is kept. */
  #mistake: CsiError | undefined;

  /** False if there is no point in sending more. */
  push(chunk: Uint8Array): boolean {
    if (this.#mistake !== undefined) return false;
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    const prefix = this.#prefix();
    if (prefix !== undefined) this.#mistake = prefixMistake(prefix, this.#received - prefixBytes);
    if (this.#mistake !== undefined) this.#chunks.length = 0;
    return this.#mistake === undefined;
  }

  get mistake(): CsiError | undefined {
    return this.#mistake;
  }

  /** The message. Throws CsiError if there is none, or not all of it. */
  message(): Uint8Array {
    if (this.#mistake !== undefined) throw this.#mistake;
    if (this.#received === 0) throw malformed('the driver answered OK without a message');
    const prefix = this.#prefix();
    const expected = prefix === undefined ? prefixBytes : prefixBytes + messageLength(prefix);
    if (this.#received < expected) {
      throw malformed(`the driver's answer ends after ${this.#received} of ${expected} bytes`);
    }
    return this.#whole().subarray(prefixBytes);
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

function prefixMistake(prefix: Uint8Array, bodyBytes: number): CsiError | undefined {
  const length = messageLength(prefix);
  if (prefix[0] === 1) return malformed('the driver compressed its answer, which it was not asked to');
  if (prefix[0] !== 0) return malformed(`the driver's answer starts with ${prefix[0]}, which is no gRPC message`);
  if (length > maxAnswerBytes) {
    const text = `the driver announces an answer of ${length} bytes; the limit is ${maxAnswerBytes}`;
    return new CsiError(Code.ResourceExhausted, text, { local: true });
  }
  if (bodyBytes > length) return malformed('the driver sent more than one message');
  return undefined;
}

/** What is known of a call's stream once it is closed. */
export interface ClosedStream {
  headers: WireHeaders | undefined;
  trailers: WireHeaders | undefined;
  answer: AnswerReader;
  /** HTTP/2 error code of the stream; 0 if it ended as it should. */
  resetCode: number;
  /** The whole connection went away under the stream. */
  connectionLost: boolean;
}

/** The message, if the driver said OK; else throws what it said, or what became of the stream. */
export function outcome({ headers, trailers, answer, resetCode, connectionLost }: ClosedStream): Uint8Array {
  const said = trailers?.['grpc-status'] !== undefined ? trailers : headers;
  const status = said?.['grpc-status'];
  if (said !== undefined && status !== undefined) {
    const error = statusError(String(status), said['grpc-message']);
    if (error !== undefined) throw error;
    return answer.message();
  }
  if (headers !== undefined && !speaksGrpc(headers)) throw foreignAnswer(headers);
  if (answer.mistake !== undefined) throw answer.mistake;
  if (connectionLost)
    throw local(Code.Unavailable, 'the connection to the driver was lost while it worked on the call');
  if (headers === undefined || resetCode !== 0) throw resetError(resetCode);
  throw local(Code.Unknown, 'the driver ended its answer without a gRPC status');
}

export function speaksGrpc(headers: WireHeaders): boolean {
  const type = headers['content-type'];
  return Number(headers[':status']) === 200 && typeof type === 'string' && /^application\/grpc(?:$|[+;])/.test(type);
}

function statusError(status: string, message: unknown): CsiError | undefined {
  const code = /^\d{1,3}$/.test(status) ? Number(status) : Number.NaN;
  if (code === Code.OK) return undefined;
  const text = typeof message === 'string' ? decodeMessage(message) : '';
  if (code <= Code.Unauthenticated) return new CsiError(code, text);
  return new CsiError(Code.Unknown, `the driver answered with grpc-status ${JSON.stringify(status)}: ${text}`);
}

/** Undoes the percent-encoding of `grpc-message`; what is not well encoded is left as it is. */
export function decodeMessage(encoded: string): string {
  return encoded.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    const bytes = Uint8Array.from(run.slice(1).split('%'), (hex) => Number.parseInt(hex, 16));
    return new TextDecoder().decode(bytes);
  });
}

/** An answer of something that does not speak gRPC: a proxy, a web server, a broken driver. */
function foreignAnswer(headers: WireHeaders): CsiError {
  const type = headers['content-type'];
  const what = type === undefined ? 'no content type' : `content type ${JSON.stringify(type)}`;
  const status = Number(headers[':status']);
  return local(codeOfHttpStatus(status), `what listens on the socket is no gRPC server: HTTP ${status}, ${what}`);
}

/** The specification's table for answers without a gRPC status. */
export function codeOfHttpStatus(status: number): Code {
  switch (status) {
    case 400:
      return Code.Internal;
    case 401:
      return Code.Unauthenticated;
    case 403:
      return Code.PermissionDenied;
    case 404: // no such path: the method, or the whole of gRPC, is missing
      return Code.Unimplemented;
    case 429:
    case 502:
    case 503:
    case 504: // something between is overloaded or finds nobody behind it
      return Code.Unavailable;
    default:
      return Code.Unknown;
  }
}

/** HTTP/2 error codes that a caller must know. */
const Reset = { RefusedStream: 7, Cancel: 8 } as const;

/** The specification's table for streams that the server reset. */
function resetError(resetCode: number): CsiError {
  const text = `the driver reset the stream (HTTP/2 error ${resetCode})`;
  switch (resetCode) {
    case 0: // closed without an answer, which HTTP/2 itself should not allow
      return local(Code.Unavailable, 'the driver closed the stream without an answer');
    case Reset.RefusedStream: // surely not processed
      return new CsiError(Code.Unavailable, `${text}: refused`, { local: true, sent: false });
    case Reset.Cancel:
      return local(Code.Canceled, `${text}: canceled`);
    case 11: // ENHANCE_YOUR_CALM
      return local(Code.ResourceExhausted, `${text}: too many requests`);
    case 12: // INADEQUATE_SECURITY
      return local(Code.PermissionDenied, `${text}: inadequate security`);
    default:
      return local(Code.Internal, text);
  }
}

function malformed(message: string): CsiError {
  return local(Code.Internal, message);
}

function local(code: Code, message: string): CsiError {
  return new CsiError(code, message, { local: true });
}
