import { Backoff } from '../../base/backoff.ts';
import { type Clock, sleep } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import { WaitingLog } from '../../base/log/waiting-log.ts';
import { noMetrics } from '../../base/metrics.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectMeta } from '../api/objects.ts';
import { compareVersions } from '../api/resource-version.ts';
import type { KubeClient } from '../client/client.ts';
import { isGone, isUnknownResource, KubeError, ruleDetails } from '../client/errors.ts';
import type { Resource } from '../codec/resources.ts';
import { ObjectStore } from './object-store.ts';
import { createReflectorMetrics, type ReflectorMetrics, type RestartReason } from './reflector-metrics.ts';
import type { Listing, ReflectorOptions, State } from './reflector-state.ts';
import { Resync } from './resync.ts';
import type { Store } from './store.ts';
import { watchEvents } from './watch-events.ts';
import { WatchWatchdog } from './watch-watchdog.ts';

const pageSize = 500;
const longestMomentMs = 300;

/**
 * Keeps a store in step with one collection: lists it, then follows its events from where the list ended, for months.
 * Every way in which that can end leads back to `watching` or, if events were lost, to `listing`.
 */
export class Reflector<T extends ObjectMeta> {
  readonly #client: KubeClient;
  readonly #resource: Resource<T>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #metrics: ReflectorMetrics;
  readonly #keep: (object: T) => boolean;
  readonly #optional: boolean;
  readonly #backoff: Backoff;
  readonly #failures: WaitingLog;
  readonly #store = new ObjectStore<T>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  readonly #resync: Resync;
  /** Settled when what the server has now is in the store; undefined unless somebody waits for that. */
  #distrusted: PromiseWithResolvers<void> | undefined;
  /** Ends the watch, or the pause, that is under way. */
  #interrupt: () => void = () => {};
  #endPause: () => void = () => {};
  /** Continue tokens that expired since the last list that was taken in. */
  #expiredTokens = 0;
  /** Watches in a row that began from a version which the server no longer had. */
  #expiredWatches = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#client = options.client;
    this.#resource = options.resource;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger.named('kube/cache/reflector').with({ resource: options.resource.plural });
    this.#keep = options.keep ?? (() => true);
    this.#optional = options.optional ?? false;
    this.#backoff = new Backoff({ startMs: 500, maxMs: 30_000, random: options.random });
    const { clock, random, resyncMs = 0 } = options;
    this.#resync = new Resync({ clock, random, everyMs: resyncMs, store: this.#store });
    const waitsFor = `to list and watch ${options.resource.plural}`;
    this.#failures = new WaitingLog({ clock, logger: this.#logger, waitsFor, details: ruleDetails });
    this.#metrics = createReflectorMetrics(options.metrics ?? noMetrics, options.resource.plural, () => ({
      inSync: this.inSync,
      objects: this.#store.size,
    }));
  }

  get store(): Store<T> {
    return this.#store;
  }

  /** The store has the objects and follows them: false before the first list and while the server is out of reach. */
  get inSync(): boolean {
    return this.#store.synced && this.#failures.tries === 0;
  }

  start(): void {
    if (this.#running !== undefined) throw new Error(`the reflector of ${this.#resource.plural} has been started`);
    this.#running = this.#run();
    this.#resync.start();
  }

  /** Resolves when nothing of it is left: no request, no stream, no timer. The store stays as it is. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#interrupt();
    this.#resync.stop();
    await this.#running;
  }

  /**
   * Lists anew: another collection has shown that the server has gone back to an earlier moment. Resolves when what it
   * has now is in the store, or the reflector is stopped.
   */
  distrust(): Promise<void> {
    if (this.#stopped || this.#running === undefined) return Promise.resolve();
    this.#distrusted ??= Promise.withResolvers<void>();
    this.#interrupt();
    return this.#distrusted.promise;
  }

  /** Ends a pause: what failed may work now. */
  retry(): void {
    this.#endPause();
  }

  async #run(): Promise<void> {
    let state: State<T> = this.#startOfList();
    while (!this.#stopped) {
      if (this.#distrusted !== undefined && state.name !== 'listing') state = this.#startOfList();
      state = await this.#step(state);
    }
    this.#distrusted?.resolve();
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #step(state: State<T>): Promise<State<T>> {
    switch (state.name) {
      case 'listing':
        return await this.#list(state);
      case 'watching':
        return await this.#watch();
      case 'verifying':
        return await this.#verify();
      case 'pausing':
        return await this.#sleep(state.delayMs).then(() => state.next);
    }
  }

  #sleep(delayMs: number): Promise<void> {
    const awake = new AbortController();
    this.#interrupt = this.#endPause = () => awake.abort();
    return sleep(this.#clock, delayMs, awake.signal);
  }

  #startOfList(): Listing<T> {
    const doubtful = this.#distrusted !== undefined || this.#expiredTokens > 0 || this.#expiredWatches > 1;
    const freshness = this.#store.resourceVersion !== '' && !doubtful ? 'not-older' : 'newest';
    const limit = this.#expiredTokens < 2 ? pageSize : 0;
    return { name: 'listing', found: [], continueToken: undefined, freshness, limit };
  }

  /** Reads one page. */
  async #list(state: Listing<T>): Promise<State<T>> {
    const { continueToken, limit } = state;
    const notOlder = continueToken === undefined && state.freshness === 'not-older';
    try {
      const page = await this.#client.list(this.#resource, {
        limit,
        continueToken,
        resourceVersion: notOlder ? this.#store.resourceVersion : undefined,
        resourceVersionMatch: notOlder ? 'NotOlderThan' : undefined,
        signal: this.#stopping.signal,
      });
      // Kept as the store has it where nothing changed, so that a list does not hold every object twice.
      const isNewer = compareVersions(page.resourceVersion, this.#store.resourceVersion) >= 0;
      const keepKnown = isNewer && this.#distrusted === undefined;
      for (const object of page.items) {
        if (this.#keep(object)) state.found.push(keepKnown ? this.#store.known(object) : object);
      }
      if (page.continueToken !== '') return { ...state, continueToken: page.continueToken };
      return this.#takeIn(state, page.resourceVersion);
    } catch (error) {
      return this.#listFailed(state, error);
    }
  }

  #takeIn(state: Listing<T>, version: string): State<T> {
    const versions = { listed: version, known: this.#store.resourceVersion };
    const isOlder = this.#store.synced && compareVersions(version, versions.known) < 0;
    // Only a list of the newest version proves anything.
    if (isOlder && state.freshness !== 'newest') return { ...this.#startOfList(), freshness: 'newest' };
    const restored = isOlder || this.#distrusted !== undefined || this.#store.hasNewer(state.found);
    if (restored) {
      this.#logger.warning('The API server has gone back to an older version of its objects; following it', versions);
      this.#client.forgetKnownObjects();
    }
    this.#expiredTokens = 0;
    this.#store.replace(state.found, version, { restored });
    this.#distrusted?.resolve();
    this.#distrusted = undefined;
    this.#failures.worked();
    this.#metrics.listed('done');
    this.#logger.debug(3, 'Listed', { objects: this.#store.size, resourceVersion: version });
    return { name: 'watching' };
  }

  #listFailed(state: Listing<T>, error: unknown): State<T> {
    if (this.#stopped) return state;
    if (isGone(error)) {
      // The server offers a token to go on with, but what it leads to is a list of two moments: a watch from the later
      // one would miss what happened between them, and the earlier one is what has just expired. So: again.
      this.#metrics.listed('expired');
      this.#expiredTokens++;
      return this.#expiredTokens === 1 ? this.#startOfList() : this.#pause(error, 'list');
    }
    this.#metrics.listed('failed');
    if (isUnknownResource(error)) {
      if (this.#optional && !this.#store.synced) this.#store.replace([], '');
      return this.#pause(error, { ...this.#startOfList(), freshness: 'newest' });
    }
    // A server that does not have our version (yet, or any more: a restored etcd) lets the request time out.
    const freshness = error instanceof KubeError && error.code === 504 ? 'newest' : state.freshness;
    return this.#pause(error, { ...state, freshness });
  }

  /** The version of the collection as it is now, without the collection. */
  async #verify(): Promise<State<T>> {
    try {
      const page = await this.#client.list(this.#resource, { limit: 1, signal: this.#stopping.signal });
      const older = compareVersions(page.resourceVersion, this.#store.resourceVersion) < 0;
      return older ? { ...this.#startOfList(), freshness: 'newest' } : { name: 'watching' };
    } catch (error) {
      return this.#stopped ? { name: 'verifying' } : this.#pause(error, { name: 'verifying' });
    }
  }

  async #watch(): Promise<State<T>> {
    const watchdog = new WatchWatchdog({
      clock: this.#clock,
      random: this.#random,
      stop: this.#stopping.signal,
      onSteady: () => this.#watchWorks(),
    });
    const store = this.#store;
    const { resourceVersion } = store;
    const { signal, timeoutSeconds } = watchdog;
    this.#interrupt = () => watchdog.interrupt();
    try {
      const events = watchEvents({ store, watchdog, keep: this.#keep, heard: () => this.#watchWorks() });
      await this.#client.watch(this.#resource, { resourceVersion, timeoutSeconds, signal }, events);
      return this.#watchEnded(watchdog);
    } catch (error) {
      return this.#watchFailed(watchdog, error);
    } finally {
      watchdog.end();
    }
  }

  #watchWorks(): void {
    this.#expiredWatches = 0;
    this.#failures.worked();
  }

  /**
   * A clean end is the server's right, and frequent: it does so to every reader that falls behind. But it may also have
   * been stopped, and be back with older data: a watch from a version that it does not have would say nothing.
   */
  #watchEnded(watchdog: WatchWatchdog): State<T> {
    if (this.#stopped) return { name: 'watching' };
    this.#restarted('ended');
    if (watchdog.ranItsTime || watchdog.worked) return { name: 'verifying' };
    return this.#pause(new Error('the server ends the watch at once'), { name: 'verifying' });
  }

  #watchFailed(watchdog: WatchWatchdog, error: unknown): State<T> {
    if (this.#stopped || watchdog.interrupted) return { name: 'verifying' };
    if (watchdog.tripped !== undefined) {
      this.#restarted('silent');
      this.#failures.failed(new Error(watchdog.tripped));
      return { name: 'verifying' }; // It has waited for minutes already.
    }
    if (isGone(error)) {
      this.#restarted('expired');
      this.#expiredWatches++;
      return this.#expiredWatches === 1 ? this.#startOfList() : this.#pause(error, 'list');
    }
    const broken = !(error instanceof KubeError && error.code > 0);
    this.#restarted(broken ? 'broken' : 'refused');
    // Servers are restarted, and connections break: nothing to speak of unless it does not work the next time either.
    if (broken && watchdog.worked) return this.#again();
    // The server has been up- or downgraded; what it has in its place may be another collection.
    if (isUnknownResource(error)) return this.#pause(error, { ...this.#startOfList(), freshness: 'newest' });
    return this.#pause(error, { name: 'verifying' });
  }

  #restarted(reason: RestartReason): void {
    this.#metrics.restarted(reason);
    this.#logger.debug(4, 'Watch ended', { reason, resourceVersion: this.#store.resourceVersion });
  }

  /** At once, but not at the same moment as all the others who have lost the same server. */
  #again(): State<T> {
    return { name: 'pausing', delayMs: this.#random.next() * longestMomentMs, next: { name: 'verifying' } };
  }

  /** Notes the failure; says how long to wait, and where to go on then (`list`: from the first page). */
  #pause(error: unknown, next: State<T> | 'list'): State<T> {
    this.#failures.failed(error);
    const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(asked, this.#backoff.next(this.#failures.tries - 1));
    return { name: 'pausing', delayMs, next: next === 'list' ? this.#startOfList() : next };
  }
}
