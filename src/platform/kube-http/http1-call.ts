import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { type HttpHeaders, type HttpRequest, type StreamSink, TransportError } from '../../kube/client/transport.ts';
import type { ServerAgent } from './server-agent.ts';

interface Http1CallOptions {
  readonly request: HttpRequest;
  readonly sink: StreamSink;
  readonly clock: Clock;
  readonly startRequest: (options: RequestOptions) => ClientRequest;
  /** Called once, when it is over. */
  readonly onEnd: (call: Http1Call) => void;
}

/** One request over HTTP/1.1, from the waiting line to the end of its answer. */
export class Http1Call {
  /** Resolves at the clean end of the answer, rejects with TransportError. */
  readonly done: Promise<void>;
  readonly #options: Http1CallOptions;
  #resolve: () => void = () => {};
  #reject: (error: TransportError) => void = () => {};
  #request: ClientRequest | undefined;
  #sent = false;
  #answered = false;
  #complete = false;
  #abandoned = false;
  #over = false;
  #error: Error | undefined;
  #startedAt = 0;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(options: Http1CallOptions) {
    this.#options = options;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal } = options.request;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  get over(): boolean {
    return this.#over;
  }

  /** It was cancelled while it waited for an answer. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Monotonic time in milliseconds. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** When anything came last; monotonic time in milliseconds. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Asks whether it is still wanted; if not, it is over. */
  isWanted(): boolean {
    if (this.#over) return false;
    if (this.#options.request.wanted?.() !== false) return true;
    this.fail('aborted', 'the request is no longer wanted');
    return false;
  }

  start(agent: ServerAgent): void {
    const { request, clock, startRequest } = this.#options;
    const { method, path, headers, body } = request;
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    this.#startedAt = clock.monotonic();
    const started = startRequest({ agent, method, path, headers: { ...headers, ...length }, setHost: false });
    this.#request = started;
    this.#error = undefined;
    started.on('socket', (socket) => this.#send(started, agent.serverOf(socket)));
    started.on('response', (response) => this.#receive(response));
    started.on('error', (error) => {
      this.#error ??= error;
    });
    started.on('close', () => this.#closed(started, agent));
  }

  /** Ends it, wherever it is. */
  fail(kind: TransportError['kind'], message: string, cause?: unknown): void {
    if (this.#over) return;
    this.#end();
    this.#reject(new TransportError(kind, message, { sent: this.#sent, cause }));
    this.#request?.destroy();
    this.#options.onEnd(this);
  }

  /** It has a connection: what it asks goes onto the wire now, or not at all. */
  #send(started: ClientRequest, server: URL | undefined): void {
    if (server === undefined || !this.isWanted()) return;
    // Only now is it known where the connection leads.
    started.setHeader('host', server.host);
    started.path = server.pathname.replace(/\/+$/, '') + started.path;
    this.#sent = true;
    started.end(this.#options.request.body);
  }

  #receive(response: IncomingMessage): void {
    const { sink } = this.#options;
    if (this.#over) return;
    this.#answered = true;
    this.#heard();
    response.on('error', (error) => {
      this.#error ??= error;
    });
    response.on('data', (chunk: Buffer) => {
      if (this.#over) return;
      this.#heard();
      sink.onData(chunk);
    });
    response.on('end', () => {
      this.#complete = response.complete;
    });
    sink.onResponse(response.statusCode ?? 0, oneEach(response.headers));
  }

  #heard(): void {
    this.#heardAt = this.#options.clock.monotonic();
  }

  /** The connection is free again, or gone. */
  #closed(started: ClientRequest, agent: ServerAgent): void {
    if (this.#over || this.#request !== started) return;
    if (this.#complete) {
      this.#end();
      this.#resolve();
      this.#options.onEnd(this);
      return;
    }
    const reason = this.#error?.message ?? 'the server closed the connection';
    if (!this.#sent) {
      this.fail('refused', reason, this.#error);
      return;
    }
    // The server may close a connection that was not in use in the very moment in which it is used again.
    if (started.reusedSocket && !this.#answered && this.#options.request.method === 'GET') {
      this.#sent = false;
      this.start(agent);
      return;
    }
    this.fail('broken', `the connection broke: ${reason}`, this.#error);
  }

  #end(): void {
    this.#over = true;
    this.#options.request.signal?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => {
    this.#abandoned = this.#sent && !this.#answered;
    this.fail('aborted', 'the request was cancelled');
  };
}

/** A header that came more than once, as one. */
function oneEach(headers: IncomingHttpHeaders): HttpHeaders {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return all;
}
