import { type Clock, sleep } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import { WaitingLog } from '../../base/log/waiting-log.ts';
import { type Gauge, noMetrics } from '../../base/metrics.ts';
import { jitter } from '../../base/random.ts';
import type { Lease } from '../api/objects.ts';
import { isConflict, isNotFound, ruleDetails } from '../client/errors.ts';
import { Deadline } from './deadline.ts';
import { type LeaseClaim, LeaseLock } from './lease.ts';
import { LeaseWatch } from './lease-watch.ts';
import { ObservedLease } from './observed-lease.ts';
import { checkDurations, type LeaderElectorOptions, renewalTimes, standbyJitter } from './options.ts';
import { LeaderTerm, type Term } from './term.ts';

export type { LeaderElectorOptions } from './options.ts';
export type { Term } from './term.ts';

/** An orderly end must not hang on an API server that does not answer. */
const releaseTimeoutMs = 1500;
/** What is tolerated beyond the lease duration before health says so. */
const healthToleranceMs = 20_000;

/**
 * Leader election on a Lease, by client-go's rules and in its format, so that both can stand in one election. Being
 * elected is a belief and no fence: ask Term.held before whatever must not be done by two.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #clock: Clock;
  readonly #identity: string;
  readonly #logger: Logger;
  readonly #lock: LeaseLock;
  readonly #sight: ObservedLease;
  readonly #failures: WaitingLog;
  readonly #gauge: Gauge<'name'>;
  /** What stands in the lease as its duration, and what we take it for: never longer than the others do. */
  readonly #leaseSeconds: number;
  readonly #leaseDurationMs: number;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #term: LeaderTerm | undefined;
  /** Conflicts in a row when trying to take the lease. */
  #conflicts = 0;
  /** Ends the waiting of a standby. */
  #wake: () => void = () => {};

  constructor(options: LeaderElectorOptions) {
    checkDurations(options);
    const { clock, logger, lease, client } = options;
    this.#options = options;
    this.#clock = clock;
    this.#identity = lease.identity;
    this.#logger = logger.named('kube/leader-election/election').with({ lease: `${lease.namespace}/${lease.name}` });
    this.#lock = new LeaseLock({ client, lease });
    this.#sight = new ObservedLease({ clock, onLeader: (leader) => this.#logger.info('New leader', { leader }) });
    const waitsFor = 'to read and write the lease of the leader election';
    this.#failures = new WaitingLog({ clock, logger: this.#logger, waitsFor, details: ruleDetails });
    this.#leaseSeconds = Math.max(1, Math.floor(options.leaseDurationMs / 1000));
    this.#leaseDurationMs = Math.min(options.leaseDurationMs, this.#leaseSeconds * 1000);
    this.#gauge = (options.metrics ?? noMetrics).gauge<'name'>({
      name: 'leader_election_master_status',
      help: 'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.',
      labels: ['name'],
    });
    this.#gauge.set(0, { name: lease.name });
  }

  /** The identity that held the lease when it was last seen; empty if nobody did. */
  get leader(): string {
    return this.#sight.leader;
  }

  /**
   * Campaigns until stop(). Each term that is won is handed to `lead`; only when its promise has settled is the lease
   * given back or campaigned for again. Rejects if `lead` does, after giving the lease back.
   */
  run(lead: (term: Term) => Promise<void>): Promise<void> {
    if (this.#running !== undefined) throw new Error('the elector has been started');
    this.#running = this.#run(lead);
    return this.#running;
  }

  /** Ends the term, if there is one (its leader may finish), and gives the lease back; a standby ends at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#term?.end();
    await this.#running?.catch(() => {}); // Whoever called run() hears of it.
  }

  /** Why the lease counts as unhealthy: still led under, and not renewed for too long. Undefined for a standby. */
  healthError(nowMonotonic: number): string | undefined {
    if (this.#term === undefined) return undefined;
    const ageMs = nowMonotonic - this.#term.renewedAt;
    if (ageMs <= this.#leaseDurationMs + healthToleranceMs) return undefined;
    return `leading, but the lease has not been renewed for ${Math.round(ageMs / 1000)}s`;
  }

  async #run(lead: (term: Term) => Promise<void>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const term = await this.#campaign();
      if (term !== undefined) await this.#serve(term, lead);
    }
  }

  /** Tries until the lease is ours; undefined when stopped. */
  async #campaign(): Promise<LeaderTerm | undefined> {
    const { signal } = this.#stopping;
    const { retryPeriodMs } = this.#options;
    const watch = new LeaseWatch({
      ...{ lock: this.#lock, clock: this.#clock, logger: this.#logger, retryPeriodMs },
      version: () => this.#sight.lease?.resourceVersion,
      told: (lease) => {
        this.#sight.see(lease === 'deleted' ? undefined : lease);
        this.#wake();
      },
    });
    try {
      while (!signal.aborted) {
        const term = await this.#tryToAcquire();
        if (term !== undefined) return term;
        if (this.#sight.lease !== undefined) watch.start();
        await this.#standBy();
      }
      return undefined;
    } finally {
      await watch.stop();
    }
  }

  async #tryToAcquire(): Promise<LeaderTerm | undefined> {
    const { renewDeadlineMs } = this.#options;
    const deadline = new Deadline(this.#clock, renewDeadlineMs / 2, this.#stopping.signal);
    try {
      this.#sight.see(await this.#lock.read(deadline.signal));
      const { lease } = this.#sight;
      let renewedAt: number | undefined;
      if (this.#sight.freeInMs(this.#identity) === 0) {
        renewedAt = this.#clock.monotonic();
        this.#sight.see(await this.#lock.write(this.#claim(lease), lease, deadline.signal));
      }
      this.#failures.worked();
      this.#conflicts = 0;
      if (renewedAt === undefined) return undefined;
      const leaseDurationMs = this.#leaseDurationMs;
      return new LeaderTerm({ clock: this.#clock, leaseDurationMs, renewDeadlineMs, renewedAt });
    } catch (error) {
      if (isConflict(error)) this.#conflicts++;
      // Who loses against another candidate looks who that is, at once. Losing again and again against nobody is an outage.
      const isLost = isConflict(error) && this.#conflicts === 1;
      if (!this.#stopping.signal.aborted && !isLost) this.#failures.failed(deadline.explain(error));
      return undefined;
    } finally {
      deadline.end();
    }
  }

  /** Waits until the lease may be free, or it is time to look again. */
  async #standBy(): Promise<void> {
    const { retryPeriodMs, random } = this.#options;
    // What keeps us from taking a lease may be the API server and not the others; hammering it would not help.
    const failing = this.#failures.tries > 0;
    const lookInMs = failing ? jitter(random, retryPeriodMs / 2, 1) : jitter(random, retryPeriodMs, standbyJitter);
    const lookAt = this.#clock.monotonic() + lookInMs;
    while (!this.#stopping.signal.aborted) {
      const freeInMs = this.#sight.freeInMs(this.#identity);
      const leftMs = lookAt - this.#clock.monotonic();
      if (leftMs <= 0 || (freeInMs === 0 && !failing)) return;
      await this.#sleepUntilWoken(failing ? leftMs : Math.min(leftMs, freeInMs));
    }
  }

  async #sleepUntilWoken(delayMs: number): Promise<void> {
    const waking = new AbortController();
    const wake = (): void => waking.abort();
    this.#wake = wake;
    this.#stopping.signal.addEventListener('abort', wake, { once: true });
    await sleep(this.#clock, delayMs, waking.signal);
    this.#stopping.signal.removeEventListener('abort', wake);
    this.#wake = () => {};
  }

  async #serve(term: LeaderTerm, lead: (term: Term) => Promise<void>): Promise<void> {
    const { name } = this.#options.lease;
    this.#term = term;
    if (this.#stopping.signal.aborted) term.end();
    this.#gauge.set(1, { name });
    this.#logger.info('Became leader', { identity: this.#identity });
    const renewing = this.#renew(term);
    try {
      await lead(term);
    } finally {
      term.finish();
      await renewing;
      if (this.#options.releaseOnStop && term.held()) await this.#release();
      this.#term = undefined;
      this.#gauge.set(0, { name });
      this.#logger.info('No longer leader', term.lost === undefined ? {} : { reason: term.lost });
    }
  }

  /** Renews the lease until the term is over: lost, or the leader's last work is done. */
  async #renew(term: LeaderTerm): Promise<void> {
    const { everyMs, timeoutMs, retryMs } = renewalTimes(this.#options);
    let waitMs = everyMs;
    for (;;) {
      await sleep(this.#clock, waitMs, term.over);
      if (term.over.aborted) return;
      const deadline = new Deadline(this.#clock, timeoutMs, term.over);
      try {
        const sentAt = this.#clock.monotonic();
        const lease = await this.#replace((last) => this.#claim(last), deadline.signal);
        if (lease.holderIdentity !== this.#identity) return term.lose(`${lease.holderIdentity} has taken it`);
        if (term.over.aborted) return;
        term.renewed(sentAt);
        this.#failures.worked();
        waitMs = everyMs;
      } catch (error) {
        if (term.over.aborted) return;
        this.#failures.failed(deadline.explain(error));
        waitMs = jitter(this.#options.random, retryMs, 0.5);
      } finally {
        deadline.end();
      }
    }
  }

  async #release(): Promise<void> {
    const deadline = new Deadline(this.#clock, releaseTimeoutMs);
    const now = this.#clock.now();
    try {
      await this.#replace((last) => {
        const acquired = { timeMs: now, leaseTransitions: last?.leaseTransitions ?? 0 };
        return { holderIdentity: '', leaseDurationSeconds: 1, renewTimeMs: now, acquired };
      }, deadline.signal);
    } catch (error) {
      this.#logger.warning('Cannot give back the lease; the others have to wait until it expires', { err: error });
    } finally {
      deadline.end();
    }
  }

  /**
   * Writes our lease. If it is not as we left it (somebody has labelled it, an answer of ours was lost, it is gone),
   * reads it and, unless another holds it, writes again. Resolves with the lease as it is then, ours or not.
   */
  async #replace(claimOn: (last: Lease | undefined) => LeaseClaim, signal: AbortSignal): Promise<Lease> {
    const { lease: last } = this.#sight;
    try {
      return this.#saw(await this.#lock.write(claimOn(last), last, signal));
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    const now = await this.#lock.read(signal);
    this.#sight.see(now);
    if (now !== undefined && now.holderIdentity !== '' && now.holderIdentity !== this.#identity) return now;
    return this.#saw(await this.#lock.write(claimOn(now), now, signal));
  }

  #saw(lease: Lease): Lease {
    this.#sight.see(lease);
    return lease;
  }

  #claim(last: Lease | undefined): LeaseClaim {
    const now = this.#clock.now();
    const claim = { holderIdentity: this.#identity, leaseDurationSeconds: this.#leaseSeconds, renewTimeMs: now };
    if (last?.holderIdentity === this.#identity) return claim;
    const leaseTransitions = last === undefined ? 0 : last.leaseTransitions + 1;
    return { ...claim, acquired: { timeMs: now, leaseTransitions } };
  }
}
