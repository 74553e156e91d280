import type { Http2Connection } from '../http2/connection.ts';
import { ErrorCode, type Headers } from '../http2/protocol.ts';
import type { Http2Sink, StreamEnd } from '../http2/stream.ts';
import { type HttpRequest, type StreamSink, TransportError } from '../kube/client/transport.ts';

/** A server that refuses a stream says that it has not looked at it; so often it is sent again before that is an error. */
const maxRefusals = 3;

export interface Http2ExchangeOptions {
  request: HttpRequest;
  sink: StreamSink;
  /** Has no end that anybody waits for, as a watch. */
  isStream: boolean;
  /** Stands before every path. */
  server: { readonly scheme: string; readonly authority: string; readonly pathPrefix: string };
  /** Called once, when it is over in any way. */
  onSettled: (exchange: Http2Exchange) => void;
}

/** Told when an exchange's stream no longer counts; `again`: the server has not looked at it, it is to be started anew. */
export interface ExchangeHost {
  left(exchange: Http2Exchange, again: boolean): void;
}

/** One request and its answer, from the queue to the end of its stream. */
export class Http2Exchange implements Http2Sink {
  /** Resolves at the clean end of the answer, rejects with TransportError. */
  readonly done: Promise<void>;
  readonly #options: Http2ExchangeOptions;
  #resolve: () => void = () => {};
  #reject: (error: TransportError) => void = () => {};
  #host: ExchangeHost | undefined;
  #connection: Http2Connection | undefined;
  #streamId = 0;
  #settled = false;
  #answered = false;
  #abandoned = false;
  #refusals = 0;

  constructor(options: Http2ExchangeOptions) {
    this.#options = options;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.request.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Opens a stream for it. Throws if its headers cannot be sent. */
  start(connection: Http2Connection, host: ExchangeHost): void {
    const { request, server } = this.#options;
    const headers = {
      ':method': request.method,
      ':scheme': server.scheme,
      ':authority': server.authority,
      ':path': server.pathPrefix + request.path,
      ...request.headers,
    };
    this.#streamId = connection.request(headers, request.body, this, request.wanted);
    this.#connection = connection;
    this.#host = host;
  }

  /** True while it has a stream: the server may have seen it. */
  get sent(): boolean {
    return this.#connection !== undefined;
  }

  /** False if it has waited too long to be sent still. */
  get wanted(): boolean {
    return this.#options.request.wanted?.() !== false;
  }

  get isStream(): boolean {
    return this.#options.isStream;
  }

  /** It was called off while it waited for an answer. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Ends it without an answer, whether it waits or runs. */
  fail(error: TransportError): void {
    if (!this.#settle()) return;
    this.#reject(error);
    if (this.#connection === undefined) return;
    this.#connection.cancel(this.#streamId);
    this.#leave(false);
  }

  onHeaders(headers: Headers): void {
    this.#answered = true;
    this.#options.sink.onResponse(Number(headers[':status'] ?? 0), headers);
  }

  onData(chunk: Buffer): void {
    if (!this.#settled) this.#options.sink.onData(chunk);
  }

  onTrailers(): void {}

  onEnd({ complete, code, lost }: StreamEnd): void {
    if (code === ErrorCode.RefusedStream && !this.#answered && ++this.#refusals < maxRefusals) {
      this.#leave(true);
      return;
    }
    this.#settle();
    if (complete) {
      this.#resolve();
    } else {
      const why = lost?.message ?? `the stream was closed with code ${code}`;
      const sent = code !== ErrorCode.RefusedStream;
      this.#reject(new TransportError('broken', `the connection broke: ${why}`, { sent, cause: lost }));
    }
    this.#leave(false);
  }

  readonly #abort = (): void => {
    this.#abandoned = this.sent && !this.#answered;
    this.fail(new TransportError('aborted', 'the request was called off', { sent: this.sent }));
  };

  #leave(again: boolean): void {
    const host = this.#host;
    this.#connection = undefined;
    this.#host = undefined;
    host?.left(this, again);
  }

  /** False if it was settled before. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    const { request, onSettled } = this.#options;
    request.signal?.removeEventListener('abort', this.#abort);
    onSettled(this);
    return true;
  }
}
