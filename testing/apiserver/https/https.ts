/** The embedded API server on a real socket: HTTP/2 and HTTP/1.1 over TLS, or HTTP/1.1 alone, with TLS or without. */
import type { X509Certificate } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttp1Server } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../../src/base/clock.ts';
import type { CoreAnswer, CoreRequest } from '../answers.ts';
import type { ApiServer } from '../core.ts';
import type { ServerCertificate } from './certificates.ts';
import { type Exchange, http1Exchange, http2Exchange } from './exchange.ts';

export interface HttpsOptions {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly certificate: ServerCertificate;
  /** 0: any that is free. */
  readonly port: number;
  readonly host: string;
  /** What it speaks: both versions, or HTTP/1.1 as with --disable-http2-serving, or that without TLS as kubectl's proxy. */
  readonly speaks?: 'both' | 'http/1.1' | 'plain http/1.1' | undefined;
  /** Client certificates, and whose they are: the token that stands for one. */
  readonly clients?: { readonly caPem: string; tokenOf(certificate: X509Certificate): string } | undefined;
}

/** As Kubernetes' server has it. */
const maxStreams = 250;
const maxBodyBytes = 3 * 1024 * 1024;
const closePatienceMs = 200;

export class HttpsFace {
  readonly #server: Server;
  readonly #options: HttpsOptions;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();

  constructor(options: HttpsOptions) {
    this.#options = options;
    const { speaks = 'both' } = options;
    this.#server = this.#make();
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#receive(http1Exchange(request, response), request.socket);
    });
    // That listener made Node turn each HTTP/2 stream into a request of HTTP/1's form, which costs as much again.
    this.#server.removeAllListeners('stream');
    this.#server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.#receive(http2Exchange(stream, headers), stream.session?.socket);
    });
    this.#server.on('session', (session: ServerHttp2Session) => this.#keep(this.#sessions, session));
    const connection = speaks === 'plain http/1.1' ? 'connection' : 'secureConnection';
    this.#server.on(connection, (socket: Socket) => this.#keep(this.#sockets, socket));
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
    // What is under way gets its end; whoever does not take it is cut off.
    for (const session of this.#sessions) session.close();
    const patience = setTimeout(() => this.dropConnections(), closePatienceMs);
    for (const socket of this.#sockets) if (!this.#isHttp2(socket)) socket.end();
    await closed;
    clearTimeout(patience);
  }

  #make(): Server {
    const { speaks = 'both', clients, certificate } = this.#options;
    if (speaks === 'plain http/1.1') return createPlainServer();
    const { keyPem: key, certPem: cert } = certificate;
    const asks = clients === undefined ? {} : { requestCert: true, rejectUnauthorized: false, ca: clients.caPem };
    if (speaks === 'http/1.1') return createHttp1Server({ key, cert, ...asks });
    const settings = { maxConcurrentStreams: maxStreams, initialWindowSize: 256 * 1024 };
    return createSecureServer({ key, cert, ...asks, allowHTTP1: true, settings });
  }

  /** The headers, with the token that stands for the client's certificate if it has one. */
  #headersOf({ headers }: Exchange, socket: object | undefined): CoreRequest['headers'] {
    const { clients } = this.#options;
    if (clients === undefined || headers.authorization !== undefined) return headers;
    const certificate = (socket as TLSSocket | undefined)?.getPeerX509Certificate?.();
    return certificate === undefined
      ? headers
      : { ...headers, authorization: `Bearer ${clients.tokenOf(certificate)}` };
  }

  #isHttp2(socket: Socket): boolean {
    return 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
  }

  #keep<T extends EventEmitter>(all: Set<T>, one: T): void {
    all.add(one);
    one.on('close', () => all.delete(one));
    // A connection that breaks ends its requests; there is nobody to tell.
    one.on('error', () => {});
  }

  #receive(exchange: Exchange, socket: object | undefined): void {
    const { method, input, output } = exchange;
    const headers = this.#headersOf(exchange, socket);
    output.on('error', () => {});
    if (method === 'GET' || method === 'HEAD') {
      input.resume();
      this.#answer(exchange, headers, undefined);
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    input.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
    });
    input.on('error', () => {});
    input.on('end', () => {
      if (size > maxBodyBytes) {
        exchange.respond(413, {});
        output.end();
        return;
      }
      this.#answer(exchange, headers, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
  }

  #answer(exchange: Exchange, headers: CoreRequest['headers'], body: Uint8Array | undefined): void {
    const { method, path } = exchange;
    this.#send(exchange, this.#options.server.handle({ method, path, headers, body }));
  }

  #send(exchange: Exchange, answer: CoreAnswer): void {
    const { output } = exchange;
    switch (answer.kind) {
      case 'done':
        exchange.respond(answer.status, answer.headers, answer.body.length);
        output.end(exchange.method === 'HEAD' ? undefined : answer.body);
        return;
      case 'later': {
        const act = (): void => this.#send(exchange, answer.answer());
        const timer = this.#options.clock.schedule(answer.afterMs, act);
        output.on('close', () => timer.cancel());
        return;
      }
      case 'watch': {
        exchange.respond(200, answer.headers);
        const watch = answer.open({ write: (frame) => writeTogether(output, frame), end: () => void output.end() });
        output.on('drain', () => watch.resume());
        output.on('close', () => watch.stop());
        return;
      }
    }
  }
}

/** Frames of one turn of the event loop go out together: a burst of writes is a few packets, not one for each. */
function writeTogether(output: Writable, frame: Uint8Array): boolean {
  if (output.writableCorked === 0) {
    output.cork();
    setImmediate(() => output.uncork());
  }
  return output.write(frame);
}
