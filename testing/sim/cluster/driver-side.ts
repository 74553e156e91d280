import type { DriverCore } from '../../csi-driver/core.ts';
import type { JournalEntry } from '../../csi-driver/journal.ts';
import type { Chance } from '../chance.ts';
import type { SimProcess } from '../replica/sim-process.ts';
import type { VirtualTime } from '../virtual-time.ts';

/** A moment of a call in the driver, and which process sent it. */
export interface DriverMoment extends JournalEntry, Caller {}

interface Caller {
  readonly by: SimProcess;
  /** Its caller had given up before the call was taken up. */
  readonly calledOff: boolean;
}

/**
 * The longest that a call is on its way before the driver has taken it up, in milliseconds. Nothing in CSI lets a driver
 * refuse a call of a leader that has lost its lease meanwhile, so an attacher's promises hold only up to such a bound.
 */
const transitMsMax = 500;

/** The driver as the attachers meet it, and who calls it. */
export class DriverSide {
  readonly core: DriverCore;
  readonly time: VirtualTime;
  readonly #chance: Chance;
  readonly #callers = new Map<number, Caller>();
  readonly #slowTransit: number;
  #arriving: Caller | undefined;

  constructor(options: {
    core: DriverCore;
    time: VirtualTime;
    chance: Chance;
    /** Share of calls that are on their way for up to `transitMsMax`. */
    slowTransit: number;
    heard: (moment: DriverMoment) => void;
    /** Told when connections to the driver break: all, or one attacher's. */
    lost: () => void;
    sent: (by: SimProcess, method: string, request: Uint8Array) => void;
  }) {
    this.core = options.core;
    this.time = options.time;
    this.#chance = options.chance;
    this.#slowTransit = options.slowTransit;
    this.sent = options.sent;
    this.lost = options.lost;
    options.core.subscribe({ cut: options.lost, down: options.lost, up: () => {} });
    options.core.journal.subscribe((entry) => {
      if (entry.phase === 'start' && this.#arriving !== undefined) this.#callers.set(entry.call, this.#arriving);
      const caller = this.#callers.get(entry.call);
      // What was answered with an error may be done later all the same.
      if (entry.phase === 'end' && entry.code === 'OK') this.#callers.delete(entry.call);
      if (caller !== undefined) options.heard({ ...entry, ...caller });
    });
  }

  /** To be told when one attacher's connection breaks. */
  readonly lost: () => void;

  /** To be told of each call as it is sent. */
  readonly sent: (by: SimProcess, method: string, request: Uint8Array) => void;

  transit(): { upMs: number; downMs: number } {
    const chance = this.#chance;
    const slow = chance.hits(this.#slowTransit);
    return {
      upMs: slow ? chance.between(0, transitMsMax) : chance.between(0.05, 0.5),
      downMs: chance.between(0.05, 0.5),
    };
  }

  /** Whether a driver that gets a call and, right behind it, that it is cancelled, hears the second before it begins. */
  hearsInTime(): boolean {
    return this.#chance.hits(0.5);
  }

  /** Runs `call`, whose start in the journal is then known to be of that caller. */
  arriving(caller: Caller, call: () => void): void {
    this.#arriving = caller;
    call();
    this.#arriving = undefined;
  }
}
