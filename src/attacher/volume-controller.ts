import type { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log/logger.ts';
import type { PersistentVolume, VolumeAttachment } from '../kube/api/objects.ts';
import type { QueueMetrics } from '../queue/queue-metrics.ts';
import { type Result, WorkQueue } from '../queue/work-queue.ts';
import { NotLeading, type Term } from './leadership.ts';
import type { PvFinalizer } from './pv-finalizer.ts';
import type { AssumeCache } from './state/assume-cache.ts';
import type { AttachmentIndex } from './state/attachment-index.ts';
import type { ConsistentReader } from './state/consistent-read.ts';
import { describeFailure } from './state/operation-error.ts';
import { ownAttachment } from './watches.ts';

export interface VolumeControllerOptions {
  clock: Clock;
  backoff: Backoff;
  queueMetrics: QueueMetrics;
  /** How many volumes are served at once. */
  workers: number;
  term: Term;
  driver: string;
  attachments: ConsistentReader<VolumeAttachment>;
  volumes: ConsistentReader<PersistentVolume>;
  index: AttachmentIndex;
  memory: AssumeCache;
  pvFinalizer: PvFinalizer;
  logger: Logger;
}

/** How soon to look again whether the store of attachments has caught up, in milliseconds. */
const catchUpMs = 1000;
/**
 * A watch that has no event to tell says how far it is once a minute, or never. Sooner than that, so long after the term
 * began, the store is compared with the server; and again so often, in milliseconds, if it lagged.
 */
const confirmAfterMs = 2_000;
const confirmEveryMs = 60_000;

/** Takes our finalizer off PersistentVolumes that are to go and that no attachment names any more. */
export class VolumeController {
  readonly queue: WorkQueue<'release'>;
  readonly #options: VolumeControllerOptions;
  /** Monotonic time at which to compare the store with the server, if it is not fresh by then. */
  #confirmAtMs: number;

  constructor(options: VolumeControllerOptions) {
    this.#options = { ...options, logger: options.logger.named('attacher/volume-controller') };
    this.#confirmAtMs = options.clock.monotonic() + confirmAfterMs;
    this.queue = new WorkQueue({
      clock: options.clock,
      backoff: options.backoff,
      metrics: options.queueMetrics,
      widths: { release: options.workers },
      route: () => ({ lane: 'release', group: '' }),
      work: (name) => this.#work(name),
    });
  }

  async #work(name: string): Promise<Result> {
    const { term, logger, clock } = this.#options;
    try {
      return (await this.#run(name)) ? { next: 'done' } : { next: 'retry', atMs: clock.monotonic() + catchUpMs };
    } catch (error) {
      if (error instanceof NotLeading || term.signal.aborted || !term.held()) return { next: 'drop' };
      logger.error(describeFailure(error).message, 'Could not take the finalizer off', { volume: name });
      return { next: 'retry' };
    }
  }

  /** False if it cannot be told yet. */
  async #run(name: string): Promise<boolean> {
    const { attachments, volumes, index, pvFinalizer, logger } = this.#options;
    const volume = await volumes.read(name);
    if (volume === undefined || !pvFinalizer.mayRelease(volume)) return true;
    // An attachment that the last leader served may be missing from a store that lags.
    if (!attachments.fresh) {
      await this.#confirm();
      if (!attachments.fresh) return false;
    }
    const holders = [...index.ofVolume(name)];
    if (holders.length > 0) {
      // Its deletion wakes this volume again.
      logger.info('PersistentVolume is kept until its attachments are gone', { volume: name, attachments: holders });
      return true;
    }
    // One that this term has served may not have come to the store yet, however fresh that was when the term began.
    if (this.#isServed(name)) return false;
    await pvFinalizer.release(volume);
    logger.info('Took the finalizer off PersistentVolume', { volume: name });
    return true;
  }

  /** True if this term knows an attachment of the volume that the store has not come as far as. */
  #isServed(name: string): boolean {
    const { attachments, memory } = this.#options;
    for (const { isGone, newest } of memory.ofVolume(name)) {
      if (!isGone && !attachments.covers(newest.resourceVersion)) return true;
    }
    return false;
  }

  async #confirm(): Promise<void> {
    const { clock, attachments, driver } = this.#options;
    if (clock.monotonic() < this.#confirmAtMs) return;
    this.#confirmAtMs = clock.monotonic() + confirmEveryMs;
    await attachments.confirm(ownAttachment(driver));
  }
}
