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
  /** Monotonic time in milliseconds from an arbitrary start. For every deadline and every measured duration. */
  monotonic(): number;
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
