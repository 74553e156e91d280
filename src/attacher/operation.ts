import type { Clock } from '../base/clock.ts';
import type { AttachmentRecord } from './state/attachment-record.ts';

/** Where the time of a run goes, in milliseconds. */
export class Stopwatch {
  driverMs = 0;
  apiMs = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts the time that `call` takes as time in the driver. */
  async inDriver<T>(call: () => Promise<T>): Promise<T> {
    const start = this.#clock.monotonic();
    try {
      return await call();
    } finally {
      this.driverMs += this.#clock.monotonic() - start;
    }
  }

  /** Counts the time that `call` takes as time in the API. */
  async inApi<T>(call: () => Promise<T>): Promise<T> {
    const start = this.#clock.monotonic();
    try {
      return await call();
    } finally {
      this.apiMs += this.#clock.monotonic() - start;
    }
  }
}

/** One run for one attachment. */
export class Operation extends Stopwatch {
  readonly record: AttachmentRecord;
  readonly queuedMs: number;
  readonly deletingAtStart: boolean;
  /** A publish may have reached the driver. */
  publishSent = false;

  constructor(options: { record: AttachmentRecord; queuedMs: number; clock: Clock }) {
    super(options.clock);
    this.record = options.record;
    this.queuedMs = options.queuedMs;
    this.deletingAtStart = options.record.newest.deletionMs !== undefined;
  }
}
