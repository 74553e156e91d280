import type { Clock } from '../../base/clock.ts';
import type { Lease } from '../api/objects.ts';
import { compareVersions } from '../api/resource-version.ts';
import { leaseFingerprint } from './lease.ts';

/**
 * What a candidate knows of the lease, by client-go's rule: a lease is taken to be held until it has not been renewed
 * for the duration that stands in it, counted by our own monotonic clock from when we first saw its last renewal. The
 * times that stand in it come from other machines' clocks and are never compared with ours.
 *
 * What the server itself answers is the truth, even if its version is lower than one that was seen before: then its data
 * has gone back (etcd was restored from a backup). Only a watch may tell something late.
 */
export class ObservedLease {
  readonly #clock: Clock;
  readonly #onLeader: (identity: string) => void;
  #lease: Lease | undefined;
  #fingerprint = '';
  /** Monotonic: when its last renewal was first seen. */
  #since = 0;
  #leader = '';
  /** Counts what was observed. */
  #observations = 0;
  /** Monotonic: until when a holder that the lease does not show any more may believe that it leads. */
  #formerHolderUntil = 0;

  /** `onLeader` is called when somebody else than before holds the lease; not with an empty identity. */
  constructor(options: { clock: Clock; onLeader: (identity: string) => void }) {
    this.#clock = options.clock;
    this.#onLeader = options.onLeader;
  }

  /** The lease as last observed; undefined if there was none. */
  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** Who held it when it was last observed; empty if nobody did. */
  get leader(): string {
    return this.#leader;
  }

  /** To be called before a request about the lease is sent; `answered` takes what it gives. */
  asking(): number {
    return this.#observations;
  }

  /**
   * Takes note of what the server answered, undefined if it has no lease. Only what a watch told after the request was
   * sent (`asked`) can be newer. True if the server has gone back to an older version.
   */
  answered(lease: Lease | undefined, asked: number): boolean {
    const isOlder = this.#isOlder(lease);
    if (isOlder && this.#observations !== asked) return false;
    this.#observe(lease, isOlder);
    return isOlder;
  }

  /** Takes note of what a watch told, undefined if the lease was deleted. An older version than the known one is late. */
  told(lease: Lease | undefined): void {
    if (!this.#isOlder(lease)) this.#observe(lease, false);
  }

  /** Milliseconds until `identity` may take the lease; 0 if it may now. */
  freeInMs(identity: string): number {
    const now = this.#clock.monotonic();
    const formerMs = Math.max(0, this.#formerHolderUntil - now);
    if (this.#leader === '' || this.#leader === identity) return formerMs;
    return Math.max(formerMs, this.#since + durationMs(this.#lease) - now);
  }

  #isOlder(lease: Lease | undefined): boolean {
    const known = this.#lease;
    if (lease === undefined || known === undefined || lease.uid !== known.uid) return false;
    return compareVersions(lease.resourceVersion, known.resourceVersion) < 0;
  }

  #observe(lease: Lease | undefined, goneBack: boolean): void {
    const known = this.#lease;
    const now = this.#clock.monotonic();
    // Whoever held the lease that was taken away may have renewed it a moment before, and believe in it for its duration.
    if (goneBack) this.#formerHolderUntil = now + Math.max(durationMs(known), durationMs(lease));
    else if (lease === undefined && this.#leader !== '') this.#formerHolderUntil = now + durationMs(known);
    this.#observations++;
    this.#lease = lease;
    const fingerprint = lease === undefined ? '' : leaseFingerprint(lease);
    if (fingerprint !== this.#fingerprint) this.#since = now;
    this.#fingerprint = fingerprint;
    const leader = lease?.holderIdentity ?? '';
    if (leader !== this.#leader && leader !== '') this.#onLeader(leader);
    this.#leader = leader;
  }
}

function durationMs(lease: Lease | undefined): number {
  return (lease?.leaseDurationSeconds ?? 0) * 1000;
}
