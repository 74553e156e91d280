/** The embedded API server on a real socket: HTTP/2 and HTTP/1.1 over TLS. */
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Clock } from '../../../src/base/clock.ts';
import type { CoreAnswer } from '../answers.ts';
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
}

/** As Kubernetes' server has it. */
const maxStreams = 250;
const maxBodyBytes = 3 * 1024 * 1024;
const closePatienceMs = 200;

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
    this.#server.on('request', (request, response) => {
      this.#receive(http1Exchange(request as unknown as IncomingMessage, response as unknown as ServerResponse));
    });
    // That listener made Node turn each HTTP/2 stream into a request of HTTP/1's form, which costs as much again.
    this.#server.removeAllListeners('stream');
    this.#server.on('stream', (stream, headers) => this.#receive(http2Exchange(stream, headers)));
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
    // What is under way gets its end; whoever does not take it is cut off.
    for (const session of this.#sessions) session.close();
    const patience = setTimeout(() => this.dropConnections(), closePatienceMs);
    for (const socket of this.#sockets) if (!this.#isHttp2(socket)) socket.end();
    await closed;
    clearTimeout(patience);
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

  #receive(exchange: Exchange): void {
    const { method, input, output } = exchange;
    output.on('error', () => {});
    if (method === 'GET' || method === 'HEAD') {
      input.resume();
      this.#answer(exchange, undefined);
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
      this.#answer(exchange, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    });
  }

  #answer(exchange: Exchange, body: Uint8Array | undefined): void {
    const { method, path, headers } = exchange;
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
