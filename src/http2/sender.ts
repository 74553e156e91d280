import type { Duplex } from 'node:stream';
import { HpackEncoder } from './hpack-encoder.ts';
import { Outbox } from './outbox.ts';
import {
  defaultFrameBytes,
  defaultWindowBytes,
  ErrorCode,
  Flag,
  FrameType,
  type Headers,
  Http2Error,
  largestFrameBytes,
  largestWindowBytes,
  preface,
  Setting,
} from './protocol.ts';
import { initialLimits, type OpenStream, type PeerLimits } from './stream.ts';

const pingPayload = 'liveness';

/**
 * Writes frames, within the limits that the other side has set. They are collected until the event loop has gone
 * through everything that it has to do at the moment, and while an earlier write is under way.
 */
export class Sender {
  readonly limits: PeerLimits = initialLimits(defaultFrameBytes);
  readonly #socket: Duplex;
  readonly #encoder = new HpackEncoder();
  /** The one that is filled; the other may be being written. */
  #outbox = new Outbox();
  #spare = new Outbox();
  #scheduled = false;
  #writing = false;
  #stopped = false;
  #window = defaultWindowBytes;
  /** What must still hold when that which is in the outbox goes out. */
  #conditions: (() => boolean)[] = [];
  /** Streams whose bodies wait for room in a window, in the order in which they began. */
  readonly #blocked = new Set<OpenStream>();

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  greet(streamWindowBytes: number, connectionWindowBytes: number): void {
    this.#outbox.text(preface);
    this.#outbox.frame(12, FrameType.Settings, 0, 0);
    this.#outbox.uint16(Setting.EnablePush);
    this.#outbox.uint32(0);
    this.#outbox.uint16(Setting.InitialWindowSize);
    this.#outbox.uint32(streamWindowBytes);
    // The connection's window begins at the default, which no setting changes; an update by nothing is a violation.
    if (connectionWindowBytes > defaultWindowBytes) this.windowUpdate(0, connectionWindowBytes - defaultWindowBytes);
    else this.#schedule();
  }

  headers(streamId: number, headers: Headers, endStream: boolean): void {
    const before = this.#outbox.length;
    const flags = endStream ? Flag.EndStream : 0;
    const start = this.#outbox.beginFrame(FrameType.Headers, flags | Flag.EndHeaders, streamId);
    try {
      this.#encoder.encode(headers, this.#outbox);
    } catch (error) {
      this.#outbox.takeBack(before);
      throw error;
    }
    this.#outbox.endFrame(start);
    if (this.#outbox.length - start > this.limits.frameBytes) {
      const block = this.#outbox.takeBack(start);
      this.#outbox.takeBack(before);
      this.#inPieces(block, streamId, flags);
    }
    this.#schedule();
  }

  /**
   * Between putting a request in and sending it a process may be stopped, by a signal or by its virtual machine, for
   * longer than what the request was decided on holds: a lease. It goes on as if no time had passed.
   */
  sendOnlyIf(condition: () => boolean): void {
    this.#conditions.push(condition);
  }

