import type { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { Delays } from './delays.ts';
import type { QueueMetrics } from './queue-metrics.ts';
import { Turns } from './turns.ts';

/** Where a key is served: in which lane, and in whose turn (the node's name) within it. */
export interface Route<Lane extends string> {
  lane: Lane;
  group: string;
}

export interface WorkQueueOptions<Lane extends string> {
  clock: Clock;
  backoff: Backoff;
  /** How many keys of each lane may run at once. At least 1. */
  widths: Readonly<Record<Lane, number>>;
  /** Asked each time a key becomes ready, since a key's lane changes when its object is marked for deletion. */
  route(key: string): Route<Lane>;
  /** Does the work. Must not reject: the caller draws the consequences. */
  work(key: string, lane: Lane, queuedMs: number): Promise<void>;
  metrics?: QueueMetrics | undefined;
}

interface LaneState {
  readonly width: number;
  /** How many keys one group may have running: it leaves a quarter of the lane to the others. */
  readonly groupWidth: number;
  readonly ready: Turns;
  /** Running keys by group. No count is ever 0; their sum is at most `width`. */
  readonly running: Map<string, number>;
  runningCount: number;
}

interface Running<Lane extends string> {
  readonly route: Route<Lane>;
  readonly sinceMs: number;
  /** It is to run once more; `woken`: because of a change, so that its failures no longer count. */
  again: boolean;
  woken: boolean;
}

/** What is to be seen of one lane. */
export interface LaneStats {
  ready: number;
  running: number;
  /** How long the longest waiting ready key has waited, in milliseconds; 0 if none waits. */
  oldestReadyMs: number;
}

/**
 * Keys with work to do. A key is in at most one of three places: ready (in a lane), waiting (for its retry), running.
 * A key that is woken while it runs runs once more afterwards, never beside itself.
 */
export class WorkQueue<Lane extends string> {
  readonly #options: WorkQueueOptions<Lane>;
  readonly #lanes = new Map<Lane, LaneState>();
  readonly #delays: Delays;
  /** Keys in some lane's `ready`, with the monotonic time since when, oldest first. */
  readonly #readySince = new Map<string, { sinceMs: number; lane: Lane }>();
  readonly #running = new Map<string, Running<Lane>>();
  readonly #failures = new Map<string, number>();
  #stopped = false;
  #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions<Lane>) {
    this.#options = options;
    this.#delays = new Delays(options.clock, (key) => this.#makeReady(key));
    options.metrics?.watch(this);
    for (const [lane, width] of Object.entries(options.widths) as [Lane, number][]) {
      if (!Number.isInteger(width) || width < 1) {
        throw new RangeError(`width of lane "${lane}" is ${width}: a whole number of at least 1 is needed`);
      }
      const groupWidth = Math.max(1, width - Math.ceil(width / 4));
      this.#lanes.set(lane, { width, groupWidth, ready: new Turns(), running: new Map(), runningCount: 0 });
    }
  }

  /** Makes the key ready now, wherever it waits, and forgets its failures: for a change that may change the outcome. */
  wake(key: string): void {
    this.#failures.delete(key);
    this.#delays.delete(key);
    const running = this.#running.get(key);
    if (running !== undefined) running.woken = true;
    this.#makeReady(key);
  }

  /**
   * Has the key, which runs, run once more: at once, but after a backoff if that was all that came of its last run too.
   * What has to be decided anew for ever must not be decided anew a thousand times a second.
   */
  again(key: string): void {
    if (this.failures(key) > 0) {
      this.retry(key);
      return;
    }
    this.#failures.set(key, 1);
    this.#makeReady(key);
  }

  /** Makes the key ready unless it runs or waits for a retry: for a periodic look, which must not shorten a backoff. */
  add(key: string): void {
    if (!this.#delays.has(key) && !this.#running.has(key)) this.#makeReady(key);
  }

  /** Has the key wait for the next, longer backoff, or for `delayMs` if given. Returns the delay in milliseconds. */
  retry(key: string, delayMs?: number): number {
    if (this.#stopped) return 0;
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    const wait = delayMs ?? this.#options.backoff.next(failures);
    this.#options.metrics?.retried();
    this.#delays.add(key, wait);
    return wait;
  }

  /** The key's work succeeded: its next failure is its first. */
  succeeded(key: string): void {
    this.#failures.delete(key);
  }

  /** Failures in a row, 0 if the last run succeeded. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  /** Milliseconds until the key's retry, or undefined if it does not wait for one. */
  retryInMs(key: string): number | undefined {
    const dueMs = this.#delays.dueMs(key);
    return dueMs === undefined ? undefined : Math.max(0, dueMs - this.#options.clock.monotonic());
  }

  /** Keys that are ready, in all lanes. */
  get ready(): number {
    return this.#readySince.size;
  }

  stats(lane: Lane): LaneStats {
    const state = this.#lane(lane);
    let oldestReadyMs = 0;
    for (const entry of this.#readySince.values()) {
      if (entry.lane !== lane) continue;
      oldestReadyMs = this.#options.clock.monotonic() - entry.sinceMs;
      break;
    }
    return { ready: state.ready.size, running: state.runningCount, oldestReadyMs };
  }

  /** Keys that run now, with the milliseconds since they began. */
  *running(): Iterable<{ key: string; lane: Lane; ms: number }> {
    const now = this.#options.clock.monotonic();
    for (const [key, run] of this.#running) yield { key, lane: run.route.lane, ms: now - run.sinceMs };
  }

  /** Takes no new work from now on. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#delays.clear();
    this.#options.metrics?.watch(undefined);
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #makeReady(key: string): void {
    if (this.#stopped) return;
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    if (this.#readySince.has(key)) return;
    const route = this.#options.route(key);
    this.#lane(route.lane).ready.push(key, route.group);
    this.#readySince.set(key, { sinceMs: this.#options.clock.monotonic(), lane: route.lane });
    this.#options.metrics?.added();
    this.#serve(route.lane);
  }

  #serve(lane: Lane): void {
    const state = this.#lane(lane);
    while (!this.#stopped && state.runningCount < state.width) {
      const next = state.ready.take((group) => (state.running.get(group) ?? 0) < state.groupWidth);
      if (next === undefined) return;
      this.#run(next.key, { lane, group: next.group });
    }
  }

  #run(key: string, route: Route<Lane>): void {
    const state = this.#lane(route.lane);
    const now = this.#options.clock.monotonic();
    const queuedMs = now - (this.#readySince.get(key)?.sinceMs ?? now);
    this.#readySince.delete(key);
    this.#running.set(key, { route, sinceMs: now, again: false, woken: false });
    state.running.set(route.group, (state.running.get(route.group) ?? 0) + 1);
    state.runningCount++;
    this.#options.metrics?.got(queuedMs);
    void this.#options.work(key, route.lane, queuedMs).finally(() => this.#done(key));
  }

  #done(key: string): void {
    const run = this.#running.get(key);
    if (run === undefined) return;
    this.#running.delete(key);
    const state = this.#lane(run.route.lane);
    const left = (state.running.get(run.route.group) ?? 1) - 1;
    if (left === 0) state.running.delete(run.route.group);
    else state.running.set(run.route.group, left);
    state.runningCount--;
    this.#options.metrics?.done(this.#options.clock.monotonic() - run.sinceMs);
    if (run.woken) this.wake(key);
    else if (run.again) this.#makeReady(key);
    this.#serve(run.route.lane);
    if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #lane(lane: Lane): LaneState {
    const state = this.#lanes.get(lane);
    if (state === undefined) throw new RangeError(`there is no lane "${lane}"`);
    return state;
  }
}
