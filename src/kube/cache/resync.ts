import type { Clock, Timer } from '../../base/clock.ts';
import { jitter, type Random } from '../../base/random.ts';

interface ResyncOptions {
  clock: Clock;
  random: Random;
  everyMs: number;
  store: { readonly synced: boolean; resync(): void };
}

/** Has a store tell all its objects again, every `everyMs` milliseconds and up to a tenth more; never if that is 0. */
export class Resync {
  readonly #options: ResyncOptions;
  #timer: Timer | undefined;

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, random, everyMs, store } = this.#options;
    if (everyMs <= 0) return;
    this.#timer = clock.schedule(jitter(random, everyMs, 0.1), () => {
      if (store.synced) store.resync();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
