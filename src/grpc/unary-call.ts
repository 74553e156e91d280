import type { AbortListener, AbortListeners } from '../base/abort-listeners.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Exchange, PoolRequest, RequestError } from '../http2/exchange.ts';
import type { Http2Pool } from '../http2/pool.ts';
import { ErrorCode, type Headers } from '../http2/protocol.ts';
import { AnswerReader, encodeTimeout, frame, type Gunzip } from './framing.ts';
import { type ClosedStream, outcome, speaksGrpc } from './outcome.ts';
import { Code, StatusError } from './status.ts';

export interface CallOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /**
   * Asked when the request goes onto the wire, which may be long after the call: false, and it is not sent; the call
   * rejects with CANCELLED or UNAVAILABLE.
   */
  wanted?: (() => boolean) | undefined;
}

/** Who is called, and with what. */
export interface GrpcPeer {
  clock: Clock;
  /** Its name and where it is, for errors: "the driver" at "/csi/csi.sock". */
  name: string;
  address: string;
  gunzip: Gunzip;
  /** What it is told of us. */
  userAgent: string;
}

interface UnaryCallOptions {
  method: string;
  message: Uint8Array;
  limits: CallOptions;
  peer: GrpcPeer;
  /** Shared by all calls of a channel. */
  abortListeners: AbortListeners;
}

/** One unary call, from before it has a stream until it has an outcome. Its deadline runs all the time. */
export class UnaryCall implements PoolRequest, AbortListener {
  readonly result: Promise<Uint8Array>;
  readonly body: Uint8Array;
  readonly isEndless = false;
  readonly #options: UnaryCallOptions;
  readonly #deadlineMs: number;
  readonly #resolvers: PromiseWithResolvers<Uint8Array>;
  readonly #timer: Timer;
  readonly #answer: AnswerReader;
  #exchange: Exchange | undefined;
  #headers: Headers | undefined;
  #trailers: Headers | undefined;
  /** False if the answer's content is that of something else, whose length nobody knows. */
  #isGrpc = false;
  #settled = false;

  constructor(options: UnaryCallOptions) {
    const { abortListeners, limits, message, peer } = options;
    const { clock, gunzip, name } = peer;
    this.#options = options;
    this.body = frame(message);
    this.#answer = new AnswerReader(name, gunzip);
    this.#deadlineMs = clock.monotonic() + limits.timeoutMs;
    this.#resolvers = Promise.withResolvers();
    this.result = this.#resolvers.promise;
    this.#timer = clock.schedule(limits.timeoutMs, () =>
      this.#giveUp(Code.DeadlineExceeded, 'context deadline exceeded'),
    );
    if (limits.signal !== undefined) abortListeners.add(limits.signal, this);
  }

  send(pool: Http2Pool): void {
    this.#exchange = pool.send(this);
  }

  /** Whoever made the call has cancelled it. */
  cancelled(): void {
    this.#giveUp(Code.Canceled, 'context canceled');
  }

  headers(): Headers {
    const { method, peer } = this.#options;
    return {
      ':method': 'POST',
      ':scheme': 'http',
      ':authority': 'localhost',
      ':path': method,
      te: 'trailers',
      'content-type': 'application/grpc',
      'grpc-accept-encoding': 'identity,gzip',
      'grpc-timeout': encodeTimeout(this.#deadlineMs - peer.clock.monotonic()),
      'user-agent': peer.userAgent,
    };
  }

  get wanted(): (() => boolean) | undefined {
    return this.#options.limits.wanted;
  }

  onHeaders(headers: Headers): void {
    this.#headers = headers;
    this.#isGrpc = speaksGrpc(headers);
  }

  onTrailers(headers: Headers): void {
    this.#trailers = headers;
  }

  onData(chunk: Buffer): void {
    // A copy, since the connection uses the chunk again.
    if (!this.#isGrpc || this.#answer.push(Buffer.from(chunk))) return;
    this.#exchange?.cancel();
    this.#close(ErrorCode.Cancel, false);
  }

  onEnd(error: RequestError | undefined): void {
    const refused = error && refusal(error, this.#options.peer);
    if (refused === undefined)
      this.#close(error?.code ?? ErrorCode.NoError, error !== undefined && error.kind !== 'reset');
    else if (this.#settle()) this.#resolvers.reject(refused);
  }

  /** The stream is over: what came of it is the outcome. */
  #close(resetCode: number, connectionLost: boolean): void {
    if (!this.#settle()) return;
    const closed: ClosedStream = {
      ...{ peer: this.#options.peer.name, headers: this.#headers, trailers: this.#trailers, answer: this.#answer },
      ...{ resetCode, connectionLost },
    };
    try {
      this.#resolvers.resolve(outcome(closed));
    } catch (error) {
      this.#resolvers.reject(error);
    }
  }

  /** Stops waiting. The server is told, but may go on. */
  #giveUp(code: Code, message: string): void {
    if (!this.#settle()) return;
    const sent = this.#exchange?.sent === true;
    const text = sent ? message : `${message} before the call could be sent to ${this.#options.peer.name}`;
    this.#resolvers.reject(new StatusError(code, text, { local: true, sent }));
    this.#exchange?.cancel();
  }

  /** False if there is an outcome already. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#timer.cancel();
    const { abortListeners, limits } = this.#options;
    if (limits.signal !== undefined) abortListeners.remove(limits.signal, this);
    return true;
  }
}

/** What becomes of a call that had no stream, or whose channel was closed; undefined for those whose stream ended. */
function refusal({ kind, message, sent, cause }: RequestError, { address, name }: GrpcPeer) {
  const made = (code: Code, text: string) => new StatusError(code, text, { local: true, sent, cause });
  switch (kind) {
    case 'connect':
      return made(Code.Unavailable, `cannot connect to ${name} at ${address}: ${message}`);
    case 'closed':
      return made(Code.Unavailable, `the connection to ${name} is closed`);
    case 'unwanted':
      return made(Code.Canceled, 'no longer wanted');
    case 'invalid':
      return made(Code.Internal, message);
    default:
      return undefined;
  }
}
