import type { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import type { Logger } from '../base/log/logger.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import type { Store } from '../kube/cache/store.ts';
import type { QueueMetrics } from '../queue/queue-metrics.ts';
import { type Route, WorkQueue } from '../queue/work-queue.ts';
import { Deadlines } from './deadlines.ts';
import type { ErrorWrites } from './error-writes.ts';
import { Operation } from './operation.ts';
import type { Reconciler } from './reconciler.ts';
import { type AssumeCache, type AttachmentRecord, attachmentChanged } from './state/assume-cache.ts';
import type { Failure } from './state/operation-error.ts';
import type { OperationKind, Outcome } from './state/outcome.ts';
import type { AttachmentEvents } from './status/events.ts';
import type { AttachmentMetrics } from './status/metrics.ts';

export interface ControllerOptions {
  clock: Clock;
  logger: Logger;
  store: Store<VolumeAttachment>;
  memory: AssumeCache;
  reconciler: Reconciler;
  errorWrites: ErrorWrites;
  metrics: AttachmentMetrics;
  events: AttachmentEvents;
  queueMetrics?: QueueMetrics | undefined;
  backoff: Backoff;
  /** How many attachments each lane serves at once. */
  workers: number;
  /** How long an operation may take altogether before it is shown as failed; 0: for ever. */
  operationTimeoutMs: number;
}

/** Serves the queue of attachments: runs the reconciler and draws the consequences of each outcome, in one place. */
export class Controller {
  readonly queue: WorkQueue<OperationKind>;
  readonly #options: ControllerOptions;
  readonly #deadlines: Deadlines;
  /** By attachment: what is being shown of those whose time was over while they waited. */
  readonly #judgements = new Map<string, Promise<void>>();

  constructor(options: ControllerOptions) {
    this.#options = { ...options, logger: options.logger.named('attacher/controller') };
    this.#deadlines = new Deadlines({
      clock: options.clock,
      timeoutMs: options.operationTimeoutMs,
      expired: (name) => this.#judge(name),
    });
    this.queue = new WorkQueue({
      clock: options.clock,
      backoff: options.backoff,
      widths: { attach: options.workers, detach: options.workers },
      metrics: options.queueMetrics,
      route: (name) => this.#route(name),
      work: (name, lane, queuedMs) => this.#work(name, lane, queuedMs),
    });
  }

  /** Takes no new work. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#deadlines.stop();
    await Promise.all([this.queue.stop(), ...this.#judgements.values()]);
  }

  /** To be told of an attachment that is no longer there, while nobody works on it. */
  vanished(attachment: VolumeAttachment): void {
    const record = this.#options.memory.get(attachment.name);
    // Of an attachment that this term never worked on nothing is known: the former leader may have let it go.
    if (record?.uid === attachment.uid) this.#keepOrphan(record);
  }

  /** In which lane an attachment is served, and in whose turn. */
  #route(name: string): Route<OperationKind> {
    const { memory, store } = this.#options;
    // What our own writes and questions taught may be ahead of the store.
    const object = memory.newest(name, store.get(name));
    if (object !== undefined) this.#deadlines.watch(object);
    const toDetach = object?.deletionMs !== undefined || memory.orphans(name).length > 0;
    return { lane: toDetach ? 'detach' : 'attach', group: object?.nodeName ?? '' };
  }

  async #work(name: string, lane: OperationKind, queuedMs: number): Promise<void> {
    // Never two at one attachment.
    const judgement = this.#judgements.get(name);
    if (judgement !== undefined) await judgement;
    const { outcome, operation } = await this.#options.reconciler.run(name, lane, queuedMs);
    await this.#conclude(name, outcome, operation);
    if (operation !== undefined && outcome.kind !== 'fenced') this.#lookAgain(name, outcome.kind, operation);
  }

  /** The one place where an outcome becomes queue verb, metric, event and log line. */
  async #conclude(name: string, outcome: Outcome, operation: Operation | undefined): Promise<void> {
    switch (outcome.kind) {
      case 'idle':
        this.#settled(name);
        return;
      case 'gone':
        this.#settled(name);
        if (operation !== undefined) this.#keepOrphan(operation.record);
        return;
      case 'done':
        this.#settled(name);
        if (operation !== undefined) this.#done(outcome.operation, operation);
        return;
      case 'changed':
      case 'rerouted':
        this.queue.again(name);
        return;
      case 'fenced':
        return;
      case 'failed':
        return this.#failed(name, outcome, operation);
    }
  }

  /** Wakes the attachment if others changed it while it was worked on, which the triggers leave to this place. */
  #lookAgain(name: string, outcome: Outcome['kind'], operation: Operation): void {
    const { memory, reconciler } = this.#options;
    const { record } = operation;
    const known = memory.get(name);
    if (known !== record) {
      this.#keepOrphan(record);
      if (known !== undefined) this.queue.wake(name);
    } else if (outcome === 'failed') {
      const marked = record.newest.deletionMs !== undefined && !operation.deletingAtStart;
      if (marked || attachmentChanged(record.base, record.newest)) this.queue.wake(name);
    } else if (outcome !== 'changed' && outcome !== 'rerouted' && !reconciler.settled(record)) {
      this.queue.wake(name);
    }
  }

  /** The object is gone. If our finalizer was on it, it was taken off by force, and its volume is ours to unpublish. */
  #keepOrphan(record: AttachmentRecord): void {
    const { memory, reconciler, logger } = this.#options;
    const orphaned = reconciler.mayBePublished(record);
    record.gone = true;
    if (!orphaned) return;
    logger.warning('Attachment vanished with its volume still published: unpublishing', { attachment: record.name });
    memory.addOrphan(record.newest);
    this.queue.wake(record.name);
  }

  #settled(name: string): void {
    this.queue.succeeded(name);
    this.#deadlines.forget(name);
  }

  #done(kind: OperationKind, operation: Operation): void {
    const { clock, logger, metrics } = this.#options;
    const { record } = operation;
    const { creationMs, deletionMs, nodeName, persistentVolumeName } = record.newest;
    record.lastFailure = undefined;
    record.errorWritten = undefined;
    record.timedOut = false;
    const requestedMs = kind === 'attach' ? creationMs : (deletionMs ?? creationMs);
    metrics.finished(kind, Math.max(0, clock.now() - requestedMs));
    logger.info(kind === 'attach' ? 'Attached' : 'Detached', {
      attachment: record.name,
      volume: persistentVolumeName,
      node: nodeName,
      ...times(operation),
    });
  }

  async #failed(name: string, outcome: Outcome & { kind: 'failed' }, operation: Operation | undefined): Promise<void> {
    const { logger, metrics, backoff } = this.#options;
    const late = operation !== undefined && this.#deadlines.passed(operation.record.newest);
    const failure = late ? this.#timedOut(operation.record, outcome.operation, outcome.failure) : outcome.failure;
    const retryMs = this.queue.retry(name, late ? backoff.longest() : undefined);
    metrics.failed(outcome.operation, failure.reason);
    logger.error(failure.message, outcome.operation === 'attach' ? 'Attach failed' : 'Detach failed', {
      attachment: name,
      volume: operation?.record.newest.persistentVolumeName,
      node: operation?.record.newest.nodeName,
      retryIn: formatDuration(Math.round(retryMs)),
      ...(operation === undefined ? {} : times(operation)),
    });
    if (operation !== undefined) await this.#showFailure(operation.record, outcome.operation, failure);
  }

  async #showFailure(record: AttachmentRecord, operation: OperationKind, failure: Failure): Promise<void> {
    const { clock, logger, errorWrites, events } = this.#options;
    events.failed(record.newest, operation, failure);
    record.lastFailure = { ...failure, atMs: clock.now() };
    try {
      await errorWrites.save(record, operation, failure);
    } catch (error) {
      logger.warning('Could not write the error to the status', { attachment: record.name, err: error });
    }
  }

  #judge(name: string): void {
    const judgement = this.#expired(name, this.#judgements.get(name)).finally(() => {
      if (this.#judgements.get(name) === judgement) this.#judgements.delete(name);
    });
    this.#judgements.set(name, judgement);
  }

  /** The time of an attachment is over while it waits. One that is being worked on is judged when that run ends. */
  async #expired(name: string, before: Promise<void> | undefined): Promise<void> {
    const { store, memory, reconciler, clock } = this.#options;
    await before;
    const object = memory.newest(name, store.get(name));
    if (object === undefined || this.queue.isRunning(name)) return;
    const record = memory.observe(object);
    // One that is attached may wait too, to be looked at once more after a change around it.
    if (reconciler.settled(record)) return;
    record.base = record.newest;
    const operation = new Operation({ record, queuedMs: 0, clock });
    const kind = operation.deletingAtStart ? 'detach' : 'attach';
    const cause = record.lastFailure ?? { message: 'it still waits for its turn', code: undefined, reason: 'Queued' };
    await this.#showFailure(record, kind, this.#timedOut(record, kind, cause));
    // A write that met a conflict has learned of a change that the watch will not tell of again.
    this.#lookAgain(name, 'failed', operation);
  }

  #timedOut(record: AttachmentRecord, operation: OperationKind, cause: Failure): Failure {
    if (!record.timedOut) this.#options.metrics.timedOut(operation);
    record.timedOut = true;
    const after = formatDuration(this.#deadlines.timeoutMs);
    // The last cause may have been told as timed out before.
    const message = cause.message.replace(timedOutPrefix, '');
    return { message: `${operation} timed out after ${after}: ${message}`, code: cause.code, reason: 'TimedOut' };
  }
}

const timedOutPrefix = /^(attach|detach) timed out after [^:]+: /;

/** Where the time of an operation went, for its log line. */
function times(operation: Operation): Record<string, string> {
  const { queuedMs, driverMs, apiMs } = operation;
  return {
    queued: formatDuration(Math.round(queuedMs)),
    driver: formatDuration(Math.round(driverMs)),
    api: formatDuration(Math.round(apiMs)),
  };
}
