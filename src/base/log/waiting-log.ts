import type { Clock } from '../clock.ts';
import type { Logger } from './logger.ts';

/** While the same cause goes on, it is logged again this often. */
const repeatMs = 5 * 60_000;

export interface WaitingLogOptions {
  clock: Clock;
  logger: Logger;
  /** Ends the sentence "Waiting …": "for the driver", "to list and watch volumes". */
  waitsFor: string;
  /** What else a line says about an error. */
  details?: (error: unknown) => Readonly<Record<string, string>>;
}

/**
 * Logs an outage as a whole instead of each try: what is waited for when it begins or its cause changes, then every
 * five minutes, and when it is over.
 */
export class WaitingLog {
  readonly #options: WaitingLogOptions;
  #tries = 0;
  #sinceMs = 0;
  #loggedAtMs = 0;
  #cause = '';

  constructor(options: WaitingLogOptions) {
    this.#options = options;
  }

  /** Failures in a row. */
  get tries(): number {
    return this.#tries;
  }

  /** An Error is logged as one; a text is a reason to wait that may be normal, and is logged as information. */
  failed(cause: unknown): void {
    const { clock, logger, waitsFor, details } = this.#options;
    const nowMs = clock.monotonic();
    if (this.#tries === 0) this.#sinceMs = nowMs;
    this.#tries++;
    const text = cause instanceof Error ? cause.message : String(cause);
    if (text === this.#cause && nowMs - this.#loggedAtMs < repeatMs) return;
    this.#cause = text;
    this.#loggedAtMs = nowMs;
    const fields = { ...details?.(cause), ...(this.#tries === 1 ? {} : this.#progress(nowMs)) };
    if (typeof cause === 'string') logger.info(`Waiting ${waitsFor}`, { reason: cause, ...fields });
    else logger.error(cause, `Waiting ${waitsFor}`, fields);
  }

  worked(): void {
    if (this.#tries === 0) return;
    const { clock, logger, waitsFor } = this.#options;
    logger.info(`No longer waiting ${waitsFor}`, this.#progress(clock.monotonic()));
    this.#tries = 0;
    this.#cause = '';
  }

  #progress(nowMs: number): { tries: number; seconds: number } {
    return { tries: this.#tries, seconds: Math.round((nowMs - this.#sinceMs) / 1000) };
  }
}
