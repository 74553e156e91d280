import type { KubeObject } from './rig/api.ts';

export interface BurstTimes {
  /** From the first request to the last of them done, in milliseconds. */
  durationMs: number;
  /** From each one's request to done. */
  latenciesMs: number[];
}

/**
 * One burst: each of a set of attachments is asked for, and later seen done. Its clock starts when its request is sent
 * (the burst's with the first) and stops when the watch shows that it is done. Times are monotonic milliseconds.
 */
export class Burst {
  /** Resolves when the last one is done. */
  readonly done: Promise<void>;
  readonly #isDone: (object: KubeObject, deleted: boolean) => boolean;
  readonly #now: () => number;
  readonly #waiting: Set<string>;
  readonly #started = new Map<string, number>();
  readonly #latenciesMs: number[] = [];
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = 0;
  #finish: () => void = () => {};

  constructor(kind: 'attach' | 'detach', names: Iterable<string>, now: () => number) {
    this.#isDone = kind === 'attach' ? isAttached : (_, deleted) => deleted;
    this.#now = now;
    this.#waiting = new Set(names);
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Right before the request for it is sent. */
  started(name: string): void {
    const now = this.#now();
    this.#started.set(name, now);
    this.#firstMs = Math.min(this.#firstMs, now);
  }

  /** What the watch shows. */
  seen(object: KubeObject, deleted: boolean): void {
    const { name } = object.metadata;
    const startedMs = this.#started.get(name);
    if (startedMs === undefined || !this.#waiting.has(name) || !this.#isDone(object, deleted)) return;
    this.#waiting.delete(name);
    this.#lastMs = this.#now();
    this.#latenciesMs.push(this.#lastMs - startedMs);
    if (this.#waiting.size === 0) this.#finish();
  }

  /** How many are not done. */
  get left(): number {
    return this.#waiting.size;
  }

  get times(): BurstTimes {
    return { durationMs: this.#lastMs - this.#firstMs, latenciesMs: this.#latenciesMs };
  }
}

function isAttached(object: KubeObject, deleted: boolean): boolean {
  return !deleted && (object.status as { attached?: boolean } | undefined)?.attached === true;
}
