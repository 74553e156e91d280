import { type Clock, elapsedSince, type Moment, type Timer } from '../../base/clock.ts';

/**
 * The share of a lease that its holder makes use of. Clocks do not run alike: a slow one here, and a fast one there, must
 * not make two holders of one lease. Clocks in service are off by less than a thousandth (NTP corrects up to half of one).
 */
const surelyOurs = 0.99;

/** What a renewal gives: the lease is ours for `durationMs` from `sentAt`, the moment before the request was sent. */
export interface Grant {
  readonly sentAt: Moment;
  readonly durationMs: number;
  /** How long to wait for the next renewal. */
  readonly patienceMs: number;
}

/** One time of being the leader. */
export interface Term {
  /** Aborts when the lease is lost, or is to be given up: no new work from then on. */
  readonly signal: AbortSignal;
  /**
   * True while the lease is ours by every clock of this machine: monotonic, wall and boot time. To be asked before every
   * driver call and every write.
   */
  held(): boolean;
}

/**
 * The elector's side of a term. The lease counts from the moment before the request that renewed it was sent: whoever
 * else looks at the lease cannot have begun to count earlier.
 */
export class LeaderTerm implements Term {
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly #over = new AbortController();
  #grant: Grant;
  #lost: string | undefined;
  #deadline: Timer | undefined;

  constructor(clock: Clock, grant: Grant) {
    this.#clock = clock;
    this.#grant = grant;
    this.renewed(grant);
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborts when the lease need not be renewed any more: it is lost, or the leader's last work is done. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Milliseconds since the request that last renewed the lease was sent. */
  get ageMs(): number {
    return elapsedSince(this.#clock, this.#grant.sentAt);
  }

  /** The lease's duration, as it was last written. */
  get durationMs(): number {
    return this.#grant.durationMs;
  }

  /** Milliseconds for which the lease is still ours. */
  get leftMs(): number {
    return this.#grant.durationMs * surelyOurs - this.ageMs;
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
    if (this.#lost === undefined && this.leftMs <= 0) this.#loseUnrenewed(this.#grant.durationMs);
    return this.#lost === undefined;
  }

  renewed(grant: Grant): void {
    this.#grant = grant;
    this.#deadline?.cancel();
    const waitMs = Math.min(grant.patienceMs, this.leftMs);
    this.#deadline = this.#clock.schedule(waitMs, () => this.#loseUnrenewed(waitMs));
  }

  #loseUnrenewed(ms: number): void {
    this.lose(`it could not be renewed for ${Math.round(ms / 1000)}s`);
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
