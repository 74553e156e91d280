import { type Clock, sleep } from '../base/clock.ts';
import type { CsiError } from './errors.ts';

/**
 * How long the driver may need until it has taken up a call that reached it, in milliseconds. Calls are served side by
 * side, and nothing in gRPC or CSI says in which order two of them begin.
 */
const takenUpWithinMs = 1_000;

/**
 * Volumes of which a call was given up a moment ago. A call that overtook it would be undone by it: a publish that nobody
 * waits for any more attaches the volume after the unpublish has found nothing to do.
 */
export class GivenUpCalls {
  readonly #clock: Clock;
  /** Until when each is left alone, in monotonic time; the longest ago comes first. */
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be told of each call that failed. */
  failed(volumeId: string, { local, sent }: CsiError): void {
    if (!local || !sent) return;
    const now = this.#clock.monotonic();
    for (const [earlier, untilMs] of this.#untilMs) {
      if (untilMs > now) break;
      this.#untilMs.delete(earlier);
    }
    this.#untilMs.delete(volumeId);
    this.#untilMs.set(volumeId, now + takenUpWithinMs);
  }

  /** How long the volume is still to be left alone, in milliseconds. */
  leftMs(volumeId: string): number {
    const untilMs = this.#untilMs.get(volumeId);
    return untilMs === undefined ? 0 : Math.max(0, untilMs - this.#clock.monotonic());
  }

  /** Resolves when no volume is to be left alone any more, of those that are now. */
  async settled(): Promise<void> {
    const last = [...this.#untilMs.keys()].at(-1);
    if (last !== undefined) await sleep(this.#clock, this.leftMs(last));
  }
}
