import { type ClientHttp2Session, type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import type { Clock, Timer } from '../base/clock.ts';
import { Code, CsiError } from '../csi/errors.ts';
import { AnswerReader, encodeTimeout, frame, outcome, speaksGrpc } from '../csi/grpc-wire.ts';
import type { CallOptions } from '../csi/transport.ts';

/** What happened to an attempt to open the call's stream. */
export type Start = 'started' | 'connection closed';

export interface GrpcCallOptions {
  method: string;
  request: Uint8Array;
  limits: CallOptions;
  clock: Clock;
  /** Called once, when the result is settled; the stream may still be closing. */
  onSettled: (call: GrpcCall) => void;
}

/** One unary call, from before it has a stream until it has an outcome. Its deadline runs all the time. */
export class GrpcCall {
  readonly result: Promise<Uint8Array>;
  readonly #method: string;
  readonly #request: Uint8Array;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #onSettled: (call: GrpcCall) => void;
  readonly #resolvers: PromiseWithResolvers<Uint8Array>;
  readonly #timer: Timer;
  readonly #onAbort = (): void => this.#giveUp(Code.Canceled, 'context canceled');
  #stream: ClientHttp2Stream | undefined;
  #settled = false;
  /** A stream that the server refused unprocessed is opened again, once. */
  #refusals = 0;

  constructor({ method, request, limits, clock, onSettled }: GrpcCallOptions) {
    this.#method = method;
    this.#request = request;
    this.#clock = clock;
    this.#deadlineMs = clock.monotonic() + limits.timeoutMs;
    this.#signal = limits.signal;
    this.#onSettled = onSettled;
    this.#resolvers = Promise.withResolvers();
    this.result = this.#resolvers.promise;
    this.#timer = clock.schedule(limits.timeoutMs, () =>
      this.#giveUp(Code.DeadlineExceeded, 'context deadline exceeded'),
    );
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /**
   * Sends the request. `onClosed` is called once when the stream is gone and its place is free again; `again` is then
   * true if the server refused the call unprocessed and it should be started once more.
   */
  start(session: ClientHttp2Session, onClosed: (again: boolean) => void): Start {
    const remainingMs = this.#deadlineMs - this.#clock.monotonic();
    let stream: ClientHttp2Stream;
    try {
      stream = session.request({
        ':method': 'POST',
        ':path': this.#method,
        ':scheme': 'http',
        ':authority': 'localhost',
        te: 'trailers',
        'content-type': 'application/grpc',
        'grpc-timeout': encodeTimeout(remainingMs),
        'user-agent': 'csi-attacher',
      });
    } catch {
      // The session began to close a moment ago and has not said so yet. Nothing was sent.
      return 'connection closed';
    }
    this.#stream = stream;
    this.#listen(session, stream, onClosed);
    stream.end(frame(this.#request));
    return 'started';
  }

  /** Ends a call that has no stream. */
  fail(error: CsiError): void {
    if (this.#settle()) this.#resolvers.reject(error);
  }

  #listen(session: ClientHttp2Session, stream: ClientHttp2Stream, onClosed: (again: boolean) => void): void {
    const answer = new AnswerReader();
    let headers: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders | undefined;
    let resetCode = 0;
    stream.on('response', (received) => {
      headers = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (chunk: Uint8Array) => {
      if (headers === undefined || !speaksGrpc(headers)) return;
      if (!answer.push(chunk)) stream.close(constants.NGHTTP2_CANCEL);
    });
    // Without a listener an error would end the process; what it was shows in the stream's code and the session's state.
    stream.on('error', () => {});
    stream.on('close', () => {
      resetCode = stream.rstCode ?? 0;
      const refused = resetCode === constants.NGHTTP2_REFUSED_STREAM && headers === undefined;
      const again = refused && !this.#settled && this.#refusals++ === 0;
      this.#stream = undefined;
      if (!again) this.#finish({ headers, trailers, answer, resetCode, connectionLost: session.destroyed });
      onClosed(again);
    });
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
    const stream = this.#stream;
    const sent = stream !== undefined;
    const text = sent ? message : `${message} before the call could be sent to the driver`;
    if (!this.#settle()) return;
    this.#resolvers.reject(new CsiError(code, text, { local: true, sent }));
    stream?.close(constants.NGHTTP2_CANCEL);
  }

  /** False if there is an outcome already. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#timer.cancel();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#onSettled(this);
    return true;
  }
}
