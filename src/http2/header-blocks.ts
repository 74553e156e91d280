import { HpackDecoder } from './hpack-decoder.ts';
import { ErrorCode, Flag, FrameType, type Headers, Http2Error } from './protocol.ts';

/** Far more than any server sends, in pieces that could go on for ever. */
const maxBlockBytes = 256 * 1024;

/** Headers as they came, for which stream, and whether the stream ended with them. */
export interface ReceivedHeaders {
  readonly streamId: number;
  readonly headers: Headers;
  readonly ended: boolean;
}

/** Puts header blocks together, each of which may come in several frames, and reads them. */
export class HeaderBlocks {
  readonly #decoder = new HpackDecoder();
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** The stream whose block is not complete; nothing else may come in between. */
  #streamId = 0;
  #ended = false;

  get incomplete(): boolean {
    return this.#streamId !== 0;
  }

  /** A HEADERS or CONTINUATION frame. Returns what it completes. Throws Http2Error. */
  push(type: number, flags: number, streamId: number, payload: Buffer): ReceivedHeaders | undefined {
    const first = type === FrameType.Headers;
    if (first) this.#ended = (flags & Flag.EndStream) !== 0;
    else if (streamId !== this.#streamId || streamId === 0) throw outOfPlace();
    const block = first ? withoutPadding(flags, payload) : payload;
    if ((flags & Flag.EndHeaders) === 0) {
      this.#keep(streamId, block);
      return undefined;
    }
    const headers = this.#decoder.decode(first ? block : Buffer.concat([...this.#pieces, block]));
    this.#streamId = 0;
    this.#pieces = [];
    this.#bytes = 0;
    return { streamId, headers, ended: this.#ended };
  }

  #keep(streamId: number, block: Buffer): void {
    this.#streamId = streamId;
    this.#bytes += block.length;
    // An empty piece counts too: there is no end to a row of them otherwise.
    if (this.#bytes > maxBlockBytes || this.#pieces.length > 64) {
      throw new Http2Error(ErrorCode.EnhanceYourCalm, 'the server sent headers without end');
    }
    this.#pieces.push(Buffer.from(block));
  }
}

/** The frame's content without its padding, and without a priority. Throws Http2Error. */
export function withoutPadding(flags: number, payload: Buffer): Buffer {
  let start = 0;
  let end = payload.length;
  if (flags & Flag.Padded) {
    end -= payload[0] ?? 0;
    start = 1;
  }
  if (flags & Flag.Priority) start += 5;
  if (start > end) throw new Http2Error(ErrorCode.ProtocolError, 'the server sent a frame that is all padding');
  return start === 0 && end === payload.length ? payload : payload.subarray(start, end);
}

export function outOfPlace(): Http2Error {
  return new Http2Error(ErrorCode.ProtocolError, 'the server sent a frame out of place');
}
