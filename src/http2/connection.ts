import type { Duplex } from 'node:stream';
import { FrameReader } from './frame-reader.ts';
import { HeaderBlocks, outOfPlace, type ReceivedHeaders, withoutPadding } from './header-blocks.ts';
import { ErrorCode, Flag, FrameType, type Headers, Http2Error, largestStreamId, Setting } from './protocol.ts';
import { Sender } from './sender.ts';
import { type Http2Sink, type OpenStream, openStream, type StreamEnd } from './stream.ts';

export interface Http2ConnectionOptions {
  /** Connected, and past the TLS handshake. What comes from it is to be handed to `receive`. */
  socket: Duplex;
  /** How much the server may send before we confirm: on one stream, and on all together. */
  streamWindowBytes: number;
  connectionWindowBytes: number;
  /** The server's settings came, for the first time or others. */
  onSettings: () => void;
  /** The server takes no more streams; those that it has may still end well. */
  onGoAway: () => void;
}

/**
 * The client's side of one HTTP/2 connection, as much of it as requests and answers need: no push, no priorities.
 * Everything that one turn of the event loop produces goes out in one write.
 */
export class Http2Connection {
  readonly #options: Http2ConnectionOptions;
  readonly #sender: Sender;
  readonly #streams = new Map<number, OpenStream>();
  readonly #blocks = new HeaderBlocks();
  readonly #reader: FrameReader;
  #nextId = 1;
  #received = 0;
  #settled = false;
  #leaving = false;
  #ended = false;
  #onPong: (() => void) | undefined;

  constructor(options: Http2ConnectionOptions) {
    this.#options = options;
    this.#reader = new FrameReader((type, flags, streamId, payload) => this.#frame(type, flags, streamId, payload));
    this.#sender = new Sender(options.socket);
    this.#sender.greet(options.streamWindowBytes, options.connectionWindowBytes);
  }

  /** How many streams may be open at once. */
  get maxStreams(): number {
    return this.#sender.limits.maxStreams;
  }

  /** It takes no more requests. */
  get closing(): boolean {
    return this.#ended || this.#leaving || this.#nextId > largestStreamId;
  }

  /**
   * Sends a request; the answer goes to `sink`. Throws TypeError for headers that cannot be sent; then nothing more may
   * be sent. `wanted` is asked at the very last moment, and again for what flow control held back: if it says no, nothing
   * is sent, and the connection ends.
   */
  request(headers: Headers, body: Uint8Array | undefined, sink: Http2Sink, wanted?: () => boolean): number {
    const stream = openStream(this.#nextId, { sink, body, wanted }, this.#sender.limits.streamWindow);
    this.#sender.headers(stream.id, headers, body === undefined);
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    if (wanted !== undefined) this.#sender.sendOnlyIf(wanted);
    if (body !== undefined) this.#sender.body(stream);
    return stream.id;
  }

  /** Gives a stream up without a word to its sink. */
  cancel(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    this.#sender.reset(streamId, ErrorCode.Cancel);
    this.#forget(stream);
  }

  /** `onPong` is called when the server has answered; one at a time. */
  ping(onPong: () => void): void {
    this.#onPong = onPong;
    this.#sender.ping();
  }

  /** What the socket brought; it may be reused after the call. Throws Http2Error, or what a sink throws. */
  receive(chunk: Buffer): void {
    if (!this.#ended) this.#reader.push(chunk);
  }

  /** Takes no more requests, and ends the socket with its last stream. */
  drain(): void {
    this.#leaving = true;
    this.#closeIfDone();
  }

  /** Tells the server why it is left, as far as that still goes out. */
  leave(error: Error | undefined): void {
    if (!this.#ended) this.#sender.goAway(error instanceof Http2Error ? error.code : ErrorCode.NoError);
  }

  /** The socket is gone: ends all streams. */
  end(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sender.stop();
    for (const stream of [...this.#streams.values()]) this.#finish(stream, { complete: false, code: 0, lost: error });
  }

  #frame(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (this.#ended) return;
    if (!this.#settled && type !== FrameType.Settings) {
      throw new Http2Error(ErrorCode.ProtocolError, 'the server does not speak HTTP/2');
    }
    if (this.#blocks.incomplete && type !== FrameType.Continuation) throw outOfPlace();
    if (type === FrameType.Data) this.#data(flags, streamId, payload);
    else if (type === FrameType.Headers || type === FrameType.Continuation) {
      if (type === FrameType.Headers) this.#assertKnown(streamId);
      const received = this.#blocks.push(type, flags, streamId, payload);
      if (received !== undefined) this.#headers(received);
    } else if (type === FrameType.RstStream) this.#reset(streamId, payload);
    else if (type === FrameType.Settings) this.#settings(flags, streamId, payload);
    else if (type === FrameType.Ping) this.#ping(flags, streamId, payload);
    else if (type === FrameType.GoAway) this.#goAway(streamId, payload);
    else if (type === FrameType.WindowUpdate) this.#windowUpdate(streamId, payload);
    else if (type === FrameType.PushPromise) throw outOfPlace();
    // All others are ignored, as the protocol asks.
  }

  #data(flags: number, streamId: number, payload: Buffer): void {
    this.#assertKnown(streamId);
    const { streamWindowBytes, connectionWindowBytes } = this.#options;
    this.#received = this.#confirm(0, this.#received + payload.length, connectionWindowBytes);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    if (!stream.answered) throw outOfPlace();
    const ended = (flags & Flag.EndStream) !== 0;
    const received = stream.received + payload.length;
    stream.received = ended ? received : this.#confirm(streamId, received, streamWindowBytes);
    const content = withoutPadding(flags & Flag.Padded, payload);
    if (stream.contentLeft !== undefined && content.length > stream.contentLeft) {
      this.#malformed(stream);
      return;
    }
    if (stream.contentLeft !== undefined) stream.contentLeft -= content.length;
    if (content.length > 0) stream.sink.onData(content);
    if (ended) this.#complete(stream);
  }

  /** Lets the server send more once half of the window has come. Returns what is not confirmed. */
  #confirm(streamId: number, received: number, window: number): number {
    if (received < window / 2) return received;
    this.#sender.windowUpdate(streamId, received);
    return 0;
  }

  #headers({ streamId, headers, ended }: ReceivedHeaders): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    const status = headers[':status'] ?? '';
    const informational = !stream.answered && status.startsWith('1');
    // Only trailers, which end the stream, may follow an answer’s headers; an informational answer does not end one.
    if (ended ? informational : stream.answered) this.#malformed(stream);
    else if (stream.answered) stream.sink.onTrailers(headers);
    else if (!informational && !this.#answer(stream, status, headers)) return;
    if (ended) this.#complete(stream);
  }

  /** False if it is no answer. */
  #answer(stream: OpenStream, status: string, headers: Headers): boolean {
    const length = status === '304' ? undefined : headers['content-length'];
    if (!/^[2-9]\d\d$/.test(status) || (length !== undefined && !/^\d+$/.test(length))) {
      this.#malformed(stream);
      return false;
    }
    stream.answered = true;
    if (length !== undefined) stream.contentLeft = Number(length);
    stream.sink.onHeaders(headers);
    return true;
  }

  /** What came of the stream is no answer as HTTP has them; the connection goes on. */
  #malformed(stream: OpenStream): void {
    this.#streamError(stream, ErrorCode.ProtocolError);
  }

  #streamError(stream: OpenStream, code: number): void {
    this.#sender.reset(stream.id, code);
    this.#finish(stream, { complete: false, code, lost: undefined });
  }

