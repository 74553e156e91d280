import type { Credentials } from '../../src/kube/access/credentials.ts';
import {
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  type StreamSink,
  TransportError,
} from '../../src/kube/client/transport.ts';

/** A stream that the code under test has opened, and that the test plays the server of. */
export class FakeStream {
  readonly request: HttpRequest;
  readonly #sink: StreamSink;
  readonly #resolve: () => void;
  readonly #reject: (error: TransportError) => void;
  #ended = false;

  constructor(request: HttpRequest, sink: StreamSink, resolve: () => void, reject: (error: TransportError) => void) {
    this.request = request;
    this.#sink = sink;
    this.#resolve = resolve;
    this.#reject = reject;
    request.signal?.addEventListener('abort', () => this.break('aborted'), { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  open(status = 200, headers: HttpHeaders = { 'content-type': 'application/json' }): this {
    this.#sink.onResponse(status, headers);
    return this;
  }

  data(chunk: Uint8Array | string): this {
    this.#sink.onData(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    return this;
  }

  /** One line of a JSON watch. */
  event(type: string, object: unknown): this {
    return this.data(`${JSON.stringify({ type, object })}\n`);
  }

  end(): void {
    this.#ended = true;
    this.#resolve();
  }

  break(kind: TransportError['kind'] = 'broken'): void {
    this.#ended = true;
    this.#reject(new TransportError(kind, `stream ${kind}`, { sent: true }));
  }
}

export type Answer = HttpResponse | TransportError | 'never';

/** A transport whose server is the test: it answers with what `answer` says, and keeps the streams for the test. */
export class FakeTransport implements HttpTransport {
  readonly requests: HttpRequest[] = [];
  readonly streams: FakeStream[] = [];
  answer: (request: HttpRequest) => Answer | Promise<Answer>;
  closed = false;

  constructor(answer: (request: HttpRequest) => Answer | Promise<Answer> = () => json(404, {})) {
    this.answer = answer;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    this.requests.push(request);
    const answer = await this.answer(request);
    if (answer instanceof TransportError) throw answer;
    if (answer !== 'never') return answer;
    return await new Promise((_, reject) => {
      const abort = (): void => reject(new TransportError('aborted', 'request aborted', { sent: true }));
      if (request.signal?.aborted) abort();
      request.signal?.addEventListener('abort', abort, { once: true });
    });
  }

  stream(request: HttpRequest, sink: StreamSink): Promise<void> {
    this.requests.push(request);
    return new Promise((resolve, reject) => {
      this.streams.push(new FakeStream(request, sink, resolve, reject));
    });
  }

  close(): void {
    this.closed = true;
  }

  /** The stream opened last. */
  get lastStream(): FakeStream {
    const stream = this.streams.at(-1);
    if (stream === undefined) throw new Error('no stream was opened');
    return stream;
  }
}

export function json(status: number, body: unknown, headers: HttpHeaders = {}): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** A refusal as the API server words it. */
export function refusal(code: number, reason: string, message: string, headers: HttpHeaders = {}): HttpResponse {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return json(code, status, headers);
}

/** Credentials beside it: a token that never changes. */
export function staticToken(token: string): Credentials {
  return { token: () => token, refused: () => {} };
}
