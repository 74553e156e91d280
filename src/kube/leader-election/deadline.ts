import type { Clock, Timer } from '../../base/clock.ts';

/** A signal that aborts when the time is up or the caller's signal aborts. Must be ended, or its timer stays. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: Timer;
  readonly #outer: AbortSignal | undefined;
  #passed = false;

  constructor(clock: Clock, delayMs: number, outer?: AbortSignal) {
    this.#outer = outer;
    this.#timer = clock.schedule(delayMs, () => {
      this.#passed = true;
      this.#controller.abort();
    });
    if (outer?.aborted) this.#abort();
    else outer?.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** True if it was the time that ran out, not the caller that cancelled. */
  get passed(): boolean {
    return this.#passed;
  }

  end(): void {
    this.#timer.cancel();
    this.#outer?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#controller.abort();
}
