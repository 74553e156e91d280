import type { Clock, Timer } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Logger } from '../../base/log/logger.ts';
import { operationKinds } from '../state/outcome.ts';
import type { LaneView } from './metrics.ts';

/** How often to look, and from what age on a backlog is worth a line, in milliseconds. */
const lookEveryMs = 30_000;
const oldMs = 30_000;

/**
 * Says in the log that attachments wait for a worker. Users see pods that do not start and blame the driver, unless
 * something tells that the driver was not even asked yet.
 */
export class BacklogLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #lanes: LaneView;
  readonly #workers: number;
  #timer: Timer | undefined;

  constructor(options: { clock: Clock; logger: Logger; lanes: LaneView; workers: number }) {
    this.#clock = options.clock;
    this.#logger = options.logger.named('attacher/status/backlog-log');
    this.#lanes = options.lanes;
    this.#workers = options.workers;
  }

  start(): void {
    this.#timer = this.#clock.schedule(lookEveryMs, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    for (const operation of operationKinds) {
      const { ready, running, oldestReadyMs } = this.#lanes.stats(operation);
      if (ready === 0 || oldestReadyMs < oldMs) continue;
      this.#logger.warning('Attachments wait for a worker', {
        ...{ operation, waiting: ready, running, workers: this.#workers },
        oldest: formatDuration(Math.round(oldestReadyMs)),
      });
    }
  }
}
