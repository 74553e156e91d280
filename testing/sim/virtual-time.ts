import type { Timer } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';

/** Whose event it is: events of a process that stands still wait for it, those of a dead one never happen. */
export interface Owner {
  readonly state: 'running' | 'paused' | 'dead';
  /** Takes over an event that has come due while the owner stands still. */
  hold(action: () => void): void;
}

interface Entry {
  readonly atMs: number;
  /** Order among those due at the same instant: drawn, so that every order comes up in some seed. */
  readonly tie: number;
  readonly sequence: number;
  readonly owner: Owner | undefined;
  /** Undefined once cancelled or done. */
  action: (() => void) | undefined;
}

/** Captured before anybody can replace it. One real turn of the event loop lets every promise settle. */
const nextTurn = setImmediate;

/**
 * The time of a simulation: a heap of events, and the loop that carries them out one by one. Between two events all
 * promises settle, so that an event is as much as a process does between two waits for the outside.
 */
export class VirtualTime {
  #nowMs = 0;
  #sequence = 0;
  #executed = 0;
  #trace = 0;
  readonly #random: Random;
  readonly #heap: Entry[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Milliseconds since the start. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events carried out so far. */
  get executed(): number {
    return this.#executed;
  }

  /** A number that tells two runs apart that differ in the time or order of any event. */
  get trace(): number {
    return this.#trace;
  }

  /** Events that wait, cancelled ones too. */
  get pending(): number {
    return this.#heap.length;
  }

  schedule(delayMs: number, action: () => void, owner?: Owner): Timer {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const entry: Entry = { atMs, tie: this.#random.next(), sequence: this.#sequence++, owner, action };
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1);
    return {
      cancel: () => {
        entry.action = undefined;
      },
    };
  }

  /**
   * Carries events out until `done` is true (asked after each) or none is left. Resolves with whether `done` came
   * true.
   */
  run(done: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          const isDone = done();
          if (isDone || !this.#next()) resolve(isDone);
          else nextTurn(step);
        } catch (error) {
          reject(error);
        }
      };
      // The first turn settles what was begun outside of any event.
      nextTurn(step);
    });
  }

  /** Carries out one event. False if there is none. */
  #next(): boolean {
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop()) {
      const { action, owner } = entry;
      if (action === undefined || owner?.state === 'dead') continue;
      this.#nowMs = entry.atMs;
      entry.action = undefined;
      if (owner?.state === 'paused') {
        owner.hold(action);
        continue;
      }
      this.#executed++;
      this.#trace = (Math.imul(this.#trace ^ Math.round(entry.atMs * 1000), 0x01000193) ^ entry.sequence) >>> 0;
      action();
      return true;
    }
    return false;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || last === first) return first;
    heap[0] = last;
    this.#down(0);
    return first;
  }

  #up(index: number): void {
    const heap = this.#heap;
    const entry = heap[index] as Entry;
    let at = index;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt] as Entry;
      if (isBefore(parent, entry)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = entry;
  }

  #down(index: number): void {
    const heap = this.#heap;
    const entry = heap[index] as Entry;
    let at = index;
    for (;;) {
      let childAt = at * 2 + 1;
      if (childAt >= heap.length) break;
      const right = heap[childAt + 1];
      if (right !== undefined && isBefore(right, heap[childAt] as Entry)) childAt++;
      const child = heap[childAt] as Entry;
      if (!isBefore(child, entry)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = entry;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  return a.tie !== b.tie ? a.tie < b.tie : a.sequence < b.sequence;
}
