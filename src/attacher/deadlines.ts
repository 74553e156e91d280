import type { Clock } from '../base/clock.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import { Delays } from '../queue/delays.ts';

/** What an attachment is asked for: to be attached, or, from its deletionTimestamp on, to be detached. */
interface Request {
  readonly uid: string;
  readonly deleting: boolean;
  /** Monotonic time at which it counts as failed. */
  readonly dueMs: number;
}

/**
 * How long an attach or a detach may be pending before it is shown as failed. It goes on being tried all the same: nobody
 * else would. The time counts from when it was first seen pending, by our own clock: neither the clock of whoever created
 * the object nor the time when nobody led makes it late.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #delays: Delays;
  /** By name, until it is where it should be. */
  readonly #requests = new Map<string, Request>();
  #stopped = false;

  /** `timeoutMs` of 0: none. `expired` is called once for each request whose time is over while it is watched. */
  constructor(options: { clock: Clock; timeoutMs: number; expired(name: string): void }) {
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#delays = new Delays(options.clock, options.expired);
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** Begins to count, if that is not done for this request of the attachment. */
  watch({ name, uid, deletionMs }: VolumeAttachment): void {
    if (this.#timeoutMs === 0 || this.#stopped) return;
    const deleting = deletionMs !== undefined;
    const known = this.#requests.get(name);
    if (known?.uid === uid && known.deleting === deleting) return;
    this.#requests.set(name, { uid, deleting, dueMs: this.#clock.monotonic() + this.#timeoutMs });
    this.#delays.delete(name);
    this.#delays.add(name, this.#timeoutMs);
  }

  /** True if the time of what the attachment is asked for now is over. */
  passed({ name, uid, deletionMs }: VolumeAttachment): boolean {
    const known = this.#requests.get(name);
    if (known === undefined || known.uid !== uid || known.deleting !== (deletionMs !== undefined)) return false;
    return this.#clock.monotonic() >= known.dueMs;
  }

  forget(name: string): void {
    if (this.#requests.delete(name)) this.#delays.delete(name);
  }

  /** Nothing expires from now on; what has passed has passed. */
  stop(): void {
    this.#stopped = true;
    this.#delays.clear();
  }
}
