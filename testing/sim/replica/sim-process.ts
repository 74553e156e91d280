import type { Clock, Timer } from '../../../src/base/clock.ts';
import type { Chance } from '../chance.ts';
import type { Owner, VirtualTime } from '../virtual-time.ts';

/** Wall-clock time at the start of every simulation: 2026-01-01T00:00:00Z. */
export const epochMs = 1_767_225_600_000;

export interface ClockFaults {
  /** How far the wall clock is off, in milliseconds. */
  skewMs: number;
  /** How much faster than true time both clocks go: 0.001 is one millisecond a second. */
  drift: number;
  /** Timers fire late by up to this, in milliseconds. */
  latenessMs: number;
}

export interface ProcessOptions {
  /** As it stands in the log: `a0.2` is the second life of attacher 0. */
  name: string;
  replica: number;
  time: VirtualTime;
  chance: Chance;
  clock: ClockFaults;
}

/** The nth time from now on that a process sends something: before it is on the wire, or after. */
export interface SendPoint {
  sends: number;
  after: boolean;
}

/** One life of an attacher's process. It can be stopped at any wait, go on later, or end where it stands. */
export class SimProcess implements Owner {
  readonly name: string;
  readonly replica: number;
  readonly clock: Clock;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #clockFaults: ClockFaults;
  readonly #bornMs: number;
  #state: Owner['state'] = 'running';
  /** For how long its machine was suspended, in all, and since when it is. */
  #suspendedMs = 0;
  #suspendedAtMs: number | undefined;
  #held: (() => void)[] = [];
  /** Timers that have not fired and were not cancelled, each with the place that set it, if somebody looks. */
  readonly #timers = new Map<object, string>();
  #point: (SendPoint & { act: () => void }) | undefined;
  #onDeath: () => void = () => {};

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.replica = options.replica;
    this.#time = options.time;
    this.#chance = options.chance;
    this.#clockFaults = options.clock;
    this.#bornMs = options.time.nowMs;
    const { skewMs, drift } = options.clock;
    const rate = 1 + drift;
    this.clock = {
      now: () => Math.floor(epochMs + skewMs + this.#time.nowMs * rate),
      monotonic: () => (this.#awakeMs - this.#bornMs) * rate + 1000,
      boot: () => this.#time.nowMs * rate + 1000,
      schedule: (delayMs, action) => this.#schedule(delayMs / rate, action),
    };
  }

  get state(): Owner['state'] {
    return this.#state;
  }

  /** Time as it passes for a machine that is not suspended. */
  get #awakeMs(): number {
    return (this.#suspendedAtMs ?? this.#time.nowMs) - this.#suspendedMs;
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Where the timers were set: known only while stack traces are gathered. */
  get timerPlaces(): string {
    return [...new Set(this.#timers.values())].join(', ');
  }

  /** How long it has lived, in milliseconds. */
  get ageMs(): number {
    return this.#time.nowMs - this.#bornMs;
  }

  /** Called once, if the process is killed. */
  onDeath(listener: () => void): void {
    this.#onDeath = listener;
  }

  hold(action: () => void): void {
    this.#held.push(action);
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** Its machine sleeps: it stands still, and so does its monotonic clock. */
  suspend(): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#suspendedAtMs = this.#time.nowMs;
  }

  /** What has come due meanwhile happens now, in any order. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    if (this.#suspendedAtMs !== undefined) this.#suspendedMs += this.#time.nowMs - this.#suspendedAtMs;
    this.#suspendedAtMs = undefined;
    for (const action of this.#held.splice(0)) this.#time.schedule(0, action, this);
  }

  /** Nothing of it runs from here on. What it has sent is on its way all the same. */
  kill(): void {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    this.#held = [];
    this.#onDeath();
  }

  /** It has ended by itself. */
  end(): void {
    this.#state = 'dead';
    this.#held = [];
  }

  /** Nothing befalls it at what it sends any more. */
  spare(): void {
    this.#point = undefined;
  }

  /** Has `act` (which kills it, or has it stand still) happen where `point` says. */
  at(point: SendPoint, act: () => void): void {
    if (point.sends <= 0) act();
    else this.#point = { ...point, act };
  }

  /** Puts something on the wire with `send`: at once, or when a process that stands still goes on, or never. */
  toWire(send: () => void): void {
    const point = this.#point;
    const isReached = point !== undefined && this.#state === 'running' && --point.sends === 0;
    if (!isReached) {
      this.#put(send);
      return;
    }
    this.#point = undefined;
    if (point.after) this.#put(send);
    point.act();
    if (!point.after) this.#put(send);
  }

  #put(send: () => void): void {
    if (this.#state === 'running') send();
    else if (this.#state === 'paused') this.hold(send);
  }

  /** Has an event of the process happen after `delayMs`: an answer that arrives, say. */
  deliver(delayMs: number, action: () => void): Timer {
    return this.#time.schedule(delayMs, action, this);
  }

  #schedule(delayMs: number, action: () => void): Timer {
    if (this.#state === 'dead') return { cancel: () => {} };
    const mark = {};
    this.#timers.set(mark, placeHere());
    const over = (): boolean => this.#timers.delete(mark);
    const lateMs = this.#chance.next() * this.#clockFaults.latenessMs;
    const dueMs = this.#awakeMs + delayMs + lateMs;
    let timer: Timer;
    const fire = (): void => {
      // A timer goes by the monotonic clock, which stood still while the machine was suspended.
      const leftMs = dueMs - this.#awakeMs;
      if (leftMs > 0.001 && this.#timers.has(mark)) timer = this.#time.schedule(leftMs, fire, this);
      // It may have been cancelled while the process stood still.
      else if (over()) action();
    };
    timer = this.#time.schedule(delayMs + lateMs, fire, this);
    return {
      cancel: () => {
        if (over()) timer.cancel();
      },
    };
  }
}

/** The last place in src that led here, if stack traces are gathered. */
function placeHere(): string {
  if (Error.stackTraceLimit === 0) return '';
  return /src\/(?!base\/clock)\S+/.exec(new Error().stack ?? '')?.[0] ?? '';
}
