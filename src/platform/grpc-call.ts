import type { AbortListener, AbortListeners } from '../base/abort-listeners.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { Code, CsiError } from '../csi/errors.ts';
import { AnswerReader, encodeTimeout, frame, outcome, speaksGrpc } from '../csi/grpc-wire.ts';
import type { CallOptions } from '../csi/transport.ts';
import type { Http2Connection } from '../http2/connection.ts';
import { ErrorCode, type Headers } from '../http2/protocol.ts';
import type { Http2Sink, StreamEnd } from '../http2/stream.ts';

export interface GrpcCallOptions {
  method: string;
  request: Uint8Array;
  limits: CallOptions;
  clock: Clock;
  /** Shared by all calls of a transport. */
  abortListeners: AbortListeners;
  /** Called once, when the result is settled; the stream may still be closing. */
  onSettled: (call: GrpcCall) => void;
}

/** One unary call, from before it has a stream until it has an outcome. Its deadline runs all the time. */
export class GrpcCall implements Http2Sink, AbortListener {
  readonly result: Promise<Uint8Array>;
  readonly #method: string;
  readonly #request: Uint8Array;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #wanted: (() => boolean) | undefined;
  readonly #onSettled: (call: GrpcCall) => void;
  readonly #resolvers: PromiseWithResolvers<Uint8Array>;
  readonly #timer: Timer;
  readonly #abortListeners: AbortListeners;
  #connection: Http2Connection | undefined;
  #streamId = 0;
  #onClosed: (again: boolean) => void = () => {};
  #answer = new AnswerReader();
  #headers: Headers | undefined;
  #trailers: Headers | undefined;
  #settled = false;
  /** A stream that the server refused unprocessed is opened again, once. */
  #refusals = 0;

  constructor({ method, request, limits, clock, abortListeners, onSettled }: GrpcCallOptions) {
    this.#method = method;
    this.#request = request;
    this.#clock = clock;
    this.#deadlineMs = clock.monotonic() + limits.timeoutMs;
    this.#signal = limits.signal;
    this.#wanted = limits.wanted;
    this.#onSettled = onSettled;
    this.#resolvers = Promise.withResolvers();
    this.result = this.#resolvers.promise;
    this.#timer = clock.schedule(limits.timeoutMs, () =>
      this.#giveUp(Code.DeadlineExceeded, 'context deadline exceeded'),
    );
    this.#abortListeners = abortListeners;
    if (this.#signal !== undefined) abortListeners.add(this.#signal, this);
  }

  /** Whoever made the call has called it off. */
  calledOff(): void {
    this.#giveUp(Code.Canceled, 'context canceled');
  }

  /**
   * Sends the request. `onClosed` is called once when the stream is gone and its place is free again; `again` is then
   * true if the server refused the call unprocessed and it should be started once more.
   */
  start(connection: Http2Connection, onClosed: (again: boolean) => void): void {
    const remainingMs = this.#deadlineMs - this.#clock.monotonic();
    const headers = {
      ':method': 'POST',
      ':scheme': 'http',
      ':authority': 'localhost',
      ':path': this.#method,
      te: 'trailers',
      'content-type': 'application/grpc',
      'grpc-timeout': encodeTimeout(remainingMs),
      'user-agent': 'csi-attacher',
    };
    this.#streamId = connection.request(headers, frame(this.#request), this, this.#wanted);
    this.#connection = connection;
    this.#onClosed = onClosed;
  }

  /** False if it has waited too long to be sent still. */
  get wanted(): boolean {
    return this.#wanted?.() !== false;
  }

  /** Ends a call that has no stream. */
  fail(error: CsiError): void {
    if (this.#settle()) this.#resolvers.reject(error);
  }

  onHeaders(headers: Headers): void {
    this.#headers = headers;
  }

  onTrailers(headers: Headers): void {
    this.#trailers = headers;
  }

  onData(chunk: Buffer): void {
    if (this.#settled || this.#headers === undefined || !speaksGrpc(this.#headers)) return;
    // A copy, since the connection uses the chunk again.
    if (this.#answer.push(Buffer.from(chunk))) return;
    this.#connection?.cancel(this.#streamId);
    this.onEnd({ complete: false, code: ErrorCode.Cancel, lost: undefined });
  }

  onEnd({ code, lost }: StreamEnd): void {
    const refused = code === ErrorCode.RefusedStream && this.#headers === undefined;
    const again = refused && !this.#settled && this.#refusals++ === 0;
    this.#connection = undefined;
    if (!again) {
      const [headers, trailers, answer] = [this.#headers, this.#trailers, this.#answer];
      this.#finish({ headers, trailers, answer, resetCode: code, connectionLost: lost !== undefined });
    }
    this.#onClosed(again);
  }

  #finish(closed: Parameters<typeof outcome>[0]): void {
    if (!this.#settle()) return;
    try {
      this.#resolvers.resolve(outcome(closed));
    } catch (error) {
      this.#resolvers.reject(error);
    }
  }

  /** Stops waiting. The driver is told, but may go on. */
  #giveUp(code: Code, message: string): void {
    const connection = this.#connection;
    const sent = connection !== undefined;
    const text = sent ? message : `${message} before the call could be sent to the driver`;
    if (!this.#settle()) return;
    this.#resolvers.reject(new CsiError(code, text, { local: true, sent }));
    if (connection === undefined) return;
    this.#connection = undefined;
    connection.cancel(this.#streamId);
    this.#onClosed(false);
  }

  /** False if there is an outcome already. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#timer.cancel();
    if (this.#signal !== undefined) this.#abortListeners.remove(this.#signal, this);
    this.#onSettled(this);
    return true;
  }
}