  #complete(stream: OpenStream): void {
    // The sink may have given it up a moment ago.
    if (this.#streams.get(stream.id) !== stream) return;
    if (stream.contentLeft !== undefined && stream.contentLeft > 0) {
      this.#malformed(stream);
      return;
    }
    // An answer that does not wait for the whole request: the rest is not wanted.
    if (stream.body !== undefined) this.#sender.reset(stream.id, ErrorCode.NoError);
    this.#finish(stream, { complete: true, code: ErrorCode.NoError, lost: undefined });
  }

  #reset(streamId: number, payload: Buffer): void {
    this.#assertKnown(streamId);
    const stream = this.#streams.get(streamId);
    const code = uint32(payload, 4);
    if (stream !== undefined) this.#finish(stream, { complete: false, code, lost: undefined });
  }

  #settings(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw outOfPlace();
    if (payload.length % 6 !== 0 || (flags & Flag.Ack && payload.length > 0)) throw wrongSize();
    if (flags & Flag.Ack) return;
    for (let at = 0; at < payload.length; at += 6) {
      const [setting, value] = [payload.readUInt16BE(at), payload.readUInt32BE(at + 2)];
      if (setting === Setting.InitialWindowSize) this.#sender.resizeWindows(value, this.#streams.values());
      else this.#sender.setting(setting, value);
    }
    this.#settled = true;
    this.#sender.settingsAck();
    this.#options.onSettings();
  }

  #ping(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw outOfPlace();
    if (payload.length !== 8) throw wrongSize();
    if ((flags & Flag.Ack) === 0) {
      this.#sender.pong(payload);
      return;
    }
    const onPong = this.#onPong;
    this.#onPong = undefined;
    onPong?.();
  }

  /** Streams above the last that the server names were not looked at: it says so as if it had refused each of them. */
  #goAway(streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw outOfPlace();
    if (payload.length < 8) throw wrongSize();
    const lastId = payload.readUInt32BE(0) & 0x7fffffff;
    this.#leaving = true;
    this.#options.onGoAway();
    for (const stream of [...this.#streams.values()]) {
      if (stream.id <= lastId) continue;
      this.#finish(stream, { complete: false, code: ErrorCode.RefusedStream, lost: undefined });
    }
    this.#closeIfDone();
  }

  #windowUpdate(streamId: number, payload: Buffer): void {
    const increment = uint32(payload, 4) & 0x7fffffff;
    if (streamId === 0) {
      const error = this.#sender.widen(increment);
      if (error !== undefined) throw new Http2Error(error, 'the server widened the connection by nothing, or too far');
      return;
    }
    this.#assertKnown(streamId);
    const stream = this.#streams.get(streamId);
    const error = stream && this.#sender.widenStream(stream, increment);
    if (stream !== undefined && error !== undefined) this.#streamError(stream, error);
  }

  #finish(stream: OpenStream, end: StreamEnd): void {
    this.#forget(stream);
    stream.sink.onEnd(end);
  }

  #forget(stream: OpenStream): void {
    this.#streams.delete(stream.id);
    this.#sender.drop(stream);
    this.#closeIfDone();
  }

  /** A connection that takes no more requests has done its work with its last stream. */
  #closeIfDone(): void {
    if (this.#leaving && !this.#ended && this.#streams.size === 0) this.#options.socket.destroy();
  }

  /** Throws if it is no stream that we have ever opened. */
  #assertKnown(streamId: number): void {
    if (streamId === 0 || streamId % 2 === 0 || streamId >= this.#nextId) throw outOfPlace();
  }
}

function uint32(payload: Buffer, length: number): number {
  if (payload.length !== length) throw wrongSize();
  return payload.readUInt32BE(0);
}

function wrongSize(): Http2Error {
  return new Http2Error(ErrorCode.FrameSizeError, 'the server sent a frame of a wrong size');
}
