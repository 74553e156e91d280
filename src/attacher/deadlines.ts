import type { Clock } from '../base/clock.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import { Delays } from '../queue/delays.ts';

/**
 * How long an attach may take from the creation of its object, and a detach from its deletion mark, before it is
 * shown as failed. It goes on being tried all the same: nobody else would.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #delays: Delays;

  /** `timeoutMs` of 0: none. `expired` is called once for each attachment whose time is over while it is watched. */
  constructor(options: { clock: Clock; timeoutMs: number; expired(name: string): void }) {
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#delays = new Delays(options.clock, options.expired);
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** Begins to watch the attachment, unless its time is over already. A deletion mark gives it a new time. */
  watch(attachment: VolumeAttachment): void {
    if (this.#timeoutMs === 0) return;
    const leftMs = this.#leftMs(attachment);
    const dueMs = this.#delays.dueMs(attachment.name);
    if (dueMs !== undefined) {
      // Within a second, as exact as the API's times are, it is the same request as before.
      if (Math.abs(dueMs - this.#clock.monotonic() - leftMs) < 1000) return;
      this.#delays.delete(attachment.name);
    }
    if (leftMs > 0) this.#delays.add(attachment.name, leftMs);
  }

  passed(attachment: VolumeAttachment): boolean {
    return this.#timeoutMs > 0 && this.#leftMs(attachment) <= 0;
  }

  forget(name: string): void {
    if (this.#timeoutMs > 0) this.#delays.delete(name);
  }

  stop(): void {
    this.#delays.clear();
  }

  #leftMs({ creationMs, deletionMs }: VolumeAttachment): number {
    return (deletionMs ?? creationMs) + this.#timeoutMs - this.#clock.now();
  }
}
