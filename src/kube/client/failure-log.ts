import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import { missingRule } from './errors.ts';

/** While the same failure goes on, it is logged again this often. */
const repeatMs = 5 * 60_000;

/**
 * Logs an outage as a whole instead of each try: what is waited for when it begins or its cause changes, then every
 * five minutes, and when it is over.
 */
export class FailureLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #waitsFor: string;
  #tries = 0;
  #since = 0;
  #loggedAt = 0;
  #cause = '';

  /** `waitsFor` ends the sentence "Waiting to …". */
  constructor(options: { clock: Clock; logger: Logger; waitsFor: string }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#waitsFor = options.waitsFor;
  }

  /** Failures in a row. */
  get tries(): number {
    return this.#tries;
  }

  failed(error: unknown): void {
    const now = this.#clock.monotonic();
    if (this.#tries === 0) this.#since = now;
    this.#tries++;
    const cause = error instanceof Error ? error.message : String(error);
    if (cause === this.#cause && now - this.#loggedAt < repeatMs) return;
    this.#cause = cause;
    this.#loggedAt = now;
    const rule = missingRule(error);
    const seconds = Math.round((now - this.#since) / 1000);
    this.#logger.error(error, `Waiting to ${this.#waitsFor}`, {
      ...(rule === undefined ? {} : { missingRule: rule }),
      ...(this.#tries === 1 ? {} : { tries: this.#tries, seconds }),
    });
  }

  worked(): void {
    if (this.#tries === 0) return;
    const seconds = Math.round((this.#clock.monotonic() - this.#since) / 1000);
    this.#logger.info(`No longer waiting to ${this.#waitsFor}`, { tries: this.#tries, seconds });
    this.#tries = 0;
    this.#cause = '';
  }
}
