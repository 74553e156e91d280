import { type Clock, sleep } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import type { Lease } from '../api/objects.ts';
import { isForbidden } from '../client/errors.ts';
import type { LeaseLock } from './lease.ts';

export interface LeaseWatchOptions {
  lock: LeaseLock;
  clock: Clock;
  logger: Logger;
  /** Time between two watches. */
  retryPeriodMs: number;
  /** The version after which to watch; undefined if none is known yet. */
  version: () => string | undefined;
  /** Undefined: it was deleted. */
  told: (lease: Lease | undefined) => void;
}

/** Whoever may not watch the lease may be allowed to some minutes later. */
const forbiddenPauseMs = 5 * 60_000;

/**
 * Tells a standby at once that the lease was renewed, or given back. Only that makes a takeover as fast as the lease
 * allows: who merely looks every few seconds sees each renewal late, and waits that much longer. It is a help and no
 * more; whatever goes wrong with it, the standby looks at the lease itself all the same.
 */
export class LeaseWatch {
  readonly #options: LeaseWatchOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  /** Ends the watch that is open. */
  #restart: () => void = () => {};

  constructor(options: LeaseWatchOptions) {
    this.#options = { ...options, logger: options.logger.named('kube/leader-election/lease-watch') };
  }

  /** Does nothing if it runs already. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Begins anew, from the version known now: the one it began from is none that the server has. */
  restart(): void {
    this.#restart();
  }

  /** Resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, retryPeriodMs, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let pauseMs = retryPeriodMs;
      try {
        await this.#watch();
      } catch (error) {
        if (!signal.aborted) logger.debug(3, 'The watch of the lease has ended', { err: error });
        if (isForbidden(error)) pauseMs = Math.max(pauseMs, forbiddenPauseMs);
      }
      await sleep(clock, pauseMs, signal);
    }
  }

  async #watch(): Promise<void> {
    const { lock, told, version } = this.#options;
    const from = version();
    if (from === undefined) return;
    const open = new AbortController();
    const end = (): void => open.abort();
    this.#restart = end;
    this.#stopping.signal.addEventListener('abort', end, { once: true });
    try {
      await lock.watch(from, told, open.signal);
    } finally {
      this.#stopping.signal.removeEventListener('abort', end);
    }
  }
}
