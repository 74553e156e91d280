import { EventEmitter, once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { makeCertificate, type ServerCertificate } from '../../apiserver/https/certificates.ts';

export type Http2Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** One for all tests of a file: making one takes longer than most tests. */
let certificate: ServerCertificate | undefined;

export function testCertificate(): ServerCertificate {
  certificate ??= makeCertificate(['localhost', '127.0.0.1'], Date.now());
  return certificate;
}

/** A small HTTP/2 server on a free port of the loopback address. Emits `stream` when a request has arrived. */
export class TestHttp2Server extends EventEmitter {
  readonly sessions = new Set<ServerHttp2Session>();
  readonly sockets = new Set<Socket>();
  /** How many connections were made in all. */
  connections = 0;
  readonly #server: Http2SecureServer | Http2Server;
  readonly #secure: boolean;

  private constructor(server: Http2SecureServer | Http2Server, secure: boolean) {
    super();
    this.#server = server;
    this.#secure = secure;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('session', (session: ServerHttp2Session) => {
      this.connections++;
      this.sessions.add(session);
      session.on('error', () => {});
      session.on('close', () => this.sessions.delete(session));
    });
    server.on('sessionError', () => {});
  }

  static async start(
    handler: Http2Handler,
    options: { secure?: boolean; settings?: Settings; port?: number } = {},
  ): Promise<TestHttp2Server> {
    const { secure = true, settings = {}, port = 0 } = options;
    const { certPem, keyPem } = secure ? testCertificate() : { certPem: '', keyPem: '' };
    const raw = secure ? createSecureServer({ cert: certPem, key: keyPem, settings }) : createServer({ settings });
    const server = new TestHttp2Server(raw, secure);
    raw.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      stream.on('error', () => {});
      handler(stream, headers);
      server.emit('stream');
    });
    raw.listen(port, '127.0.0.1');
    await once(raw, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): URL {
    return new URL(`${this.#secure ? 'https' : 'http'}://127.0.0.1:${this.port}`);
  }

  /** Cuts all connections and waits until they are gone. */
  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
