import { type AbortListener, AbortListeners } from '../../base/abort-listeners.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { CancelSignal } from './transport.ts';

/**
 * Gives every request the same time. Many are under way at once and nearly all end in time, so that an AbortController and
 * a timer for each would cost more than everything else about it: here is one timer, for the one that began first.
 */
export class RequestDeadlines {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** In the order in which they began, which is the order in which their time is up. */
  readonly #running = new Set<RequestDeadline>();
  readonly #listeners = new AbortListeners();
  #timer: Timer | undefined;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Cancels when the time is up or `outer` aborts. Must be ended, or the timer stays. */
  begin(outer: AbortSignal | undefined): RequestDeadline {
    const deadline = new RequestDeadline(this.#clock.monotonic() + this.#timeoutMs, outer?.aborted === true);
    if (outer?.aborted === false) this.#listeners.add(outer, deadline);
    this.#running.add(deadline);
    this.#timer ??= this.#clock.schedule(this.#timeoutMs, () => this.#expire());
    return deadline;
  }

  /** `outer` is the signal that it began with. */
  end(deadline: RequestDeadline, outer: AbortSignal | undefined): void {
    if (outer !== undefined) this.#listeners.remove(outer, deadline);
    this.#running.delete(deadline);
    if (this.#running.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const deadline of this.#running) {
      if (deadline.dueMs > now) {
        // Rounded up: a fraction lost on the way would have the timer fire before its time, again and again.
        this.#timer = this.#clock.schedule(Math.ceil(deadline.dueMs - now), () => this.#expire());
        return;
      }
      this.#running.delete(deadline);
      deadline.expire();
    }
  }
}

/** The time of one request, in the form in which a transport takes it. */
export class RequestDeadline implements CancelSignal, AbortListener {
  /** Monotonic time in milliseconds. */
  readonly dueMs: number;
  #listeners: readonly (() => void)[] = none;
  #aborted: boolean;
  #passed = false;

  constructor(dueMs: number, aborted: boolean) {
    this.dueMs = dueMs;
    this.#aborted = aborted;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** True if it was the time that ran out, not the caller that cancelled. */
  get passed(): boolean {
    return this.#passed;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners = this.#listeners.length === 1 && this.#listeners[0] === listener ? none : this.#others(listener);
  }

  /** The caller has cancelled. */
  cancelled(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    for (const listener of this.#listeners) listener();
  }

  expire(): void {
    this.#passed = !this.#aborted;
    this.cancelled();
  }

  #others(listener: () => void): readonly (() => void)[] {
    return this.#listeners.filter((other) => other !== listener);
  }
}

const none: readonly (() => void)[] = [];
