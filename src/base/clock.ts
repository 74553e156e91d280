/** A timer that can be cancelled. Cancelling one that has fired, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time, as everything under src/ sees it. Production hands in the machine's clocks, the simulator a virtual one;
 * nothing else may read time or start a timer.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May jump; only for what is shown or written to the API. */
  now(): number;
  /**
   * Monotonic time in milliseconds from an arbitrary start. For every deadline and every measured duration. Stands still
   * while the machine is suspended.
   */
  monotonic(): number;
  /** Milliseconds since the machine was started, those in which it was suspended included. */
  boot(): number;
  /** Runs `action` once, `delayMs` milliseconds from now (0 is allowed: not before the current task has ended). */
  schedule(delayMs: number, action: () => void): Timer;
}

/** Waits `delayMs` milliseconds. Resolves early, without error, when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = clock.schedule(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
    function done(): void {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}

/** One moment, as each of the machine's clocks shows it. Milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
  readonly boot: number;
}

export function momentOf(clock: Clock): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic(), boot: clock.boot() };
}

/**
 * Milliseconds since `moment` by the clock that shows the most. A suspended machine's monotonic clock stands still; a
 * wall clock that is set back, or forward, can make the answer longer, but never shorter than the monotonic clock says.
 */
export function elapsedSince(clock: Clock, moment: Moment): number {
  return Math.max(clock.monotonic() - moment.monotonic, clock.now() - moment.wall, clock.boot() - moment.boot);
}
