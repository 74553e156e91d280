import { codeName } from '../../src/csi/errors.ts';
import type { CallSubject } from './faults.ts';

/**
 * One moment of one call. `start`: it arrived; `work`: it took effect; `given up`: the caller stopped waiting, though the
 * work may go on; `end`: it was answered, to nobody perhaps (a call that hangs does not end before the driver restarts).
 * After a `work`, the end may still carry an error: a lost answer.
 */
export interface JournalEntry extends CallSubject {
  /** Monotonic milliseconds of the driver's clock. */
  timeMs: number;
  /** Number of the call, from 1. */
  call: number;
  phase: 'start' | 'work' | 'given up' | 'end';
  /** Only at the end: Go's name of the status code. */
  code?: string;
}

export interface Counts {
  /** Calls that arrived, by method. */
  calls: Record<string, number>;
  /** Answers, by method and code. */
  codes: Record<string, Record<string, number>>;
  /** Most publish and unpublish calls at once. */
  mostAtOnce: number;
  /** Publish and unpublish calls that arrived while somebody waited for another one for the same volume and node. */
  overlaps: number;
}

/** What the driver remembers of its calls: figures always, moments if asked, the latest `limit` of them. */
export class Journal {
  readonly counts: Counts = { calls: {}, codes: {}, mostAtOnce: 0, overlaps: 0 };
  readonly #limit: number;
  readonly #entries: JournalEntry[] = [];
  readonly #listeners: ((entry: JournalEntry) => void)[] = [];
  /** Calls that somebody waits for. */
  readonly #awaited = new Set<number>();
  /** How many of them there are by volume and node. */
  readonly #running = new Map<string, number>();
  #call = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** Hears every moment, whatever the limit. */
  subscribe(listener: (entry: JournalEntry) => void): void {
    this.#listeners.push(listener);
  }

  start(timeMs: number, subject: CallSubject): number {
    const call = ++this.#call;
    const { calls } = this.counts;
    calls[subject.method] = (calls[subject.method] ?? 0) + 1;
    if (subject.nodeId !== '') this.#enter(call, subject);
    this.#add({ timeMs, call, phase: 'start', ...subject });
    return call;
  }

  work(timeMs: number, call: number, subject: CallSubject): void {
    this.#add({ timeMs, call, phase: 'work', ...subject });
  }

  giveUp(timeMs: number, call: number, subject: CallSubject): void {
    this.#leave(call, subject);
    this.#add({ timeMs, call, phase: 'given up', ...subject });
  }

  end(timeMs: number, call: number, subject: CallSubject, code: number): void {
    this.counts.codes[subject.method] ??= {};
    const codes = this.counts.codes[subject.method] as Record<string, number>;
    const name = codeName(code);
    codes[name] = (codes[name] ?? 0) + 1;
    this.#leave(call, subject);
    this.#add({ timeMs, call, phase: 'end', code: name, ...subject });
  }

  #enter(call: number, subject: CallSubject): void {
    this.#awaited.add(call);
    const key = `${subject.volumeId} ${subject.nodeId}`;
    const running = this.#running.get(key) ?? 0;
    if (running > 0) this.counts.overlaps++;
    this.#running.set(key, running + 1);
    this.counts.mostAtOnce = Math.max(this.counts.mostAtOnce, this.#awaited.size);
  }

  #leave(call: number, subject: CallSubject): void {
    if (!this.#awaited.delete(call)) return;
    const key = `${subject.volumeId} ${subject.nodeId}`;
    const running = (this.#running.get(key) ?? 1) - 1;
    if (running === 0) this.#running.delete(key);
    else this.#running.set(key, running);
  }

  #add(entry: JournalEntry): void {
    for (const listener of this.#listeners) listener(entry);
    if (this.#limit <= 0) return;
    this.#entries.push(entry);
    // In one go now and then: taking off the front of an array each time would be dear.
    if (this.#entries.length >= this.#limit * 2) this.#entries.splice(0, this.#entries.length - this.#limit);
  }
}
