import type { Socket } from 'node:net';
import { AbortListeners } from '../base/abort-listeners.ts';
import type { Clock } from '../base/clock.ts';
import { Code, CsiError } from '../csi/errors.ts';
import type { CallOptions, CsiTransport } from '../csi/transport.ts';
import { Http2Connection } from '../http2/connection.ts';
import { dialSocket } from './dial.ts';
import { GrpcCall } from './grpc-call.ts';

export interface GrpcTransportOptions {
  /** Path of the driver's Unix socket. */
  socketPath: string;
  clock: Clock;
}

/** One HTTP/2 connection. It is of use only once the server's settings have come, which say how many calls it takes. */
interface Link {
  readonly socket: Socket;
  /** Absent until the socket is connected. */
  connection: Http2Connection | undefined;
  ready: boolean;
  /** Streams that are open: at most what the server allows. */
  streams: number;
  error: Error | undefined;
}

/** An answer may be large (ListVolumes): windows that let it come without waiting for each 64 KiB to be confirmed. */
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 4 * 1024 * 1024;

/**
 * Unary gRPC over HTTP/2 on a Unix socket. The connection is opened by the first call, stays open however idle it is,
 * and is opened again by the first call after it was lost. Calls beyond what the server takes at once wait in line.
 */
export class GrpcTransport implements CsiTransport {
  readonly #socketPath: string;
  readonly #clock: Clock;
  readonly #listeners: (() => void)[] = [];
  readonly #abortListeners = new AbortListeners();
  /** Calls without a stream, first come first served. */
  #waiting = new Set<GrpcCall>();
  /** The connection for new calls. One that is going away serves its last streams without being here. */
  #link: Link | undefined;
  readonly #sockets = new Set<Socket>();
  #closed = false;

  constructor({ socketPath, clock }: GrpcTransportOptions) {
    this.#socketPath = socketPath;
    this.#clock = clock;
  }

  unary(method: string, request: Uint8Array, limits: CallOptions): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(closedError());
    if (limits.signal?.aborted) {
      return Promise.reject(new CsiError(Code.Canceled, 'context canceled', { local: true, sent: false }));
    }
    const onSettled = (settled: GrpcCall) => void this.#waiting.delete(settled);
    const call = new GrpcCall({
      method,
      request,
      limits,
      onSettled,
      clock: this.#clock,
      abortListeners: this.#abortListeners,
    });
    this.#waiting.add(call);
    this.#pump();
    return call.result;
  }

  onDisconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of [...this.#waiting]) call.fail(closedError());
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Gives streams to waiting calls, as many as the server allows. */
  #pump(): void {
    if (this.#closed || this.#waiting.size === 0) return;
    this.#link ??= this.#connect();
    const link = this.#link;
    const { connection } = link;
    if (!link.ready || connection === undefined) return;
    for (const call of this.#waiting) {
      if (connection.closing || link.socket.destroyed) {
        this.#abandon(link);
        return;
      }
      if (link.streams >= connection.maxStreams) return;
      if (call.wanted) this.#start(call, link, connection);
      else call.fail(new CsiError(Code.Canceled, 'no longer wanted', { local: true, sent: false }));
    }
  }

  #start(call: GrpcCall, link: Link, connection: Http2Connection): void {
    this.#waiting.delete(call);
    link.streams++;
    call.start(connection, (again) => {
      link.streams--;
      if (again) this.#waiting = new Set([call, ...this.#waiting]);
      this.#pump();
    });
  }

  /** No new calls on this connection; what waits goes to the next one. */
  #abandon(link: Link): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#pump();
  }

  #connect(): Link {
    const socket = dialSocket(this.#socketPath, (chunk) => this.#receive(link, chunk));
    const link: Link = { socket, connection: undefined, ready: false, streams: 0, error: undefined };
    this.#sockets.add(socket);
    socket.on('connect', () => {
      link.connection = new Http2Connection({
        ...{ socket, streamWindowBytes, connectionWindowBytes },
        onSettings: () => {
          link.ready = true;
          this.#pump();
        },
        // The server is about to leave: it finishes what it has, and takes no more.
        onGoAway: () => this.#abandon(link),
      });
    });
    socket.on('error', (error: Error) => {
      link.error ??= error;
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#lost(link));
    return link;
  }

  #receive({ connection, socket }: Link, chunk: Buffer): void {
    try {
      connection?.receive(chunk);
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      connection?.leave(cause);
      socket.destroy(cause);
    }
  }

  #lost(link: Link): void {
    this.#sockets.delete(link.socket);
    link.connection?.end(link.error ?? new Error('the driver closed the connection'));
    if (this.#closed) return;
    const current = this.#link === link;
    if (current) this.#link = undefined;
    if (link.ready) {
      for (const listener of this.#listeners) listener();
    } else if (current) {
      // The attempt was made for the calls that wait; none of them tries again by itself.
      const error = this.#connectError(link.error);
      for (const call of [...this.#waiting]) call.fail(error);
    }
    this.#pump();
  }

  #connectError(cause: Error | undefined): CsiError {
    const reason = cause?.message ?? 'the connection was closed before it was of use';
    return new CsiError(Code.Unavailable, `cannot connect to the driver at ${this.#socketPath}: ${reason}`, {
      local: true,
      sent: false,
      cause,
    });
  }
}

function closedError(): CsiError {
  return new CsiError(Code.Unavailable, 'the connection to the driver is closed', { local: true, sent: false });
}
