import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { type HttpHeaders, type HttpRequest, type StreamSink, TransportError } from '../kube/transport.ts';

/** A server that refuses a stream says that it has not looked at it; so often it is sent again before that is an error. */
const maxRefusals = 3;

export interface Http2ExchangeOptions {
  request: HttpRequest;
  sink: StreamSink;
  /** Has no end that anybody waits for, as a watch. */
  isStream: boolean;
  /** Stands before every path. */
  pathPrefix: string;
  /** Called once, when it is over in any way. */
  onSettled: (exchange: Http2Exchange) => void;
}

/** One request and its answer, from the queue to the end of its stream. */
export class Http2Exchange {
  /** Resolves at the clean end of the answer, rejects with TransportError. */
  readonly done: Promise<void>;
  readonly #options: Http2ExchangeOptions;
  #resolve: () => void = () => {};
  #reject: (error: TransportError) => void = () => {};
  #stream: ClientHttp2Stream | undefined;
  #settled = false;
  #answered = false;
  #ended = false;
  #abandoned = false;
  #refusals = 0;
  #streamError: Error | undefined;

  constructor(options: Http2ExchangeOptions) {
    this.#options = options;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.request.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /**
   * Opens a stream for it. Throws if the session takes no more. `onClosed` is called when the stream no longer counts;
   * with true if the exchange has to be started again, because the server has not looked at it.
   */
  start(session: ClientHttp2Session, onClosed: (again: boolean) => void): void {
    const { request, pathPrefix } = this.#options;
    const headers = { ':method': request.method, ':path': pathPrefix + request.path, ...request.headers };
    const stream = session.request(headers, { endStream: request.body === undefined });
    this.#stream = stream;
    this.#ended = false;
    this.#streamError = undefined;
    stream.on('response', (answer) => {
      this.#answered = true;
      // Node gives no arrays but for set-cookie, which no API server sends.
      if (!this.#settled) this.#options.sink.onResponse(answer[':status'] ?? 0, answer as unknown as HttpHeaders);
    });
    stream.on('data', (chunk: Buffer) => {
      if (!this.#settled) this.#options.sink.onData(chunk);
    });
    stream.on('end', () => {
      this.#ended = true;
    });
    stream.on('error', (error: Error) => {
      this.#streamError = error;
    });
    stream.on('close', () => onClosed(this.#streamClosed(stream.rstCode ?? constants.NGHTTP2_NO_ERROR)));
    if (request.body !== undefined) stream.end(request.body);
  }

  /** True while it has a stream: the server may have seen it. */
  get sent(): boolean {
    return this.#stream !== undefined;
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
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  }

  readonly #abort = (): void => {
    this.#abandoned = this.sent && !this.#answered;
    this.fail(new TransportError('aborted', 'the request was called off', { sent: this.sent }));
  };

  /** Returns true if it has to be started again. */
  #streamClosed(code: number): boolean {
    if (this.#settled) return false;
    this.#stream = undefined;
    if (code === constants.NGHTTP2_REFUSED_STREAM && !this.#answered && ++this.#refusals < maxRefusals) return true;
    this.#settle();
    if (this.#answered && this.#ended && code === constants.NGHTTP2_NO_ERROR && this.#streamError === undefined) {
      this.#resolve();
      return false;
    }
    const why = this.#streamError?.message ?? `the stream was closed with code ${code}`;
    const sent = code !== constants.NGHTTP2_REFUSED_STREAM;
    this.#reject(new TransportError('broken', `the connection broke: ${why}`, { sent, cause: this.#streamError }));
    return false;
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
