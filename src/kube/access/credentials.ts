import type { Clock } from '../../base/clock.ts';

/** Who we are to the API server, apart from a client certificate, which belongs to the connection. */
export interface Credentials {
  /** The bearer token to send with the next request; undefined if there is none. A promise only when it must be read. */
  token(): string | undefined | Promise<string | undefined>;
  /** The server answered 401 to `token`: the next token() reads it again. */
  refused(token: string | undefined): void;
}

/** No bearer token: anonymous, or known by the client certificate. */
export const noCredentials: Credentials = { token: () => undefined, refused: () => {} };

/** A token that never changes. */
export function staticToken(token: string): Credentials {
  return { token: () => token, refused: () => {} };
}

/** The kubelet replaces a token when a fifth of its life is left, so a minute is early enough. */
const freshMs = 60_000;
/** After a reading that failed, the old token is used this long before the next. */
const retryMs = 10_000;

/**
 * A token that is replaced from time to time behind our back, as service account tokens are: read again every minute,
 * and at once when the server refuses it. A reading that fails leaves the old one in use.
 */
export class RenewedToken implements Credentials {
  readonly #clock: Clock;
  readonly #read: () => Promise<string | undefined>;
  #token: string | undefined;
  #staleAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<string | undefined> | undefined;

  constructor(options: { clock: Clock; read: () => Promise<string | undefined> }) {
    this.#clock = options.clock;
    this.#read = options.read;
  }

  token(): string | undefined | Promise<string | undefined> {
    if (this.#clock.monotonic() < this.#staleAt) return this.#token;
    this.#reading ??= this.#renew();
    return this.#reading;
  }

  refused(token: string | undefined): void {
    if (token === this.#token) this.#staleAt = Number.NEGATIVE_INFINITY;
  }

  async #renew(): Promise<string | undefined> {
    try {
      this.#token = await this.#read();
      this.#staleAt = this.#clock.monotonic() + freshMs;
    } catch (error) {
      if (this.#token === undefined) throw error;
      this.#staleAt = this.#clock.monotonic() + retryMs;
    } finally {
      this.#reading = undefined;
    }
    return this.#token;
  }
}
