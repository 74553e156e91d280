import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import type { Access, Endpoint } from './access.ts';
import type { Credentials } from './credentials.ts';

/** Where access is written down. */
export interface AccessSource {
  /** Reads everything again. Rejects with AccessError. */
  read(): Promise<AccessReading>;
  /** The server refused what was read last: what was asked of somebody else is to be asked for again. */
  refused(): void;
}

export interface AccessReading {
  readonly endpoint: Endpoint;
  readonly token: string | undefined;
}

/** The kubelet replaces a token when a fifth of its life is left, so a minute is early enough. */
const freshMs = 60_000;
/** After a reading that failed, what was read before is used this long before the next. */
const retryMs = 10_000;
/** The answers of requests that were under way together come one after the other; one reading is enough for all. */
const refusalsTogetherMs = 1_000;

/**
 * Access whose files are replaced behind our back from time to time, as tokens, certificates and kubeconfigs are: read
 * again every minute, before each connection, and at once when the server refuses who we are. A reading that fails
 * leaves the former one in use.
 */
export class LiveAccess implements Access {
  readonly namespace: string | undefined;
  readonly credentials: Credentials;
  readonly #source: AccessSource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners: (() => void)[] = [];
  #last: AccessReading | undefined;
  /** The last endpoint as text, to tell another one. */
  #shown = '';
  #staleAt = Number.NEGATIVE_INFINITY;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<AccessReading> | undefined;
  /** Why the last reading failed; the log says each reason once. */
  #failure: string | undefined;

  constructor(options: { source: AccessSource; namespace: string | undefined; clock: Clock; logger: Logger }) {
    this.#source = options.source;
    this.namespace = options.namespace;
    this.#clock = options.clock;
    this.#logger = options.logger.named('kube/access/live-access');
    this.credentials = { token: () => this.#token(), refused: (token) => this.#refused(token) };
  }

  async endpoint(): Promise<Endpoint> {
    return (await this.#read()).endpoint;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #token(): string | undefined | Promise<string | undefined> {
    if (this.#clock.monotonic() < this.#staleAt) return this.#last?.token;
    return this.#read().then(({ token }) => token);
  }

  #refused(token: string | undefined): void {
    const now = this.#clock.monotonic();
    // About an older one, or said before.
    if (token !== this.#last?.token || now - this.#refusedAt < refusalsTogetherMs) return;
    this.#refusedAt = now;
    this.#staleAt = Number.NEGATIVE_INFINITY;
    this.#source.refused();
  }

  #read(): Promise<AccessReading> {
    this.#reading ??= this.#readOnce();
    return this.#reading;
  }

  async #readOnce(): Promise<AccessReading> {
    try {
      const reading = await this.#source.read();
      this.#staleAt = this.#clock.monotonic() + freshMs;
      this.#failure = undefined;
      this.#take(reading);
      return reading;
    } catch (error) {
      if (this.#last === undefined) throw error;
      this.#staleAt = this.#clock.monotonic() + retryMs;
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#failure) {
        this.#failure = reason;
        this.#logger.error(error, 'Cannot read again how to reach the API server; what was read before stays in use');
      }
      return this.#last;
    } finally {
      this.#reading = undefined;
    }
  }

  #take(reading: AccessReading): void {
    const shown = JSON.stringify(reading.endpoint);
    const isOther = this.#last !== undefined && shown !== this.#shown;
    this.#last = reading;
    this.#shown = shown;
    if (!isOther) return;
    const { server } = reading.endpoint;
    this.#logger.info('The way to the API server has changed (server, certificates or proxy): connecting again', {
      server: server.href,
    });
    for (const listener of this.#listeners) listener();
  }
}
