import { AbortListeners } from '../base/abort-listeners.ts';
import { Http2Pool } from '../http2/pool.ts';
import type { Dial } from '../http2/pooled-connection.ts';
import { Code, StatusError } from './status.ts';
import { type CallOptions, type GrpcPeer, UnaryCall } from './unary-call.ts';

export interface GrpcChannelOptions extends GrpcPeer {
  dial: Dial;
}

/** An answer may be large: windows that let it come without waiting for each 64 KiB to be confirmed. */
const windows = { streamWindowBytes: 1024 * 1024, connectionWindowBytes: 4 * 1024 * 1024 };

/**
 * Unary gRPC over HTTP/2. The connection is opened by the first call, stays open however idle it is, and is opened again
 * by the first call after it was lost. Calls beyond what the server takes at once wait in line.
 */
export class GrpcChannel {
  readonly #options: GrpcChannelOptions;
  readonly #pool: Http2Pool;
  readonly #listeners: (() => void)[] = [];
  readonly #abortListeners = new AbortListeners();

  constructor(options: GrpcChannelOptions) {
    this.#options = options;
    this.#pool = new Http2Pool({
      ...{ dial: options.dial, clock: options.clock, ...windows },
      // gRPC's own rule: what the server did not look at is sent once more.
      maxAttempts: 2,
      onDisconnect: () => {
        for (const listener of this.#listeners) listener();
      },
    });
  }

  /**
   * One call. `method` is the full name (`/package.Service/Method`). Resolves with the encoded answer, rejects with
   * StatusError only: DEADLINE_EXCEEDED after `timeoutMs`, CANCELLED when `signal` aborts, UNAVAILABLE when the
   * connection was lost or refused.
   */
  unary(method: string, message: Uint8Array, limits: CallOptions): Promise<Uint8Array> {
    if (limits.signal?.aborted) {
      return Promise.reject(new StatusError(Code.Canceled, 'context canceled', { local: true, sent: false }));
    }
    const call = new UnaryCall({ method, message, limits, peer: this.#options, abortListeners: this.#abortListeners });
    call.send(this.#pool);
    return call.result;
  }

  /** Called each time an established connection is lost (not when an attempt to connect fails). */
  onDisconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Ends all calls, and takes no more. */
  close(): void {
    this.#pool.close();
  }
}
