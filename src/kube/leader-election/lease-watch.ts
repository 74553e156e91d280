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
  told: (lease: Lease | 'deleted') => void;
}

/**
 * Tells a standby at once that the lease was renewed, or given back. Only that makes a takeover as fast as the lease
 * allows: who merely looks every few seconds sees each renewal late, and waits that much longer. It is a help and no
 * more; whatever goes wrong with it, the standby looks at the lease itself all the same.
 */
export class LeaseWatch {
  readonly #options: LeaseWatchOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: LeaseWatchOptions) {
    this.#options = { ...options, logger: options.logger.named('kube/leader-election/lease-watch') };
  }

  /** Does nothing if it runs already. */
  start(): void {
    this.#running ??= this.#run();
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
      try {
        await this.#watch();
      } catch (error) {
        if (!signal.aborted) logger.debug(3, 'The watch of the lease has ended', { err: error });
        if (isForbidden(error)) return;
      }
      await sleep(clock, retryPeriodMs, signal);
    }
  }

  async #watch(): Promise<void> {
    const { lock, told, version } = this.#options;
    const from = version();
    if (from !== undefined) await lock.watch(from, told, this.#stopping.signal);
  }
}
