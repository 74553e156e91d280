import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../base/clock.ts';
import { Http2Connection } from '../http2/connection.ts';
import type { TlsMaterial } from '../kube/access/access.ts';
import { TransportError } from '../kube/client/transport.ts';
import { dial } from './dial.ts';
import type { Http2Exchange } from './http2-exchange.ts';

export interface Http2LinkOptions {
  server: URL;
  tls: TlsMaterial;
  clock: Clock;
  connectTimeoutMs: number;
  pingIntervalMs: number;
  pingTimeoutMs: number;
  /** The same, if there is reason to think that the server is gone. */
  suspicionTimeoutMs: number;
  /** The connection can take more exchanges than before. */
  onRoom: () => void;
  /** It takes no more, though those under way may still end well. */
  onLeaving: (link: Http2Link) => void;
  /** It is over. */
  onClosed: (link: Http2Link) => void;
  /** To be started again, elsewhere if need be. */
  onRefused: (exchange: Http2Exchange) => void;
}

/** Pages of a list are a MiB: windows that let them come without a round trip for each 64 KiB. */
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 8 * 1024 * 1024;
/** What is still under way on a connection that the server closes gets this much longer. */
const longestLeavingMs = 30_000;

/** One HTTP/2 connection, from the first packet to the last stream. */
export class Http2Link {
  readonly #socket: Socket;
  readonly #options: Http2LinkOptions;
  /** Set once there is a connection with HTTP/2 on it. */
  #connection: Http2Connection | undefined;
  /** The server's settings have come, which say how many streams it takes. */
  #ready = false;
  readonly #exchanges = new Set<Http2Exchange>();
  /** The server has said GOAWAY. */
  #leaving = false;
  /** A PING is under way. */
  #pinging = false;
  #error: Error | undefined;
  /** Runs out if the connection is not ready in time; then, before each PING and for its answer. */
  #timer: Timer;

  constructor(options: Http2LinkOptions) {
    const { clock, connectTimeoutMs, server, tls } = options;
    this.#options = options;
    this.#socket = dial(server, tls, (chunk) => this.#receive(chunk));
    const seconds = connectTimeoutMs / 1000;
    this.#timer = clock.schedule(connectTimeoutMs, () => this.destroy(new Error(`no connection within ${seconds}s`)));
    this.#socket.on(server.protocol === 'https:' ? 'secureConnect' : 'connect', () => this.#connected());
    this.#socket.on('error', (error: Error) => {
      this.#error ??= error;
    });
    this.#socket.on('end', () => this.destroy());
    this.#socket.on('close', () => {
      this.#timer.cancel();
      this.#connection?.end(this.#error ?? new Error('the server closed the connection'));
      options.onClosed(this);
    });
  }

  /** Why it broke, if it did not end in order. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** False for a connection that was never of use. */
  get ready(): boolean {
    return this.#ready;
  }

  get hasRoom(): boolean {
    const connection = this.#connection;
    return this.#ready && connection !== undefined && this.#exchanges.size < connection.maxStreams;
  }

  /** False if the connection takes no more streams, ever. */
  start(exchange: Http2Exchange): boolean {
    const connection = this.#connection;
    if (connection === undefined || connection.closing || this.#socket.destroyed) return false;
    try {
      exchange.start(connection, this);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
    this.#exchanges.add(exchange);
    return true;
  }

  /** An exchange has left its stream; with `again` it is to be started once more. */
  left(exchange: Http2Exchange, again: boolean): void {
    this.#exchanges.delete(exchange);
    if (again) this.#options.onRefused(exchange);
    if (exchange.abandoned) this.#suspect();
    this.#options.onRoom();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    this.#timer.cancel();
    if (!this.#socket.destroyed) this.#connection?.leave(error);
    this.#socket.destroy();
  }

  #connected(): void {
    const { server } = this.#options;
    if (server.protocol === 'https:' && (this.#socket as TLSSocket).alpnProtocol !== 'h2') {
      this.destroy(new Error('the server (or a proxy before it) does not speak HTTP/2'));
      return;
    }
    this.#socket.setNoDelay(true);
    this.#connection = new Http2Connection({
      ...{ socket: this.#socket, streamWindowBytes, connectionWindowBytes },
      onSettings: () => this.#settings(),
      onGoAway: () => this.#leave(),
    });
  }

  #receive(chunk: Buffer): void {
    try {
      this.#connection?.receive(chunk);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #settings(): void {
    if (!this.#ready) {
      this.#ready = true;
      this.#schedulePing();
    }
    this.#options.onRoom();
  }

  /**
   * The server closes the connection. What will have an answer may wait for it; but a stream would go on until the last
   * breath of a server that may have nothing to say any more, and is better off elsewhere.
   */
  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#timer.cancel();
    const error = new TransportError('broken', 'the server closes the connection', { sent: true });
    this.#timer = this.#options.clock.schedule(longestLeavingMs, () => this.destroy(error));
    this.#options.onLeaving(this);
    for (const exchange of [...this.#exchanges]) if (exchange.isStream) exchange.fail(error);
  }

  /** A connection whose other end has vanished looks like one on which nothing happens, until it is asked. */
  #schedulePing(): void {
    const { clock, pingIntervalMs, pingTimeoutMs } = this.#options;
    this.#timer.cancel();
    this.#timer = clock.schedule(pingIntervalMs, () => this.#ping(pingTimeoutMs));
  }

  /** Somebody has waited in vain for an answer: the server may be slow, or gone. */
  #suspect(): void {
    if (!this.#ready || this.#pinging || this.#leaving) return;
    this.#timer.cancel();
    this.#ping(this.#options.suspicionTimeoutMs);
  }

  #ping(timeoutMs: number): void {
    if (this.#connection === undefined || this.#socket.destroyed) return;
    this.#pinging = true;
    const { clock } = this.#options;
    this.#timer = clock.schedule(timeoutMs, () => this.destroy(new Error('the server does not answer a PING')));
    this.#connection.ping(() => {
      this.#pinging = false;
      if (!this.#socket.destroyed && !this.#leaving) this.#schedulePing();
    });
  }
}
