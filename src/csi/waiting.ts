import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import type { Logger } from '../base/log/logger.ts';

const firstIntervalMs = 1_000;
const longestIntervalMs = 60_000;

/**
 * Says what is being waited for: at once, whenever the reason changes, and else at intervals that double up to a
 * minute, so that a wait of days neither goes unseen nor fills the log.
 */
export class WaitingLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #message: string;
  readonly #startedMs: number;
  #reason: string | undefined;
  #nextMs = 0;
  #intervalMs = firstIntervalMs;

  constructor(clock: Clock, logger: Logger, message: string) {
    this.#clock = clock;
    this.#logger = logger;
    this.#message = message;
    this.#startedMs = clock.monotonic();
  }

  still(reason: string): void {
    const nowMs = this.#clock.monotonic();
    if (reason === this.#reason && nowMs < this.#nextMs) return;
    if (reason !== this.#reason) this.#intervalMs = firstIntervalMs;
    this.#reason = reason;
    this.#nextMs = nowMs + this.#intervalMs;
    this.#intervalMs = Math.min(this.#intervalMs * 2, longestIntervalMs);
    this.#logger.info(this.#message, { reason, waited: this.waited });
  }

  /** How long, as Go writes durations, in whole seconds. */
  get waited(): string {
    return formatDuration(Math.round((this.#clock.monotonic() - this.#startedMs) / 1000) * 1000);
  }
}
