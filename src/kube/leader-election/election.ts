import { type Clock, sleep } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import { WaitingLog } from '../../base/log/waiting-log.ts';
import { type Gauge, noMetrics } from '../../base/metrics.ts';
import { jitter } from '../../base/random.ts';
import { isConflict, ruleDetails } from '../client/errors.ts';
import { LeaseLock } from './lease.ts';
import { LeaseRequests } from './lease-requests.ts';
import { LeaseWatch } from './lease-watch.ts';
import { ObservedLease } from './observed-lease.ts';
import { checkDurations, type LeaderElectorOptions, renewalTimes, standbyJitter } from './options.ts';
import { RequestPace } from './request-pace.ts';
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
  readonly #observed: ObservedLease;
  readonly #failures: WaitingLog;
  readonly #gauge: Gauge<'name'>;
  readonly #pace: RequestPace;
  readonly #requests: LeaseRequests;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #term: LeaderTerm | undefined;
  /** Conflicts in a row when trying to take the lease. */
  #conflicts = 0;
  /** That of a standby. */
  #watch: LeaseWatch | undefined;
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
    this.#observed = new ObservedLease({ clock, onLeader: (leader) => this.#logger.info('New leader', { leader }) });
    const waitsFor = 'to read and write the lease of the leader election';
    this.#failures = new WaitingLog({ clock, logger: this.#logger, waitsFor, details: ruleDetails });
    const { leaseDurationMs, renewDeadlineMs } = options;
    this.#pace = new RequestPace(clock);
    this.#requests = new LeaseRequests({
      ...{ clock, leaseDurationMs, renewDeadlineMs, identity: lease.identity },
      ...{ lock: this.#lock, observed: this.#observed, pace: this.#pace },
      onGoneBack: () => this.#goneBack(),
    });
    this.#gauge = (options.metrics ?? noMetrics).gauge<'name'>({
      name: 'leader_election_master_status',
      help: 'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.',
      labels: ['name'],
    });
    this.#gauge.set(0, { name: lease.name });
  }

  /** The identity that held the lease when it was last seen; empty if nobody did. */
  get leader(): string {
    return this.#observed.leader;
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
  get healthError(): string | undefined {
    if (this.#term === undefined) return undefined;
    const { ageMs, durationMs } = this.#term;
    if (ageMs <= durationMs + healthToleranceMs) return undefined;
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
      version: () => this.#observed.lease?.resourceVersion,
      told: (lease) => {
        this.#observed.told(lease);
        this.#wake();
      },
    });
    this.#watch = watch;
    try {
      while (!signal.aborted) {
        const term = await this.#tryToAcquire();
        if (term !== undefined) return term;
        if (this.#observed.lease !== undefined) watch.start();
        await this.#standBy();
      }
      return undefined;
    } finally {
      this.#watch = undefined;
      await watch.stop();
    }
  }

  async #tryToAcquire(): Promise<LeaderTerm | undefined> {
    const { signal } = this.#stopping;
    const patience = { limitMs: this.#options.renewDeadlineMs, signal };
    try {
      const lease = await this.#requests.read(patience);
      let grant = this.#requests.grantOfUnanswered;
      if (grant === undefined && this.#mayClaim) grant = await this.#requests.acquire(lease, patience);
      this.#failures.worked();
      this.#conflicts = 0;
      return grant && new LeaderTerm(this.#clock, grant);
    } catch (error) {
      if (isConflict(error)) this.#conflicts++;
      // Who loses against another candidate looks who that is, at once. Losing again and again against nobody is an outage.
      const isLost = isConflict(error) && this.#conflicts === 1;
      if (!signal.aborted && !isLost) this.#failures.failed(error);
      return undefined;
    }
  }

  get #mayClaim(): boolean {
    return this.#observed.freeInMs(this.#identity) === 0 && this.#requests.othersFirstMs === 0;
  }

  #goneBack(): void {
    this.#logger.warning('The API server has gone back to an older version of the lease; following it');
    this.#watch?.restart();
    this.#options.onGoneBack?.();
  }

  /** Waits until the lease may be free, or it is time to look again. */
  async #standBy(): Promise<void> {
    const { retryPeriodMs, random } = this.#options;
    // What keeps us from taking a lease may be the API server and not the others; hammering it would not help.
    const failing = this.#failures.tries > 0;
    const lookInMs = failing ? jitter(random, retryPeriodMs / 2, 1) : jitter(random, retryPeriodMs, standbyJitter);
    const lookAt = this.#clock.monotonic() + lookInMs;
    while (!this.#stopping.signal.aborted) {
      const freeInMs = Math.max(this.#observed.freeInMs(this.#identity), this.#requests.othersFirstMs);
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
    const { everyMs, limitMs, retryMs } = renewalTimes(this.#options);
    let waitMs = everyMs - term.ageMs;
    for (;;) {
      await sleep(this.#clock, Math.max(waitMs, retryMs), term.over);
      if (term.over.aborted) return;
      try {
        const signal = term.over;
        const written = await this.#requests.renew({ limitMs: this.#pace.limitMs(limitMs), signal });
        if ('holder' in written) return term.lose(`${written.holder} has taken it`);
        if (term.over.aborted) return;
        term.renewed(written);
        this.#failures.worked();
        waitMs = everyMs - term.ageMs;
      } catch (error) {
        if (term.over.aborted) return;
        this.#failures.failed(error);
        waitMs = jitter(this.#options.random, retryMs, 0.5);
      }
    }
  }

  async #release(): Promise<void> {
    const { signal } = new AbortController();
    try {
      await this.#requests.release({ limitMs: Math.max(releaseTimeoutMs, 1.5 * this.#pace.slowestMs), signal });
    } catch (error) {
      this.#logger.warning('Cannot give back the lease; the others have to wait until it expires', { err: error });
    }
  }
}
