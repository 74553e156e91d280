import type { Clock } from '../base/clock.ts';
import type { Access } from '../kube/access/access.ts';
import {
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  type StreamSink,
  TransportError,
} from '../kube/client/transport.ts';
import { Http2Exchange } from './http2-exchange.ts';
import { Http2Link } from './http2-link.ts';

export interface Http2TransportOptions {
  access: Pick<Access, 'server' | 'tls'>;
  clock: Clock;
  /** How long a connection may take from the first packet to the server's settings. 10 seconds unless told. */
  connectTimeoutMs?: number;
  /** The time between two PINGs, and for the answer to one. 15 and 10 seconds unless told. */
  pingIntervalMs?: number;
  pingTimeoutMs?: number;
  /** The time for the answer to a PING that is sent because a request was given up unanswered. 2 seconds unless told. */
  suspicionTimeoutMs?: number;
}

/**
 * HTTP/2 to the API server over one connection, opened by the first request and again by the first one after it was
 * lost. Requests beyond what the server takes at once wait in line.
 */
export class Http2Transport implements HttpTransport {
  readonly #options: Http2TransportOptions;
  readonly #server: { scheme: string; authority: string; pathPrefix: string };
  /** All that are not over. */
  readonly #exchanges = new Set<Http2Exchange>();
  /** Those of them without a stream, first come first served. */
  #waiting = new Set<Http2Exchange>();
  /** The connection for new exchanges: none, one that is being prepared (its TLS files are read), or a link. */
  #link: Http2Link | 'preparing' | undefined;
  /** All that are not over, also those that only serve their last streams. */
  readonly #links = new Set<Http2Link>();
  #closed = false;

  constructor(options: Http2TransportOptions) {
    this.#options = options;
    const { protocol, host, pathname } = options.access.server;
    this.#server = { scheme: protocol.slice(0, -1), authority: host, pathPrefix: pathname.replace(/\/+$/, '') };
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const answer = new Answer();
    await this.#exchange(request, answer, false);
    return answer.response();
  }

  stream(request: HttpRequest, sink: StreamSink): Promise<void> {
    return this.#exchange(request, sink, true);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // First, since a stream whose session is destroyed by us looks as if it had ended well.
    for (const exchange of [...this.#exchanges]) exchange.fail(closedError(exchange.sent));
    for (const link of this.#links) link.destroy();
  }

  #exchange(request: HttpRequest, sink: StreamSink, isStream: boolean): Promise<void> {
    if (this.#closed) return Promise.reject(closedError(false));
    if (request.signal?.aborted) {
      return Promise.reject(new TransportError('aborted', 'the request was called off', { sent: false }));
    }
    const exchange = new Http2Exchange({
      request,
      sink,
      isStream,
      server: this.#server,
      onSettled: (settled) => {
        this.#exchanges.delete(settled);
        this.#waiting.delete(settled);
      },
    });
    this.#exchanges.add(exchange);
    this.#waiting.add(exchange);
    this.#pump();
    return exchange.done;
  }

  /** Gives streams to waiting exchanges, as many as the server allows. */
  #pump(): void {
    if (this.#closed || this.#waiting.size === 0) return;
    if (this.#link === undefined) void this.#connect();
    if (!(this.#link instanceof Http2Link)) return;
    const link = this.#link;
    for (const exchange of this.#waiting) {
      if (!link.hasRoom) return;
      if (!exchange.wanted) {
        exchange.fail(new TransportError('aborted', 'the request is no longer wanted', { sent: false }));
        continue;
      }
      if (!link.start(exchange)) {
        this.#abandon(link);
        return;
      }
      this.#waiting.delete(exchange);
    }
  }

  async #connect(): Promise<void> {
    this.#link = 'preparing';
    const { access, clock, connectTimeoutMs = 10_000, pingIntervalMs = 15_000, pingTimeoutMs = 10_000 } = this.#options;
    const { suspicionTimeoutMs = 2_000 } = this.#options;
    try {
      const tls = await access.tls();
      this.#link = undefined;
      if (this.#closed) return;
      this.#link = new Http2Link({
        ...{ server: access.server, tls, clock, connectTimeoutMs, pingIntervalMs, pingTimeoutMs, suspicionTimeoutMs },
        onRoom: () => this.#pump(),
        onLeaving: (link) => this.#abandon(link),
        onClosed: (link) => this.#lost(link),
        onRefused: (exchange) => {
          this.#waiting = new Set([exchange, ...this.#waiting]);
        },
      });
      this.#links.add(this.#link);
    } catch (error) {
      this.#link = undefined;
      this.#failWaiting(error);
    }
  }

  /** No new exchanges on this connection; what waits goes to the next one. */
  #abandon(link: Http2Link): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#pump();
  }

  #lost(link: Http2Link): void {
    this.#links.delete(link);
    const current = this.#link === link;
    if (current) this.#link = undefined;
    // The attempt was made for all who wait; none of them tries again by itself.
    if (current && !link.ready) this.#failWaiting(link.error ?? new Error('the server closed the connection'));
    this.#pump();
  }

  #failWaiting(cause: unknown): void {
    const message = `cannot connect to ${this.#options.access.server.origin}: ${describe(cause)}`;
    for (const exchange of [...this.#waiting]) {
      exchange.fail(new TransportError('refused', message, { sent: false, cause }));
    }
  }
}

function closedError(sent: boolean): TransportError {
  return new TransportError('closed', 'the connection to the API server is closed', { sent });
}

function describe(cause: unknown): string {
  // A host with several addresses fails with one error for each, and no message of its own.
  if (cause instanceof AggregateError) return cause.errors.map(describe).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}

/** Collects a whole answer. */
class Answer implements StreamSink {
  #status = 0;
  #headers: HttpHeaders = {};
  readonly #chunks: Uint8Array[] = [];

  onResponse(status: number, headers: HttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onData(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk)); // The connection uses the chunk again.
  }

  response(): HttpResponse {
    const [first = nothing, ...others] = this.#chunks;
    const body = others.length === 0 ? first : Buffer.concat(this.#chunks);
    return { status: this.#status, headers: this.#headers, body };
  }
}

const nothing = new Uint8Array(0);
