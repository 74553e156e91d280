import { type ClientHttp2Session, connect } from 'node:http2';
import { createConnection } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { Code, CsiError } from '../csi/errors.ts';
import type { CallOptions, CsiTransport } from '../csi/transport.ts';
import { GrpcCall } from './grpc-call.ts';

export interface GrpcTransportOptions {
  /** Path of the driver's Unix socket. */
  socketPath: string;
  clock: Clock;
}

/** One HTTP/2 connection. It is of use only once the server's settings have come, which say how many calls it takes. */
interface Link {
  readonly session: ClientHttp2Session;
  ready: boolean;
  /** Streams that are open: at most what the server allows. */
  streams: number;
  error: Error | undefined;
}

/** An answer may be large (ListVolumes): windows that let it come without waiting for each 64 KiB to be confirmed. */
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 4 * 1024 * 1024;
/** Node counts what sessions hold, in MiB, and refuses streams beyond its default of 10: too few for 1,000 calls. */
const maxSessionMemoryMiB = 1024;

/**
 * Unary gRPC over HTTP/2 on a Unix socket. The connection is opened by the first call, stays open however idle it is,
 * and is opened again by the first call after it was lost. Calls beyond what the server takes at once wait in line.
 */
export class GrpcTransport implements CsiTransport {
  readonly #socketPath: string;
  readonly #clock: Clock;
  readonly #listeners: (() => void)[] = [];
  /** Calls without a stream, first come first served. */
  #waiting = new Set<GrpcCall>();
  /** The connection for new calls. One that is going away serves its last streams without being here. */
  #link: Link | undefined;
  readonly #sessions = new Set<ClientHttp2Session>();
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
    const call = new GrpcCall({ method, request, limits, clock: this.#clock, onSettled });
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
    for (const session of this.#sessions) session.destroy();
  }

  /** Gives streams to waiting calls, as many as the server allows. */
  #pump(): void {
    if (this.#closed || this.#waiting.size === 0) return;
    this.#link ??= this.#connect();
    const link = this.#link;
    if (!link.ready) return;
    const limit = link.session.remoteSettings.maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
    for (const call of this.#waiting) {
      if (link.streams >= limit) return;
      if (!this.#start(call, link)) {
        this.#abandon(link);
        return;
      }
    }
  }

  #start(call: GrpcCall, link: Link): boolean {
    const onClosed = (again: boolean): void => {
      link.streams--;
      if (again) this.#waiting = new Set([call, ...this.#waiting]);
      this.#pump();
    };
    if (call.start(link.session, onClosed) !== 'started') return false;
    this.#waiting.delete(call);
    link.streams++;
    return true;
  }

  /** No new calls on this connection; what waits goes to the next one. */
  #abandon(link: Link): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#pump();
  }

  #connect(): Link {
    const session = connect('http://localhost', {
      createConnection: () => createConnection({ path: this.#socketPath }),
      settings: { enablePush: false, initialWindowSize: streamWindowBytes },
      maxSessionMemory: maxSessionMemoryMiB,
    });
    const link: Link = { session, ready: false, streams: 0, error: undefined };
    this.#sessions.add(session);
    session.on('connect', () => session.setLocalWindowSize(connectionWindowBytes));
    session.on('remoteSettings', () => {
      link.ready = true;
      this.#pump();
    });
    // The server is about to leave: it finishes what it has, and takes no more.
    session.on('goaway', () => this.#abandon(link));
    session.on('error', (error: Error) => {
      link.error = error;
    });
    session.on('close', () => this.#lost(link));
    return link;
  }

  #lost(link: Link): void {
    this.#sessions.delete(link.session);
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
