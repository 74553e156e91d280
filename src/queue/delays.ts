import type { Clock, Timer } from '../base/clock.ts';

interface Entry {
  key: string;
  dueMs: number;
  /** Where the entry stands in the heap; -1 once it has left. */
  index: number;
}

/**
 * Keys that wait for their time. One timer for all, set only while something waits. A key waits once: of two due times
 * the earlier wins.
 */
export class Delays {
  readonly #clock: Clock;
  readonly #due: (key: string) => void;
  readonly #entries = new Map<string, Entry>();
  // A binary heap by dueMs: no entry is due before its parent, which stands at (index - 1) >> 1.
  readonly #heap: Entry[] = [];
  #timer: Timer | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;

  /** `due` is called with each key when its time has come; the key waits no longer then. */
  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#heap.length;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Monotonic time in milliseconds at which the key is due, or undefined if it does not wait. */
  dueMs(key: string): number | undefined {
    return this.#entries.get(key)?.dueMs;
  }

  add(key: string, delayMs: number): void {
    const dueMs = this.#clock.monotonic() + delayMs;
    const waiting = this.#entries.get(key);
    if (waiting !== undefined) {
      if (waiting.dueMs <= dueMs) return;
      waiting.dueMs = dueMs;
      this.#up(waiting);
    } else {
      const entry = { key, dueMs, index: this.#heap.length };
      this.#entries.set(key, entry);
      this.#heap.push(entry);
      this.#up(entry);
    }
    this.#arm();
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#remove(entry);
    if (this.#heap.length === 0) this.#disarm();
  }

  clear(): void {
    this.#entries.clear();
    this.#heap.length = 0;
    this.#disarm();
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs >= this.#timerDueMs) return;
    this.#disarm();
    this.#timerDueMs = first.dueMs;
    // Whole milliseconds, rounded up: a fraction lost on the way would have the timer fire before its time, again and again.
    const delayMs = Math.max(0, Math.ceil(first.dueMs - this.#clock.monotonic()));
    this.#timer = this.#clock.schedule(delayMs, () => this.#fire());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerDueMs = Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerDueMs = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    for (let first = this.#heap[0]; first !== undefined && first.dueMs <= now; first = this.#heap[0]) {
      this.#remove(first);
      this.#due(first.key);
    }
    this.#arm();
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    const last = this.#heap.pop();
    if (last !== undefined && last !== entry) {
      last.index = entry.index;
      this.#heap[last.index] = last;
      this.#up(last);
      this.#down(last);
    }
    entry.index = -1;
  }

  #up(entry: Entry): void {
    while (entry.index > 0) {
      const parent = this.#heap[(entry.index - 1) >> 1];
      if (parent === undefined || parent.dueMs <= entry.dueMs) return;
      this.#swap(parent, entry);
    }
  }

  #down(entry: Entry): void {
    for (;;) {
      const left = this.#heap[entry.index * 2 + 1];
      const right = this.#heap[entry.index * 2 + 2];
      const child = right !== undefined && left !== undefined && right.dueMs < left.dueMs ? right : left;
      if (child === undefined || child.dueMs >= entry.dueMs) return;
      this.#swap(entry, child);
    }
  }

  #swap(a: Entry, b: Entry): void {
    const index = a.index;
    a.index = b.index;
    b.index = index;
    this.#heap[a.index] = a;
    this.#heap[b.index] = b;
  }
}
