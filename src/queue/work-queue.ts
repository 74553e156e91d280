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

/** A key's turn: what its run is told. */
export interface Turn<Lane extends string> {
  readonly lane: Lane;
  /** How long it was ready, in milliseconds. */
  readonly queuedMs: number;
  /** Failures in a row before this run. */
  readonly failures: number;
}

/** What becomes of a key after its run. Of a key that was woken meanwhile the wake counts, whatever its run says. */
export type Result = Next & { /** Another key, to be woken then. */ readonly wakes?: string | undefined };

type Next =
  /** All is done: its next failure is its first. */
  | { readonly next: 'done' }
  /** It failed: again at `atMs` (monotonic), or after its next, longer backoff. */
  | { readonly next: 'retry'; readonly atMs?: number | undefined }
  /**
   * It is to be decided anew: at once, but after a backoff if that was all that came of its last run too. What has to be
   * decided anew for ever must not be decided anew a thousand times a second.
   */
  | { readonly next: 'again' }
  /** As if it had been woken by a change. */
  | { readonly next: 'wake' }
  /** It waits on as before `interrupt`: for the rest of its backoff, or for its turn. */
  | { readonly next: 'resume' }
  /** Nobody is to work on it any more. */
  | { readonly next: 'drop' };

export interface WorkQueueOptions<Lane extends string> {
  clock: Clock;
  backoff: Backoff;
  /** How many keys of each lane may run at once. At least 1. */
  widths: Readonly<Record<Lane, number>>;
  /** Asked each time a key becomes ready, since a key's lane changes with its object. Must have no effects. */
  route(key: string): Route<Lane>;
  /** Does the work. Must not reject, and calls nothing of the queue for this key: its result tells what becomes of it. */
  work(key: string, turn: Turn<Lane>): Promise<Result>;
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
  /** Monotonic time until which it was to wait before it was interrupted. */
  readonly waitUntilMs: number | undefined;
  /** It was woken meanwhile: it is to run once more, and its failures no longer count. */
  woken: boolean;
}

interface Ready<Lane extends string> {
  readonly lane: Lane;
  readonly sinceMs: number;
  /** It waited for its retry, until this monotonic time, when it was interrupted. */
  waitUntilMs: number | undefined;
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
 * Only the queue moves it: what comes from outside (`wake`, `add`, `interrupt`) never touches a key that runs, but for
 * noting that it was woken, and the result of its run alone tells where it goes then. So it is never beside itself.
 */
export class WorkQueue<Lane extends string> {
  readonly #options: WorkQueueOptions<Lane>;
  readonly #lanes = new Map<Lane, LaneState>();
  readonly #delays: Delays;
  /** Keys in some lane's `ready`, with the monotonic time since when, oldest first. */
  readonly #readySince = new Map<string, Ready<Lane>>();
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
    const running = this.#running.get(key);
    if (running !== undefined) {
      running.woken = true;
      return;
    }
    this.#failures.delete(key);
    this.#delays.delete(key);
    const ready = this.#readySince.get(key);
    if (ready !== undefined) ready.waitUntilMs = undefined;
    else this.#makeReady(key);
  }

  /** Makes the key ready unless it runs or waits for a retry: for a periodic look, which must not shorten a backoff. */
  add(key: string): void {
    if (!this.#delays.has(key) && !this.#running.has(key) && !this.#readySince.has(key)) this.#makeReady(key);
  }

  /**
   * Has a key that does not run served once where `route` sends it now, ahead of what it waits for: its run may give
   * `resume` as its result.
   */
  interrupt(key: string): void {
    if (this.#running.has(key)) return;
    const ready = this.#readySince.get(key);
    const waitUntilMs = this.#delays.dueMs(key) ?? ready?.waitUntilMs;
    this.#delays.delete(key);
    if (ready !== undefined) {
      this.#lane(ready.lane).ready.delete(key);
      this.#readySince.delete(key);
    }
    this.#makeReady(key, waitUntilMs);
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

  #makeReady(key: string, waitUntilMs?: number): void {
    if (this.#stopped) return;
    const { lane, group } = this.#options.route(key);
    this.#lane(lane).ready.push(key, group);
    this.#readySince.set(key, { lane, sinceMs: this.#options.clock.monotonic(), waitUntilMs });
    this.#options.metrics?.added();
    this.#serve(lane);
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
    const ready = this.#readySince.get(key);
    const queuedMs = now - (ready?.sinceMs ?? now);
    this.#readySince.delete(key);
    this.#running.set(key, { route, sinceMs: now, waitUntilMs: ready?.waitUntilMs, woken: false });
    state.running.set(route.group, (state.running.get(route.group) ?? 0) + 1);
    state.runningCount++;
    this.#options.metrics?.got(queuedMs);
    const turn = { lane: route.lane, queuedMs, failures: this.failures(key) };
    void this.#options.work(key, turn).then((result) => this.#done(key, result));
  }

  #done(key: string, result: Result): void {
    const run = this.#running.get(key);
    if (run === undefined) return;
    this.#running.delete(key);
    const state = this.#lane(run.route.lane);
    const left = (state.running.get(run.route.group) ?? 1) - 1;
    if (left === 0) state.running.delete(run.route.group);
    else state.running.set(run.route.group, left);
    state.runningCount--;
    this.#options.metrics?.done(this.#options.clock.monotonic() - run.sinceMs);
    this.#moveOn(key, run.woken ? { next: 'wake' } : result, run.waitUntilMs);
    if (result.wakes !== undefined) this.wake(result.wakes);
    this.#serve(run.route.lane);
    if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** The one place where a key goes on from its run. */
  #moveOn(key: string, result: Next, waitUntilMs: number | undefined): void {
    switch (result.next) {
      case 'done':
        this.#failures.delete(key);
        return;
      case 'retry':
        this.#retry(key, result.atMs);
        return;
      case 'again':
        if (this.failures(key) > 0) {
          this.#retry(key, undefined);
          return;
        }
        this.#failures.set(key, 1);
        this.#makeReady(key);
        return;
      case 'wake':
        this.#failures.delete(key);
        this.#makeReady(key);
        return;
      case 'resume':
        if (waitUntilMs === undefined) this.#makeReady(key);
        else this.#wait(key, waitUntilMs);
        return;
      case 'drop':
        return;
    }
  }

  #retry(key: string, atMs: number | undefined): void {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    this.#options.metrics?.retried();
    this.#wait(key, atMs ?? this.#options.clock.monotonic() + this.#options.backoff.next(failures));
  }

  #wait(key: string, untilMs: number): void {
    if (!this.#stopped) this.#delays.add(key, Math.max(0, untilMs - this.#options.clock.monotonic()));
  }

  #lane(lane: Lane): LaneState {
    const state = this.#lanes.get(lane);
    if (state === undefined) throw new RangeError(`there is no lane "${lane}"`);
    return state;
  }
}
