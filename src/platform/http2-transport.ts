import type { Clock } from '../base/clock.ts';
import type { Exchange, PoolRequest, RequestError } from '../http2/exchange.ts';
import { Http2Pool } from '../http2/pool.ts';
import type { Headers } from '../http2/protocol.ts';
import type { Access } from '../kube/access/access.ts';
import {
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  type StreamSink,
  TransportError,
} from '../kube/client/transport.ts';
import { dialServer } from './dial.ts';

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

/** Pages of a list are a MiB: windows that let them come without a round trip for each 64 KiB. */
const windows = { streamWindowBytes: 1024 * 1024, connectionWindowBytes: 8 * 1024 * 1024 };

/** HTTP/2 to the API server. */
export class Http2Transport implements HttpTransport {
  readonly #pool: Http2Pool;
  readonly #server: Server;

  constructor(options: Http2TransportOptions) {
    const { access, clock, connectTimeoutMs = 10_000, pingIntervalMs = 15_000, pingTimeoutMs = 10_000 } = options;
    const { protocol, host, origin, pathname } = access.server;
    this.#server = { origin, scheme: protocol.slice(0, -1), authority: host, pathPrefix: pathname.replace(/\/+$/, '') };
    this.#pool = new Http2Pool({
      ...{ dial: dialServer(access), clock, connectTimeoutMs, ...windows, drainTimeoutMs: 30_000, maxAttempts: 3 },
      ping: {
        intervalMs: pingIntervalMs,
        timeoutMs: pingTimeoutMs,
        suspicionTimeoutMs: options.suspicionTimeoutMs ?? 2_000,
      },
    });
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const answer = new Answer();
    await this.#send(request, answer, false);
    return answer.response();
  }

  stream(request: HttpRequest, sink: StreamSink): Promise<void> {
    return this.#send(request, sink, true);
  }

  close(): void {
    this.#pool.close();
  }

  #send(request: HttpRequest, sink: StreamSink, isEndless: boolean): Promise<void> {
    if (request.signal?.aborted) return Promise.reject(cancelled(false));
    const call = new Call(request, sink, isEndless, this.#server);
    call.send(this.#pool);
    return call.done;
  }
}

interface Server {
  readonly origin: string;
  readonly scheme: string;
  readonly authority: string;
  /** Stands before every path. */
  readonly pathPrefix: string;
}

/** One request: what the pool asks of it, told to a sink and a promise. */
class Call implements PoolRequest {
  /** Resolves at the clean end of the answer, rejects with TransportError. */
  readonly done: Promise<void>;
  readonly isEndless: boolean;
  readonly #request: HttpRequest;
  readonly #sink: StreamSink;
  readonly #server: Server;
  #resolve: () => void = () => {};
  #reject: (error: TransportError) => void = () => {};
  #exchange: Exchange | undefined;

  constructor(request: HttpRequest, sink: StreamSink, isEndless: boolean, server: Server) {
    this.#request = request;
    this.#sink = sink;
    this.isEndless = isEndless;
    this.#server = server;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  send(pool: Http2Pool): void {
    this.#request.signal?.addEventListener('abort', this.#abort, { once: true });
    this.#exchange = pool.send(this);
  }

  headers(): Headers {
    const { scheme, authority, pathPrefix } = this.#server;
    const { method, path, headers } = this.#request;
    return { ':method': method, ':scheme': scheme, ':authority': authority, ':path': pathPrefix + path, ...headers };
  }

  get body(): Uint8Array | undefined {
    return this.#request.body;
  }

  get wanted(): (() => boolean) | undefined {
    return this.#request.wanted;
  }

  onHeaders(headers: Headers): void {
    this.#sink.onResponse(Number(headers[':status'] ?? 0), headers);
  }

  onData(chunk: Buffer): void {
    this.#sink.onData(chunk);
  }

  onTrailers(): void {}

  onEnd(error: RequestError | undefined): void {
    this.#request.signal?.removeEventListener('abort', this.#abort);
    if (error === undefined) this.#resolve();
    else this.#reject(this.#transportError(error));
  }

  readonly #abort = (): void => {
    const sent = this.#exchange?.sent === true;
    this.#exchange?.cancel();
    this.#reject(cancelled(sent));
  };

  #transportError({ kind, message, sent, cause }: RequestError): TransportError {
    switch (kind) {
      case 'connect':
        return new TransportError('refused', `cannot connect to ${this.#server.origin}: ${message}`, { sent, cause });
      case 'invalid':
        return new TransportError('refused', `the request was not sent: ${message}`, { sent, cause });
      case 'unwanted':
        return new TransportError('aborted', message, { sent });
      case 'closed':
        return new TransportError('closed', 'the connection to the API server is closed', { sent });
      case 'draining':
        return new TransportError('broken', message, { sent });
      default:
        return new TransportError('broken', `the connection broke: ${message}`, { sent, cause });
    }
  }
}

function cancelled(sent: boolean): TransportError {
  return new TransportError('aborted', 'the request was cancelled', { sent });
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
