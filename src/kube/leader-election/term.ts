import type { Clock, Timer } from '../../base/clock.ts';

/**
 * The share of a lease that its holder makes use of. Clocks do not run alike: a slow one here, and a fast one there, must
 * not make two holders of one lease. Clocks in service are off by less than a thousandth (NTP corrects up to half of one).
 */
const surelyOurs = 0.99;

/** One time of being the leader. */
export interface Term {
  /** Aborts when the lease is lost, or is to be given up: no new work from then on. */
  readonly signal: AbortSignal;
  /** True while the lease is surely ours by the monotonic clock. To be asked before every driver call and every write. */
  held(): boolean;
}

/**
 * The elector's side of a term. The lease counts from the moment before the request that renewed it was sent: whoever
 * else looks at the lease cannot have begun to count earlier.
 */
export class LeaderTerm implements Term {
  readonly #clock: Clock;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #ending = new AbortController();
  readonly #over = new AbortController();
  /** Monotonic: when the request that last renewed the lease was sent. */
  #renewedAt: number;
  #lost: string | undefined;
  #deadline: Timer | undefined;

  constructor(options: { clock: Clock; leaseDurationMs: number; renewDeadlineMs: number; renewedAt: number }) {
    this.#clock = options.clock;
    this.#leaseDurationMs = options.leaseDurationMs;
    this.#renewDeadlineMs = options.renewDeadlineMs;
    this.#renewedAt = options.renewedAt;
    this.renewed(options.renewedAt);
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborts when the lease need not be renewed any more: it is lost, or the leader's last work is done. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** Why the lease was lost; undefined if it was not. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /**
   * A lease that was found to have run out is lost, even if the answer to a renewal is still to be read (after a pause of
   * the process, say): work was dropped on that ground, and only a new term looks at everything again.
   */
  held(): boolean {
    if (this.#lost === undefined && this.#clock.monotonic() >= this.#renewedAt + this.#leaseDurationMs * surelyOurs) {
      this.lose(`it was not renewed for ${this.#leaseDurationMs / 1000}s`);
    }
    return this.#lost === undefined;
  }

  /** `sentAt`: when the request that renewed the lease was sent. */
  renewed(sentAt: number): void {
    this.#renewedAt = sentAt;
    this.#deadline?.cancel();
    const leftMs = sentAt + this.#renewDeadlineMs - this.#clock.monotonic();
    this.#deadline = this.#clock.schedule(leftMs, () => {
      this.lose(`it could not be renewed for ${this.#renewDeadlineMs / 1000}s`);
    });
  }

  /** Asks for its end; the lease is kept until the leader's last work is done. */
  end(): void {
    this.#ending.abort();
  }

  /** The lease is not ours any more, or may soon not be: nothing may be written under it. */
  lose(why: string): void {
    this.#lost ??= why;
    this.finish();
  }

  /** The leader's last work is done, or counts no more. */
  finish(): void {
    this.#deadline?.cancel();
    this.#over.abort();
    this.#ending.abort();
  }
}
