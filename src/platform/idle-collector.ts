import type { Clock, Timer } from '../base/clock.ts';

/** How often to look, in milliseconds. */
const lookEveryMs = 500;
/** Less processor time than this between two looks is rest: the lease and silent watches take far less. */
const restMs = 25;
/** The process has to work this many times as long as a collection took before the next one is worth its while. */
const worthTimes = 400;

export interface IdleCollectorOptions {
  clock: Clock;
  /** False while the process still starts: what is read then becomes garbage in the end. */
  ready(): boolean;
  /** Processor time that the process has taken, in milliseconds. */
  cpuMs(): number;
  /** Gives back to the machine what memory it can. */
  collect(): void;
}

/**
 * Collects garbage when the process comes to rest. V8 collects when it needs room, and so keeps what a start or a burst
 * has left for as long as nothing happens, which for an attacher is most of the time. Rarely, though: work that follows
 * is a tenth slower for a second, since what it needs has to grow again.
 */
export class IdleCollector {
  readonly #options: IdleCollectorOptions;
  #timer: Timer | undefined;
  #lastCpuMs = 0;
  #worthAtMs = 0;

  constructor(options: IdleCollectorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.schedule(lookEveryMs, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { ready, cpuMs, collect } = this.#options;
    const before = cpuMs();
    const rests = before - this.#lastCpuMs < restMs;
    this.#lastCpuMs = before;
    if (!rests || before < this.#worthAtMs || !ready()) return;
    collect();
    this.#lastCpuMs = cpuMs();
    this.#worthAtMs = this.#lastCpuMs + worthTimes * (this.#lastCpuMs - before);
  }
}

/** For this process. Undefined if Node was started without --expose-gc, which bin/csi-attacher gives it. */
export function idleCollector(clock: Clock, ready: () => boolean): IdleCollector | undefined {
  const { gc } = globalThis;
  if (gc === undefined) return undefined;
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  };
  // Any other flavour keeps the young generation at the size that it once had.
  const collect = (): void => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  return new IdleCollector({ clock, ready, cpuMs, collect });
}