  /** Sends as much of the stream's body as may go, the rest when there is room. */
  body(stream: OpenStream): void {
    const { body } = stream;
    if (body === undefined) return;
    this.#schedule();
    for (;;) {
      const left = body.length - stream.bodySent;
      const size = Math.max(0, Math.min(left, this.limits.frameBytes, this.#window, stream.sendWindow));
      if (size === 0 && left > 0) {
        this.#blocked.add(stream);
        return;
      }
      this.#outbox.frame(size, FrameType.Data, size === left ? Flag.EndStream : 0, stream.id);
      this.#outbox.bytes(body, stream.bodySent, stream.bodySent + size);
      stream.bodySent += size;
      stream.sendWindow -= size;
      this.#window -= size;
      if (size === left) break;
    }
    stream.body = undefined;
    this.#blocked.delete(stream);
  }

  /** The stream is over: what is left of its body is not sent. */
  drop(stream: OpenStream): void {
    this.#blocked.delete(stream);
  }

  /** The server takes more on the connection. Returns the code of the error if it may not say so. */
  widen(increment: number): number | undefined {
    const error = incrementError(increment, this.#window);
    if (error !== undefined) return error;
    this.#window += increment;
    for (const stream of [...this.#blocked]) this.#goOn(stream);
    return undefined;
  }

  widenStream(stream: OpenStream, increment: number): number | undefined {
    const error = incrementError(increment, stream.sendWindow);
    if (error !== undefined) return error;
    stream.sendWindow += increment;
    if (this.#blocked.has(stream)) this.#goOn(stream);
    return undefined;
  }

  /** A new size of the window with which streams begin: it changes those that are open by as much. */
  resizeWindows(size: number, streams: Iterable<OpenStream>): void {
    const change = size - this.limits.streamWindow;
    this.limits.streamWindow = size;
    for (const stream of streams) {
      stream.sendWindow += change;
      if (stream.sendWindow > largestWindowBytes) throw tooWide();
    }
    if (size > largestWindowBytes) throw tooWide();
    for (const stream of [...this.#blocked]) this.#goOn(stream);
  }

  /** A setting of the server other than the size of windows; those that nobody here needs are ignored. */
  setting(setting: number, value: number): void {
    if (setting === Setting.MaxConcurrentStreams) this.limits.maxStreams = value;
    else if (setting === Setting.HeaderTableSize) this.#encoder.limitTable(value);
    else if (setting === Setting.MaxFrameSize && value >= defaultFrameBytes && value <= largestFrameBytes) {
      this.limits.frameBytes = value;
    } else if (setting === Setting.MaxFrameSize || (setting === Setting.EnablePush && value !== 0)) {
      throw new Http2Error(ErrorCode.ProtocolError, `the server set setting ${setting} to ${value}, which it may not`);
    }
  }

  settingsAck(): void {
    this.#outbox.frame(0, FrameType.Settings, Flag.Ack, 0);
    this.#schedule();
  }

  reset(streamId: number, code: number): void {
    this.#number(FrameType.RstStream, streamId, code);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.#number(FrameType.WindowUpdate, streamId, increment);
  }

  ping(): void {
    this.#outbox.frame(pingPayload.length, FrameType.Ping, 0, 0);
    this.#outbox.text(pingPayload);
    this.#schedule();
  }

  pong(payload: Uint8Array): void {
    this.#outbox.frame(payload.length, FrameType.Ping, Flag.Ack, 0);
    this.#outbox.bytes(payload);
    this.#schedule();
  }

  /** The last word. */
  goAway(code: number): void {
    this.#outbox.frame(8, FrameType.GoAway, 0, 0);
    this.#outbox.uint32(0);
    this.#outbox.uint32(code);
    this.#flush();
  }

  stop(): void {
    this.#stopped = true;
    this.#blocked.clear();
  }

  /** There may be room for what was held back. It may have waited long: whether it is wanted is asked once more. */
  #goOn(stream: OpenStream): void {
    const before = stream.bodySent;
    this.body(stream);
    if (stream.wanted !== undefined && stream.bodySent > before) this.sendOnlyIf(stream.wanted);
  }

  #number(type: number, streamId: number, value: number): void {
    this.#outbox.frame(4, type, 0, streamId);
    this.#outbox.uint32(value);
    this.#schedule();
  }

  #inPieces(block: Uint8Array, streamId: number, flags: number): void {
    const size = this.limits.frameBytes;
    for (let at = 0; at < block.length; at += size) {
      const end = Math.min(block.length, at + size);
      const last = end === block.length ? Flag.EndHeaders : 0;
      const first = at === 0;
      const type = first ? FrameType.Headers : FrameType.Continuation;
      this.#outbox.frame(end - at, type, (first ? flags : 0) | last, streamId);
      this.#outbox.bytes(block, at, end);
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#writing || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#writing || this.#stopped || this.#outbox.length === 0) return;
    const conditions = this.#conditions;
    this.#conditions = [];
    if (!conditions.every((holds) => holds())) {
      // One request cannot be taken back alone: later headers build on what its headers have said.
      this.#socket.destroy(new Error('what was about to be sent is no longer wanted'));
      return;
    }
    const full = this.#outbox;
    this.#outbox = this.#spare;
    this.#spare = full;
    this.#writing = true;
    this.#socket.write(full.view(), () => {
      full.clear();
      this.#writing = false;
      this.#flush();
    });
  }
}

function tooWide(): Http2Error {
  return new Http2Error(ErrorCode.FlowControlError, 'the server set a window of more than 2^31-1 bytes');
}

function incrementError(increment: number, window: number): number | undefined {
  if (increment === 0) return ErrorCode.ProtocolError;
  return window + increment > largestWindowBytes ? ErrorCode.FlowControlError : undefined;
}
