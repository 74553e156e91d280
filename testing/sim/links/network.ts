import type { Owner, VirtualTime } from '../virtual-time.ts';

/** `drop`: what is sent waits in the sender's kernel until the way is open again. `reject`: connections break at once. */
export type LaneState = 'open' | 'drop' | 'reject';

/** The way between two parties, both directions. */
export class Lane {
  readonly #time: VirtualTime;
  readonly #stuck: { arrive: () => void; owner: Owner | undefined }[] = [];
  readonly #breakListeners: (() => void)[] = [];
  #state: LaneState = 'open';

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get nowMs(): number {
    return this.#time.nowMs;
  }

  get state(): LaneState {
    return this.#state;
  }

  onBreak(listener: () => void): void {
    this.#breakListeners.push(listener);
  }

  set(state: LaneState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === 'reject') {
      this.#stuck.length = 0;
      this.break();
    }
    if (state === 'open') {
      for (const { arrive, owner } of this.#stuck.splice(0)) this.#time.schedule(1, arrive, owner);
    }
  }

  /** Whoever used the way is gone. */
  forget(): void {
    this.#breakListeners.length = 0;
  }

  /** Every connection on it breaks. */
  break(): void {
    for (const listener of this.#breakListeners) listener();
  }

  /** Brings something to the other side after `delayMs`, or when the way is open again, or never. `owner` takes it. */
  cross(delayMs: number, arrive: () => void, owner?: Owner): void {
    this.#time.schedule(
      delayMs,
      () => {
        if (this.#state === 'open') arrive();
        else if (this.#state === 'drop') this.#stuck.push({ arrive, owner });
      },
      owner,
    );
  }
}
