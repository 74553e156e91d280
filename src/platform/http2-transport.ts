import type { Duplex } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import type { Exchange, PoolRequest, RequestError } from '../http2/exchange.ts';
import { Http2Pool } from '../http2/pool.ts';
import type { Dial } from '../http2/pooled-connection.ts';
import type { Headers } from '../http2/protocol.ts';
import type { Access } from '../kube/access/access.ts';
import {
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  type StreamSink,
  TransportError,
} from '../kube/client/transport.ts';
import { Answer } from './answer.ts';
import { openConnection } from './dial.ts';

export interface Http2TransportOptions {
  access: Pick<Access, 'endpoint'>;
  clock: Clock;
  /**
   * Let a server choose HTTP/1.1: it then gets no requests, which end with `refused`, unsent, by WithoutHttp2. Without
   * it a server is to speak HTTP/2, without TLS too.
   */
  offerHttp1?: boolean;
  /** Called when a server has chosen HTTP/2. */
  onConnect?: () => void;
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

/** The server (or a proxy before it) does not speak HTTP/2. */
export class WithoutHttp2 extends Error {
  constructor() {
    super('the server (or a proxy before it) does not speak HTTP/2, which --kube-http=2 demands');
    this.name = 'WithoutHttp2';
  }
}

/** HTTP/2 to the API server. */
export class Http2Transport implements HttpTransport {
  readonly #pool: Http2Pool;
  readonly #options: Http2TransportOptions;
  /** Where the last connection was made to. */
  readonly #server = new Server();

  constructor(options: Http2TransportOptions) {
    const { clock, connectTimeoutMs = 10_000, pingIntervalMs = 15_000, pingTimeoutMs = 10_000 } = options;
    this.#options = options;
    this.#pool = new Http2Pool({
      dial: (receive, signal) => this.#dial(receive, signal),
      ...{ clock, connectTimeoutMs, ...windows, drainTimeoutMs: 30_000, maxAttempts: 3 },
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

  /** New requests go over a new connection; watches end, to be opened there. */
  redial(): void {
    this.#pool.redial();
  }

  close(): void {
    this.#pool.close();
  }

  async #dial(...[receive, signal]: Parameters<Dial>): Promise<Duplex> {
    const { access, offerHttp1 = false, onConnect } = this.#options;
    const endpoint = await access.endpoint();
    signal.throwIfAborted();
    this.#server.url = endpoint.server;
    const isSecure = endpoint.server.protocol === 'https:';
    // Without TLS nobody can say what he speaks; HTTP/1.1 is what Go's clients and servers take it for.
    if (!isSecure && offerHttp1) throw new WithoutHttp2();
    const protocols = offerHttp1 ? (['h2', 'http/1.1'] as const) : (['h2'] as const);
    const socket = await openConnection(endpoint, { protocols, receive, signal }).catch((error: unknown) => {
      throw isNoProtocol(error) ? new WithoutHttp2() : error;
    });
    if (isSecure && socket.alpnProtocol !== 'h2') {
      socket.destroy();
      throw new WithoutHttp2();
    }
    onConnect?.();
    return socket;
  }

  #send(request: HttpRequest, sink: StreamSink, isEndless: boolean): Promise<void> {
    if (request.signal?.aborted) return Promise.reject(cancelled(false));
    const call = new Call(request, sink, isEndless, this.#server);
    call.send(this.#pool);
    return call.done;
  }
}

/** What of the server's URL stands in requests and messages. */
class Server {
  url: URL | undefined;

  /** For messages. */
  get origin(): string {
    return this.url?.origin ?? 'the API server';
  }

  /** Only for a server that there is a connection to. */
  target(path: string): Headers {
    const { protocol = '', host = '', pathname = '' } = this.url ?? {};
    return { ':scheme': protocol.slice(0, -1), ':authority': host, ':path': pathname.replace(/\/+$/, '') + path };
  }
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
    const { method, path, headers } = this.#request;
    return { ':method': method, ...this.#server.target(path), ...headers };
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

/** The TLS alert of a server that speaks nothing of what was offered. */
function isNoProtocol(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';
}
