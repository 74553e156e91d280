/** The embedded API server on a real socket: HTTP/2 and HTTP/1.1 over TLS. */
import type { EventEmitter } from 'node:events';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../src/base/clock.ts';
import type { AnswerHeaders, CoreAnswer, CoreRequest } from './answers.ts';
import type { ServerCertificate } from './certificates.ts';
import type { ApiServer } from './core.ts';

export interface HttpsOptions {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly certificate: ServerCertificate;
  /** 0: any that is free. */
  readonly port: number;
  readonly host: string;
}

/** As Kubernetes' server has it. */
const maxStreams = 250;
const maxBodyBytes = 3 * 1024 * 1024;

export class HttpsFace {
  readonly #server: Http2SecureServer;
  readonly #options: HttpsOptions;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();

  constructor(options: HttpsOptions) {
    this.#options = options;
    const { keyPem, certPem } = options.certificate;
    const settings = { maxConcurrentStreams: maxStreams, initialWindowSize: 256 * 1024 };
    this.#server = createSecureServer({ key: keyPem, cert: certPem, allowHTTP1: true, settings });
    this.#server.on('request', (request, response) => this.#receive(request, response));
    this.#server.on('session', (session) => this.#keep(this.#sessions, session));
    this.#server.on('secureConnection', (socket: Socket) => this.#keep(this.#sockets, socket));
  }

  /** Resolves with the port once connections are accepted; rejects if the address is in use. */
  listen(): Promise<number> {
    const { port, host } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Breaks all connections, as the network does; new ones are accepted. */
  dropConnections(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends watches, connections and the server. */
  async close(): Promise<void> {
    this.#options.server.endWatches();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.dropConnections();
    await closed;
  }

  #keep<T extends EventEmitter>(all: Set<T>, one: T): void {
    all.add(one);
    one.on('close', () => all.delete(one));
    // A connection that breaks ends its requests; there is nobody to tell.
    one.on('error', () => {});
  }

  #receive(request: Http2ServerRequest, response: Http2ServerResponse): void {
    response.on('error', () => {});
    const { method } = request;
    if (method === 'GET' || method === 'HEAD') {
      request.resume();
      this.#answer(request, response, undefined);
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
    });
    request.on('error', () => {});
    request.on('end', () => {
      if (size > maxBodyBytes) return void response.writeHead(413).end();
      this.#answer(request, response, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
  }

  #answer(request: Http2ServerRequest, response: Http2ServerResponse, body: Uint8Array | undefined): void {
    // Of the headers that the server reads, none is sent more than once but Impersonate-Group, which Node joins.
    const headers = request.headers as CoreRequest['headers'];
    const asked: CoreRequest = { method: request.method, path: request.url, headers, body };
    this.#send(response, this.#options.server.handle(asked));
  }

  #send(response: Http2ServerResponse, answer: CoreAnswer): void {
    switch (answer.kind) {
      case 'done':
        response.writeHead(answer.status, { ...httpHeaders(answer.headers), 'content-length': answer.body.length });
        response.end(answer.body);
        return;
      case 'later': {
        const act = (): void => this.#send(response, answer.answer());
        const timer = this.#options.clock.schedule(answer.afterMs, act);
        response.on('close', () => timer.cancel());
        return;
      }
      case 'watch': {
        response.writeHead(200, httpHeaders(answer.headers));
        flushHeaders(response);
        const watch = answer.open({
          write: (frame) => response.write(frame),
          end: () => void response.end(),
        });
        response.on('drain', () => watch.resume());
        response.on('close', () => watch.stop());
        return;
      }
    }
  }
}

function httpHeaders(headers: AnswerHeaders): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = { 'cache-control': 'no-cache, private' };
  for (const [name, value] of Object.entries(headers)) all[name] = typeof value === 'string' ? value : [...value];
  return all;
}

/** Over HTTP/1.1, headers wait for the first bytes of a body; a client has to know at once that its watch is there. */
function flushHeaders(response: object): void {
  if ('flushHeaders' in response && typeof response.flushHeaders === 'function') response.flushHeaders();
}
