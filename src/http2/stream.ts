import { defaultWindowBytes, type Headers } from './protocol.ts';

/** Where the answer to a request goes. `onEnd` is called once, and last. */
export interface Http2Sink {
  /** The headers of the answer; those that only announce one (1xx) are left out. */
  onHeaders(headers: Headers): void;
  /** The chunk holds only during the call: copy what is kept. */
  onData(chunk: Buffer): void;
  onTrailers(headers: Headers): void;
  onEnd(end: StreamEnd): void;
}

/** How a stream ended. */
export interface StreamEnd {
  /** The server ended its answer in order. */
  readonly complete: boolean;
  /** HTTP/2 error code, 0 for none; for a lost connection it says nothing. */
  readonly code: number;
  /** Set if the whole connection was lost. */
  readonly lost: Error | undefined;
}

/** What the connection keeps of a stream that is open. */
export interface OpenStream {
  readonly id: number;
  readonly sink: Http2Sink;
  /** Asked whenever something of the request goes onto the wire: false, and it is not sent. */
  readonly wanted: (() => boolean) | undefined;
  /** How much the server still lets us send; below 0 when it took some of it back. */
  sendWindow: number;
  /** Bytes that came and were not yet confirmed. */
  received: number;
  answered: boolean;
  /** What is still to come by the answer's `content-length`; undefined if it has none. */
  contentLeft: number | undefined;
  /** What is still to be sent. */
  body: Uint8Array | undefined;
  bodySent: number;
}

export function openStream(
  id: number,
  { sink, body, wanted }: Pick<OpenStream, 'sink' | 'body' | 'wanted'>,
  sendWindow: number,
): OpenStream {
  return { id, sink, wanted, sendWindow, received: 0, answered: false, contentLeft: undefined, body, bodySent: 0 };
}

/** What the other side has told of itself: how much it takes. */
export interface PeerLimits {
  maxStreams: number;
  frameBytes: number;
  streamWindow: number;
}

export function initialLimits(frameBytes: number): PeerLimits {
  return { maxStreams: Number.POSITIVE_INFINITY, frameBytes, streamWindow: defaultWindowBytes };
}
