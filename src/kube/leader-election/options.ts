import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Random } from '../../base/random.ts';
import type { KubeClient } from '../client/client.ts';
import type { LeaseName } from './lease.ts';

export interface LeaderElectorOptions {
  client: KubeClient;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics?: Metrics | undefined;
  lease: LeaseName & {
    /** Must be no other candidate's. */
    readonly identity: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  /** How long the others wait, from the last renewal that they saw, before they take the lease. */
  leaseDurationMs: number;
  /** How long after its last renewal a leader gives up. */
  renewDeadlineMs: number;
  /** Time between two tries to get or renew the lease. */
  retryPeriodMs: number;
  /** Give the lease back at the end of a term, so that nobody has to wait. */
  releaseOnStop: boolean;
  /** Told when the server answers with an older lease than it did before: its data has gone back to an earlier moment. */
  onGoneBack?: (() => void) | undefined;
}

/** A standby waits one retry period and up to this much of another, as client-go does. */
export const standbyJitter = 1.2;

/**
 * When a leader renews, so that two tries fit before its deadline even if nothing answers the first one: client-go's
 * one try in each retry period leaves room for one. Milliseconds. A slow server is waited for longer than `limitMs`.
 */
export function renewalTimes(options: Pick<LeaderElectorOptions, 'renewDeadlineMs' | 'retryPeriodMs'>): {
  everyMs: number;
  limitMs: number;
  retryMs: number;
} {
  const everyMs = Math.min(options.retryPeriodMs, options.renewDeadlineMs / 3);
  return { everyMs, limitMs: (options.renewDeadlineMs - everyMs) / 2, retryMs: everyMs / 10 };
}

/**
 * The duration to write into the lease, in seconds: as configured, or as long as two requests of `requestMs` take and a
 * fifth more. A renewal counts from when it was sent, so a server that needs longer than that for two would have a
 * leader lose each term before the answer to its next renewal.
 */
export function leaseSeconds(configured: number, requestMs: number): number {
  return Math.max(configured, Math.ceil((requestMs * 2.4) / 1000));
}

/** Throws RangeError unless lease duration > renew deadline > 1.2 retry periods, client-go's rule. */
export function checkDurations({ leaseDurationMs, renewDeadlineMs, retryPeriodMs }: LeaderElectorOptions): void {
  const given = `(lease duration ${leaseDurationMs} ms, renew deadline ${renewDeadlineMs} ms, retry period ${retryPeriodMs} ms)`;
  if (!(retryPeriodMs > 0)) throw new RangeError(`the retry period must be more than 0 ${given}`);
  if (!(renewDeadlineMs > retryPeriodMs * standbyJitter)) {
    throw new RangeError(`the renew deadline must be more than ${standbyJitter} times the retry period ${given}`);
  }
  if (!(leaseDurationMs > renewDeadlineMs)) {
    throw new RangeError(`the lease duration must be more than the renew deadline ${given}`);
  }
}
