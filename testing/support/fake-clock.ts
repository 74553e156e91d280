import type { Clock, Timer } from '../../src/base/clock.ts';

interface Pending {
  at: number;
  order: number;
  action: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  /** Where `now()` starts: 2026-01-01T00:00:00Z. */
  static readonly epochMs = 1_767_225_600_000;
  #elapsedMs = 0;
  #suspendedMs = 0;
  #wallAheadMs = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  now(): number {
    return FakeClock.epochMs + this.#elapsedMs + this.#suspendedMs + this.#wallAheadMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  boot(): number {
    return this.#elapsedMs + this.#suspendedMs;
  }

  /** The machine was suspended for `ms`: no timer has moved, and the monotonic clock has stood still. */
  suspend(ms: number): void {
    this.#suspendedMs += ms;
  }

  /** Sets the wall clock forward, or back, by `ms`. */
  setWallClock(ms: number): void {
    this.#wallAheadMs += ms;
  }

  schedule(delayMs: number, action: () => void): Timer {
    const entry = { at: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, action };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  /** Timers that wait: a test that ends with some has found something that nobody closed. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Moves time on by `ms`, firing what falls due in order and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#pending.delete(next);
      this.#elapsedMs = next.at;
      next.action();
      await settle();
    }
    this.#elapsedMs = end;
    await settle();
  }

  #earliest(until: number): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.at > until) continue;
      if (best === undefined || entry.at < best.at || (entry.at === best.at && entry.order < best.order)) best = entry;
    }
    return best;
  }
}

/** Lets everything that waits only for promises run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
