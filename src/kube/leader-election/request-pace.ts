import type { Clock } from '../../base/clock.ts';
import { KubeError } from '../client/errors.ts';
import { Deadline } from './deadline.ts';

/** The server has not answered within the time that a request may take. What was asked for may be done all the same. */
export class RequestTimeout extends Error {
  constructor(limitMs: number, cause: unknown) {
    super(`no answer within ${Math.round(limitMs) / 1000}s`, { cause });
    this.name = 'RequestTimeout';
  }
}

/** How much longer than the slowest of late the next request may take. */
const tolerance = 1.5;
/** What is left of a slow request's weight with each one that comes after it. */
const fading = 0.8;

/**
 * Sends the requests about the lease, each with a time limit of its own, and knows how long the server takes for them: a
 * server that needs five seconds for each is slow, not absent, and giving up on it after three would undo nothing (what
 * was sent is done all the same).
 */
export class RequestPace {
  readonly #clock: Clock;
  #slowestMs = 0;
  /** Requests in a row that were not answered in time. */
  #unanswered = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The slowest answer of late, in milliseconds. */
  get slowestMs(): number {
    return this.#slowestMs;
  }

  /** How long to wait for an answer; at least `leastMs`. */
  limitMs(leastMs: number): number {
    return Math.max(leastMs, this.#slowestMs * tolerance) * tolerance ** Math.min(this.#unanswered, 4);
  }

  /** Rejects as `send` does, or with RequestTimeout. */
  async request<T>(limitMs: number, outer: AbortSignal, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = new Deadline(this.#clock, limitMs, outer);
    const sentAt = this.#clock.monotonic();
    try {
      const answer = await send(deadline.signal);
      this.#answered(this.#clock.monotonic() - sentAt);
      return answer;
    } catch (error) {
      if (error instanceof KubeError && error.code > 0) this.#answered(this.#clock.monotonic() - sentAt);
      else if (deadline.passed) this.#unanswered++;
      throw deadline.passed ? new RequestTimeout(limitMs, error) : error;
    } finally {
      deadline.end();
    }
  }

  #answered(tookMs: number): void {
    this.#slowestMs = Math.max(tookMs, this.#slowestMs * fading);
    this.#unanswered = 0;
  }
}
