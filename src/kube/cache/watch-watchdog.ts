import type { Clock, Timer } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';

/** The time after which the server ends a watch is drawn between these two, so that not all come back at once. */
const shortestWatchSeconds = 300;
const longestWatchSeconds = 600;

/** How often it looks. */
const tickMs = 15_000;
/** A watch that ends sooner and without an event has not worked. */
const shortestGoodWatchMs = 1000;
/** The server accepts a watch before it has anything to send. */
const longestOpeningMs = 60_000;
/** The server ends a watch after its timeoutSeconds; this much later, the connection must be dead. */
const graceMs = 30_000;
/** A server that has sent one bookmark sends one each minute; after three it is silent. */
const longestSilenceMs = 200_000;

/** Watches over one watch: ends it if the server, or something between it and us, has gone silent. */
export class WatchWatchdog {
  /** After how long the server is to end the watch. */
  readonly timeoutSeconds: number;
  readonly #clock: Clock;
  readonly #stop: AbortSignal;
  readonly #onSteady: () => void;
  readonly #controller = new AbortController();
  readonly #startedAt: number;
  #heardAt: number;
  #heard = false;
  #bookmarks = false;
  #opened = false;
  #tripped: string | undefined;
  #interrupted = false;
  #timer: Timer;

  /** `onSteady` is called now and then while the watch is open. */
  constructor(options: { clock: Clock; random: Random; stop: AbortSignal; onSteady: () => void }) {
    this.#clock = options.clock;
    this.#stop = options.stop;
    const span = longestWatchSeconds - shortestWatchSeconds;
    this.timeoutSeconds = Math.round(shortestWatchSeconds + options.random.next() * span);
    this.#onSteady = options.onSteady;
    this.#startedAt = this.#clock.monotonic();
    this.#heardAt = this.#startedAt;
    this.#timer = this.#clock.schedule(tickMs, this.#tick);
    if (this.#stop.aborted) this.#abort();
    else this.#stop.addEventListener('abort', this.#abort, { once: true });
  }

  /** Aborts when the watch has to end: stopped, overdue or silent. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why it ended the watch; undefined if it did not. */
  get tripped(): string | undefined {
    return this.#tripped;
  }

  /** It was ended because the reflector has something else to do. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** False for a watch that ended as soon as it had begun. */
  get worked(): boolean {
    return this.#heard || (this.#opened && this.#ageMs >= shortestGoodWatchMs);
  }

  /** The server ended it because its time was up, or nearly. */
  get ranItsTime(): boolean {
    return this.#ageMs >= shortestWatchSeconds * 500;
  }

  get #ageMs(): number {
    return this.#clock.monotonic() - this.#startedAt;
  }

  opened(): void {
    this.#opened = true;
  }

  heard(): void {
    this.#heard = true;
    this.#heardAt = this.#clock.monotonic();
  }

  bookmark(): void {
    this.#bookmarks = true;
  }

  interrupt(): void {
    this.#interrupted = true;
    this.#abort();
  }

  end(): void {
    this.#timer.cancel();
    this.#stop.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#controller.abort();

  readonly #tick = (): void => {
    const why = this.#complaint();
    if (why !== undefined) {
      this.#tripped = why;
      this.#controller.abort();
      return;
    }
    if (this.#opened) this.#onSteady();
    this.#timer = this.#clock.schedule(tickMs, this.#tick);
  };

  #complaint(): string | undefined {
    if (!this.#opened && this.#ageMs >= longestOpeningMs) return 'the server does not answer the watch';
    if (this.#ageMs >= this.timeoutSeconds * 1000 + graceMs) return 'the watch did not end when it should';
    const silenceMs = this.#clock.monotonic() - this.#heardAt;
    return this.#bookmarks && silenceMs >= longestSilenceMs ? 'the watch has gone silent' : undefined;
  }
}
