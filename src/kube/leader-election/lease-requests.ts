import { type Clock, elapsedSince, type Moment, momentOf } from '../../base/clock.ts';
import type { Lease } from '../api/objects.ts';
import { isConflict, isNotFound } from '../client/errors.ts';
import type { LeaseClaim, LeaseLock } from './lease.ts';
import type { ObservedLease } from './observed-lease.ts';
import { leaseSeconds } from './options.ts';
import { type RequestPace, RequestTimeout } from './request-pace.ts';
import type { Grant } from './term.ts';

export interface LeaseRequestsOptions {
  clock: Clock;
  lock: LeaseLock;
  observed: ObservedLease;
  pace: RequestPace;
  identity: string;
  leaseDurationMs: number;
  renewDeadlineMs: number;
  /** Told when the server answers with an older lease than it did before. */
  onGoneBack: () => void;
}

/** How long one request may take, and what ends it before. */
export interface Patience {
  limitMs: number;
  signal: AbortSignal;
}

/** A lease as it was read after a conflict, held by somebody else; or what our own write of it gives. */
export type Written = { holder: string } | Grant;

interface Claimed {
  readonly claim: LeaseClaim;
  readonly sentAt: Moment;
}

/** So many writes in a row that were not answered in time, and a candidate lets the others go first. */
const triesBeforeOthers = 2;

/** The requests of one candidate, and what it knows of those that were not answered. */
export class LeaseRequests {
  readonly #options: LeaseRequestsOptions;
  /** What stands in the lease as its duration, and what we take it for: never longer than the others do. */
  readonly #leaseSeconds: number;
  readonly #leaseDurationMs: number;
  /** The last write of a candidate if it was given up: it may be done all the same. */
  #unanswered: Claimed | undefined;
  /** How many there were in a row. */
  #givenUp = 0;

  constructor(options: LeaseRequestsOptions) {
    this.#options = options;
    this.#leaseSeconds = Math.max(1, Math.floor(options.leaseDurationMs / 1000));
    this.#leaseDurationMs = Math.min(options.leaseDurationMs, this.#leaseSeconds * 1000);
  }

  /** Reads the lease from the server. */
  async read({ limitMs, signal }: Patience): Promise<Lease | undefined> {
    const { lock, observed, pace } = this.#options;
    const asked = observed.asking();
    const lease = await pace.request(limitMs, signal, (either) => lock.read(either));
    this.#answered(lease, asked);
    return lease;
  }

  /** Takes the lease, which was last read as `last`. */
  async acquire(last: Lease | undefined, patience: Patience): Promise<Grant> {
    const claimed = this.#claimed(last);
    this.#unanswered = undefined;
    try {
      await this.#write(claimed.claim, last, patience);
      this.#givenUp = 0;
      return this.#grant(claimed);
    } catch (error) {
      if (error instanceof RequestTimeout) {
        this.#unanswered = claimed;
        this.#givenUp++;
      }
      throw error;
    }
  }

  /**
   * Writes our lease. If it is not as we left it (somebody has labelled it, an answer of ours was lost, it is gone),
   * reads it and, unless another holds it, writes again.
   */
  async renew(patience: Patience): Promise<Written> {
    const { observed, identity } = this.#options;
    try {
      return await this.#renew(observed.lease, patience);
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    const now = await this.read(patience);
    if (now !== undefined && now.holderIdentity !== '' && now.holderIdentity !== identity) {
      return { holder: now.holderIdentity };
    }
    return this.#renew(now, patience);
  }

  /** Gives our lease back. */
  async release(patience: Patience): Promise<void> {
    const { clock, observed, identity } = this.#options;
    const timeMs = clock.now();
    const claimOn = (last: Lease | undefined): LeaseClaim => {
      const acquired = { timeMs, leaseTransitions: last?.leaseTransitions ?? 0 };
      return { holderIdentity: '', leaseDurationSeconds: 1, renewTimeMs: timeMs, acquired };
    };
    const last = observed.lease;
    try {
      return await this.#write(claimOn(last), last, patience);
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    const now = await this.read(patience);
    if (now === undefined || now.holderIdentity === identity) await this.#write(claimOn(now), now, patience);
  }

  /**
   * What a write that was given up gives, if the lease shows that it was done and enough of it is left to lead under;
   * undefined if not.
   */
  get grantOfUnanswered(): Grant | undefined {
    const { clock, observed, identity } = this.#options;
    const { lease } = observed;
    if (this.#unanswered === undefined || lease?.holderIdentity !== identity) return undefined;
    if (lease.renewTimeMs !== this.#unanswered.claim.renewTimeMs) return undefined;
    const grant = this.#grant(this.#unanswered);
    return elapsedSince(clock, grant.sentAt) < grant.durationMs / 2 ? grant : undefined;
  }

  /**
   * Milliseconds for which a lease that we write, and get no answer in time, is left to the others: until what we wrote
   * has run out for them. 0 if our writes are answered.
   */
  get othersFirstMs(): number {
    const { clock, leaseDurationMs, renewDeadlineMs } = this.#options;
    if (this.#unanswered === undefined || this.#givenUp < triesBeforeOthers) return 0;
    return Math.max(0, leaseDurationMs + renewDeadlineMs - elapsedSince(clock, this.#unanswered.sentAt));
  }

  async #renew(last: Lease | undefined, patience: Patience): Promise<Grant> {
    const claimed = this.#claimed(last);
    await this.#write(claimed.claim, last, patience);
    return this.#grant(claimed);
  }

  async #write(claim: LeaseClaim, last: Lease | undefined, { limitMs, signal }: Patience): Promise<void> {
    const { lock, observed, pace } = this.#options;
    const asked = observed.asking();
    this.#answered(await pace.request(limitMs, signal, (either) => lock.write(claim, last, either)), asked);
  }

  #answered(lease: Lease | undefined, asked: number): void {
    if (this.#options.observed.answered(lease, asked)) this.#options.onGoneBack();
  }

  #grant({ claim, sentAt }: Claimed): Grant {
    const { pace, renewDeadlineMs } = this.#options;
    const seconds = claim.leaseDurationSeconds;
    return {
      sentAt,
      durationMs: seconds === this.#leaseSeconds ? this.#leaseDurationMs : seconds * 1000,
      patienceMs: Math.max(renewDeadlineMs, 2 * pace.slowestMs),
    };
  }

  #claimed(last: Lease | undefined): Claimed {
    const { clock, identity, pace } = this.#options;
    const sentAt = momentOf(clock);
    const leaseDurationSeconds = leaseSeconds(this.#leaseSeconds, pace.slowestMs);
    const claim = { holderIdentity: identity, leaseDurationSeconds, renewTimeMs: sentAt.wall };
    if (last?.holderIdentity === identity) return { claim, sentAt };
    const leaseTransitions = last === undefined ? 0 : last.leaseTransitions + 1;
    return { claim: { ...claim, acquired: { timeMs: sentAt.wall, leaseTransitions } }, sentAt };
  }
}
