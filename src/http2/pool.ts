import { Exchange, type ExchangeOwner, type PoolRequest, RequestError } from './exchange.ts';
import { type ConnectionOwner, PooledConnection, type PooledConnectionOptions } from './pooled-connection.ts';

export interface Http2PoolOptions extends PooledConnectionOptions {
  /** How often a request is sent that the server refuses to look at, until that is an error. */
  readonly maxAttempts: number;
  /** Called when a connection that was of use is lost, unless we replaced or closed it. */
  readonly onDisconnect?: (() => void) | undefined;
}

/**
 * Requests to one server over one connection at a time, opened by the first request and again by the first one after it
 * was lost. A connection that takes no more requests serves its last ones beside its successor. Requests beyond what the
 * server takes at once wait in line.
 */
export class Http2Pool {
  readonly #options: Http2PoolOptions;
  /** Exchanges without a stream, first come first served. */
  #waiting = new Set<Exchange>();
  /** The connection for new exchanges. */
  #current: PooledConnection | undefined;
  /** All that are not over, also those that only serve their last streams. */
  readonly #connections = new Set<PooledConnection>();
  readonly #replaced = new WeakSet<PooledConnection>();
  #closed = false;
  readonly #exchangeOwner: ExchangeOwner;
  readonly #connectionOwner: ConnectionOwner = {
    onRoom: () => this.#pump(),
    onDraining: (connection) => this.#leave(connection),
    onClosed: (connection) => this.#lost(connection),
    onRefused: (exchange) => {
      this.#waiting = new Set([exchange, ...this.#waiting]);
    },
  };

  constructor(options: Http2PoolOptions) {
    this.#options = options;
    const { maxAttempts } = options;
    this.#exchangeOwner = { maxAttempts, forget: (exchange) => void this.#waiting.delete(exchange) };
  }

  send(request: PoolRequest): Exchange {
    const exchange = new Exchange(request, this.#exchangeOwner);
    if (this.#closed) {
      exchange.fail(closedError(false));
      return exchange;
    }
    this.#waiting.add(exchange);
    this.#pump();
    return exchange;
  }

  /** New requests go over a new connection, as they have to with new certificates; the present one serves its last. */
  redial(): void {
    const replaced = this.#current;
    if (replaced === undefined) return;
    this.#current = undefined;
    this.#replaced.add(replaced);
    replaced.drain('the connection is replaced by a new one');
    this.#pump();
  }

  /** Ends all, and takes no more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const exchange of [...this.#waiting]) exchange.fail(closedError(false));
    for (const connection of [...this.#connections]) connection.close(closedError);
  }

  /** No new exchanges on this connection; what waits goes to the next one. */
  #leave(connection: PooledConnection): void {
    if (this.#current !== connection) return;
    this.#current = undefined;
    this.#pump();
  }

  #lost(connection: PooledConnection): void {
    this.#connections.delete(connection);
    const current = this.#current === connection;
    if (current) this.#current = undefined;
    if (this.#closed) return;
    if (connection.ready) {
      if (!this.#replaced.has(connection)) this.#options.onDisconnect?.();
    } else if (current) {
      // The attempt was made for all who wait; none of them tries again by itself.
      const cause = connection.error;
      const message = cause === undefined ? 'the server closed the connection' : describe(cause);
      for (const exchange of [...this.#waiting]) {
        exchange.fail(new RequestError('connect', message, { sent: false, cause }));
      }
    }
    this.#pump();
  }

  /** Gives streams to waiting exchanges, as many as the server allows. */
  #pump(): void {
    if (this.#closed) return;
    for (const exchange of this.#waiting) {
      this.#current ??= this.#connect();
      const connection = this.#current;
      if (connection.closing) {
        this.#current = undefined;
        connection.drain('the connection has no streams left');
        this.#pump();
        return;
      }
      if (!connection.hasRoom) return;
      this.#waiting.delete(exchange);
      if (exchange.request.wanted?.() === false) {
        exchange.fail(new RequestError('unwanted', 'the request is no longer wanted', { sent: false }));
      } else {
        connection.start(exchange);
      }
    }
  }

  #connect(): PooledConnection {
    const connection = new PooledConnection(this.#options, this.#connectionOwner);
    this.#connections.add(connection);
    return connection;
  }
}

function closedError(sent: boolean): RequestError {
  return new RequestError('closed', 'the connection is closed', { sent });
}

function describe(cause: unknown): string {
  // A host with several addresses fails with one error for each, and no message of its own.
  if (cause instanceof AggregateError) return cause.errors.map(describe).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}
