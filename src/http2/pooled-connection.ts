import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../base/clock.ts';
import { Http2Connection } from './connection.ts';
import { type Exchange, RequestError } from './exchange.ts';

/**
 * Opens a connection: past the TLS handshake, if there is one, and agreed on HTTP/2. `receive` is called with all that
 * comes, from the first byte on; it may use the chunk again afterwards. Rejects with the reason if there is none, and
 * when `signal` aborts.
 */
export type Dial = (receive: (chunk: Buffer) => void, signal: AbortSignal) => Promise<Duplex>;

/** How a connection is found out whose other end has vanished. */
interface PingOptions {
  /** The time between two PINGs, and for the answer to one. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** The time for the answer to a PING that is sent because a request was cancelled unanswered. */
  readonly suspicionTimeoutMs: number;
}

export interface PooledConnectionOptions {
  readonly dial: Dial;
  readonly clock: Clock;
  /** How much the server may send before we confirm: on one stream, and on all together (65,535 bytes or more). */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** How long it may take from dialing to the server's settings; absent: for ever. */
  readonly connectTimeoutMs?: number | undefined;
  /** Absent: a silent connection is not asked. */
  readonly ping?: PingOptions | undefined;
  /** How long what is under way gets when the connection takes no more requests; absent: as long as it needs. */
  readonly drainTimeoutMs?: number | undefined;
}

/** Who has the connection. */
export interface ConnectionOwner {
  /** It can take more exchanges than before. */
  onRoom(): void;
  /** It takes no more, though those under way may still end well. */
  onDraining(connection: PooledConnection): void;
  /** It is over. */
  onClosed(connection: PooledConnection): void;
  /** The server has not looked at it. */
  onRefused(exchange: Exchange): void;
}

/** One connection of a pool, from dialing to its last stream. */
export class PooledConnection {
  readonly #options: PooledConnectionOptions;
  readonly #owner: ConnectionOwner;
  readonly #dialing = new AbortController();
  #socket: Duplex | undefined;
  /** What came before the dialer said that it was done. */
  #early: Buffer[] = [];
  #connection: Http2Connection | undefined;
  /** The server's settings have come, which say how many streams it takes. */
  #ready = false;
  readonly #exchanges = new Set<Exchange>();
  /** It takes no more exchanges. */
  #draining = false;
  /** A PING is under way. */
  #pinging = false;
  #over = false;
  #error: Error | undefined;
  /** Runs out if the connection is not ready in time; then, before each PING and for its answer; then, for draining. */
  #timer: Timer | undefined;

