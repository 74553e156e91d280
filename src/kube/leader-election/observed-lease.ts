import type { Clock } from '../../base/clock.ts';
import type { Lease } from '../api/objects.ts';
import { compareVersions } from '../api/resource-version.ts';
import { leaseFingerprint } from './lease.ts';

/**
 * What a candidate knows of the lease, by client-go's rule: a lease is taken to be held until it has not been renewed
 * for the duration that stands in it, counted by our own monotonic clock from when we first saw its last renewal. The
 * times that stand in it come from other machines' clocks and are never compared with ours.
 */
export class ObservedLease {
  readonly #clock: Clock;
  readonly #onLeader: (identity: string) => void;
  #lease: Lease | undefined;
  #fingerprint = '';
  /** Monotonic: when its last renewal was first seen. */
  #since = 0;
  #leader = '';

  /** `onLeader` is called when somebody else than before holds the lease; not with an empty identity. */
  constructor(options: { clock: Clock; onLeader: (identity: string) => void }) {
    this.#clock = options.clock;
    this.#onLeader = options.onLeader;
  }

  /** The lease as last seen; undefined if there was none. */
  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** Who held it when it was last seen; empty if nobody did. */
  get leader(): string {
    return this.#leader;
  }

  /** Takes note of the lease as it was read, told or written. An older version than the one known is ignored. */
  see(lease: Lease | undefined): void {
    const known = this.#lease;
    if (lease !== undefined && known !== undefined && lease.uid === known.uid) {
      if (compareVersions(lease.resourceVersion, known.resourceVersion) < 0) return;
    }
    this.#lease = lease;
    const fingerprint = lease === undefined ? '' : leaseFingerprint(lease);
    if (fingerprint !== this.#fingerprint) this.#since = this.#clock.monotonic();
    this.#fingerprint = fingerprint;
    const leader = lease?.holderIdentity ?? '';
    if (leader !== this.#leader && leader !== '') this.#onLeader(leader);
    this.#leader = leader;
  }

  /** Milliseconds until `identity` may take the lease; 0 if it may now. */
  freeInMs(identity: string): number {
    if (this.#leader === '' || this.#leader === identity) return 0;
    const durationMs = (this.#lease?.leaseDurationSeconds ?? 0) * 1000;
    return Math.max(0, this.#since + durationMs - this.#clock.monotonic());
  }
}