  constructor(options: PooledConnectionOptions, owner: ConnectionOwner) {
    const { connectTimeoutMs } = options;
    this.#options = options;
    this.#owner = owner;
    if (connectTimeoutMs !== undefined) {
      this.#after(connectTimeoutMs, () => this.destroy(new Error(`no connection within ${connectTimeoutMs / 1000}s`)));
    }
    void this.#open();
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

  /** It was of use, and takes no more exchanges. */
  get closing(): boolean {
    if (!this.#ready) return false;
    return this.#draining || this.#socket?.destroyed === true || this.#connection?.closing === true;
  }

  /** Only while there is room. */
  start(exchange: Exchange): void {
    if (this.#connection === undefined) return;
    try {
      exchange.start(this.#connection, this);
      this.#exchanges.add(exchange);
    } catch (thrown) {
      // The server cannot follow any more: what was told of the headers so far is half of a block.
      const cause = asError(thrown);
      exchange.fail(new RequestError('invalid', `it cannot be sent: ${cause.message}`, { sent: false, cause }));
      this.destroy(cause);
    }
  }

  /** An exchange has left its stream. */
  left(exchange: Exchange, again: boolean): void {
    this.#exchanges.delete(exchange);
    if (again) this.#owner.onRefused(exchange);
    if (exchange.abandoned) this.#suspect();
    this.#owner.onRoom();
  }

  /** No new exchanges. Those under way may end well, but for those without an end, which are better off elsewhere. */
  drain(reason: string): void {
    if (this.#draining || this.#over || this.#socket?.destroyed === true) return;
    this.#draining = true;
    if (this.#connection === undefined) {
      this.destroy();
      return;
    }
    const { drainTimeoutMs } = this.#options;
    this.#timer?.cancel();
    const error = new RequestError('draining', reason, { sent: true });
    if (drainTimeoutMs !== undefined) this.#after(drainTimeoutMs, () => this.destroy(error));
    this.#owner.onDraining(this);
    for (const exchange of [...this.#exchanges]) if (exchange.request.isEndless) exchange.fail(error);
    this.#connection.drain();
  }

  /** Ends it, and what is under way with the error that `failure` makes for it. */
  close(failure: (sent: boolean) => RequestError): void {
    for (const exchange of [...this.#exchanges]) exchange.fail(failure(true));
    this.destroy();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    this.#timer?.cancel();
    if (this.#socket === undefined) {
      this.#dialing.abort();
      this.#end();
      return;
    }
    if (!this.#socket.destroyed) this.#connection?.leave(error);
    this.#socket.destroy();
  }

  async #open(): Promise<void> {
    try {
      const socket = await this.#options.dial((chunk) => this.#receive(chunk), this.#dialing.signal);
      if (this.#over) socket.destroy();
      else this.#connected(socket);
    } catch (error) {
      this.#error ??= asError(error);
      this.#end();
    }
  }

  #connected(socket: Duplex): void {
    const { streamWindowBytes, connectionWindowBytes } = this.#options;
    this.#socket = socket;
    socket.on('error', (error: Error) => {
      this.#error ??= error;
    });
    socket.on('end', () => this.destroy());
    socket.on('close', () => this.#end());
    if (socket.destroyed) {
      this.#error ??= socket.errored ?? undefined;
      if (socket.closed) this.#end();
      return;
    }
    this.#connection = new Http2Connection({
      ...{ socket, streamWindowBytes, connectionWindowBytes },
      onSettings: () => this.#settings(),
      onGoAway: () => this.drain('the server closes the connection'),
    });
    for (const chunk of this.#early) this.#receive(chunk);
    this.#early = [];
  }

  #receive(chunk: Buffer): void {
    if (this.#connection === undefined) {
      this.#early.push(Buffer.from(chunk));
      return;
    }
    try {
      this.#connection.receive(chunk);
    } catch (error) {
      this.destroy(asError(error));
    }
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#connection?.end(this.#error ?? new Error('the server closed the connection'));
    this.#owner.onClosed(this);
  }

  #settings(): void {
    if (!this.#ready) {
      this.#ready = true;
      this.#timer?.cancel();
      this.#schedulePing();
    }
    this.#owner.onRoom();
  }

  /** A connection whose other end has vanished looks like one on which nothing happens, until it is asked. */
  #schedulePing(): void {
    const { ping } = this.#options;
    if (ping !== undefined) this.#after(ping.intervalMs, () => this.#ping(ping.timeoutMs));
  }

  /** Somebody has waited in vain for an answer: the server may be slow, or gone. */
  #suspect(): void {
    const { ping } = this.#options;
    if (ping === undefined || !this.#ready || this.#pinging || this.#draining) return;
    this.#ping(ping.suspicionTimeoutMs);
  }

  #ping(timeoutMs: number): void {
    if (this.#connection === undefined || this.#socket?.destroyed !== false) return;
    this.#pinging = true;
    this.#after(timeoutMs, () => this.destroy(new Error('the server does not answer a PING')));
    this.#connection.ping(() => {
      this.#pinging = false;
      if (this.#socket?.destroyed === false && !this.#draining) this.#schedulePing();
    });
  }

  /** There is one timer: a new one takes the place of the one before. */
  #after(delayMs: number, action: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(delayMs, action);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
