import type { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import type { Logger } from '../base/log/logger.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import type { Store } from '../kube/cache/store.ts';
import type { QueueMetrics } from '../queue/queue-metrics.ts';
import { type Result, type Route, type Turn, WorkQueue } from '../queue/work-queue.ts';
import { Deadlines } from './deadlines.ts';
import { FailureReport } from './failure-report.ts';
import { Operation } from './operation.ts';
import type { Reconciler } from './reconciler.ts';
import { type AssumeCache, isOrphanKey } from './state/assume-cache.ts';
import type { AttachmentRecord } from './state/attachment-record.ts';
import type { OperationKind, Outcome } from './state/outcome.ts';
import type { AttachmentEvents } from './status/events.ts';
import type { AttachmentMetrics } from './status/metrics.ts';
import type { AttachmentWriter } from './writer.ts';

/** `overdue`: its time is over while it waits, and that is to be shown; nothing else is done there. */
export type Lane = OperationKind | 'overdue';

export interface ControllerOptions {
  clock: Clock;
  logger: Logger;
  store: Store<VolumeAttachment>;
  memory: AssumeCache;
  reconciler: Reconciler;
  writer: AttachmentWriter;
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
  readonly queue: WorkQueue<Lane>;
  readonly #options: ControllerOptions;
  readonly #deadlines: Deadlines;
  readonly #failureReport: FailureReport;
  /** Attachments whose time was over while they waited; until that is shown, or they are where they should be. */
  readonly #overdue = new Set<string>();

  constructor(options: ControllerOptions) {
    this.#options = { ...options, logger: options.logger.named('attacher/controller') };
    this.#failureReport = new FailureReport({ ...options, timeoutMs: options.operationTimeoutMs });
    this.#deadlines = new Deadlines({
      clock: options.clock,
      timeoutMs: options.operationTimeoutMs,
      expired: (name) => this.#expired(name),
    });
    this.queue = new WorkQueue({
      clock: options.clock,
      backoff: options.backoff,
      widths: { attach: options.workers, detach: options.workers, overdue: options.workers },
      metrics: options.queueMetrics,
      route: (key) => this.#route(key),
      work: (key, turn) => this.#work(key, turn),
    });
  }

  /** Takes no new work. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#deadlines.stop();
    await this.queue.stop();
  }

  /** To be told of each attachment that is new or has changed: the time of one that is pending begins to count. */
  seen(attachment: VolumeAttachment): void {
    if (!attachment.attached || attachment.deletionMs !== undefined) this.#deadlines.watch(attachment);
  }

  /** To be told of an attachment that is no longer there, while nobody works on it. */
  vanished(attachment: VolumeAttachment): void {
    const { memory } = this.#options;
    this.#deadlines.forget(attachment.name);
    this.#overdue.delete(attachment.name);
    // Of an attachment that this term never worked on nothing is known: the former leader may have let it go.
    const record = memory.get(attachment.name);
    if (record?.uid !== attachment.uid) return;
    const orphan = this.#keepOrphan(record);
    if (orphan !== undefined) this.queue.wake(orphan);
  }

  /** In which lane a key is served, and in whose turn. */
  #route(key: string): Route<Lane> {
    const { memory, store } = this.#options;
    const orphan = memory.orphan(key);
    if (orphan !== undefined) return { lane: 'detach', group: orphan.nodeName };
    // What our own writes and questions taught may be ahead of the store.
    const object = memory.newest(key, store.get(key));
    const group = object?.nodeName ?? '';
    if (this.#overdue.has(key)) return { lane: 'overdue', group };
    return { lane: object?.deletionMs === undefined ? 'attach' : 'detach', group };
  }

  async #work(key: string, { lane, queuedMs, failures }: Turn<Lane>): Promise<Result> {
    const { memory, reconciler } = this.#options;
    if (isOrphanKey(key)) {
      const orphan = memory.orphan(key);
      return orphan === undefined ? { next: 'done' } : this.#workOrphan(orphan, failures);
    }
    if (lane === 'overdue') return this.#showOverdue(key);
    const { outcome, operation } = await reconciler.run(key, lane, queuedMs);
    const result = await this.#conclude(key, outcome, operation, failures);
    if (operation === undefined || outcome.kind === 'not-leading') return result;
    const isLost = outcome.kind === 'gone' || memory.get(key) !== operation.record;
    const wakes = isLost ? this.#keepOrphan(operation.record) : undefined;
    return { ...(this.#isToBeSeenAgain(key, outcome.kind, operation) ? { next: 'wake' } : result), wakes };
  }

  async #workOrphan(orphan: VolumeAttachment, failures: number): Promise<Result> {
    const { reconciler, metrics, memory } = this.#options;
    const outcome = await reconciler.runOrphan(orphan);
    if (outcome.kind === 'not-leading') return { next: 'drop' };
    if (outcome.kind !== 'failed') {
      memory.removeOrphan(orphan);
      // An attachment of its name may be waiting for this.
      return { next: 'done', wakes: orphan.name };
    }
    metrics.failed('detach', outcome.failure.reason);
    return this.#retry(orphan, outcome, failures, {});
  }

  /** The one place where an outcome becomes result, metric, event and log line. */
  async #conclude(name: string, outcome: Outcome, operation: Operation | undefined, failures: number): Promise<Result> {
    switch (outcome.kind) {
      case 'idle':
        operation?.record.forgetFailures();
        return this.#settled(name);
      case 'gone':
        return this.#settled(name);
      case 'done':
        if (operation !== undefined) this.#done(outcome.operation, operation);
        return this.#settled(name);
      case 'changed':
      case 'rerouted':
        return { next: 'again' };
      case 'blocked':
        return { next: 'done' };
      case 'repeated':
        return this.#repeated(name, outcome.untilMs);
      case 'not-leading':
        return { next: 'drop' };
      case 'failed':
        return this.#failed(name, outcome, operation, failures);
    }
  }

  /** True if others changed the attachment while it was worked on, which the event handlers leave to this place. */
  #isToBeSeenAgain(name: string, outcome: Outcome['kind'], operation: Operation): boolean {
    const { memory, reconciler, store } = this.#options;
    const { record } = operation;
    const known = memory.get(name);
    if (known !== record) {
      // The same object anew, after a restore: what this run did was done, whatever the object shows.
      const stored = store.get(name);
      if (operation.publishSent && stored?.uid === record.uid) memory.watched(stored).apply({ type: 'publish-sent' });
      return known !== undefined;
    }
    if (outcome === 'failed') {
      return (record.newest.deletionMs !== undefined && !operation.deletingAtStart) || record.changedByOthers;
    }
    return (outcome === 'idle' || outcome === 'done' || outcome === 'gone') && !reconciler.settled(record);
  }

  /**
   * The object is gone. If our finalizer was on it, it was taken off by force, and its volume is ours to unpublish: under
   * the key that this gives.
   */
  #keepOrphan(record: AttachmentRecord): string | undefined {
    const { memory, reconciler, logger } = this.#options;
    const orphaned = reconciler.canPublish && record.mayBePublished;
    record.apply({ type: 'vanished' });
    if (!orphaned) return undefined;
    logger.warning('Attachment vanished with its volume still published: unpublishing', { attachment: record.name });
    return memory.addOrphan(record.newest);
  }

  #settled(name: string): Result {
    this.#deadlines.forget(name);
    this.#overdue.delete(name);
    return { next: 'done' };
  }

  #done(kind: OperationKind, operation: Operation): void {
    const { clock, logger, metrics } = this.#options;
    const { record } = operation;
    const { creationMs, deletionMs, nodeName, persistentVolumeName } = record.newest;
    record.forgetFailures();
    const requestedMs = kind === 'attach' ? creationMs : (deletionMs ?? creationMs);
    metrics.finished(kind, Math.max(0, clock.now() - requestedMs));
    logger.info(kind === 'attach' ? 'Attached' : 'Detached', {
      attachment: record.name,
      volume: persistentVolumeName,
      node: nodeName,
      ...times(operation),
    });
  }

  #repeated(name: string, untilMs: number): Result {
    const { logger, clock } = this.#options;
    const retryIn = formatDuration(Math.round(untilMs - clock.monotonic()));
    logger.warning('What was just done is to be done again: somebody undoes it', { attachment: name, retryIn });
    return { next: 'retry', atMs: untilMs };
  }

  async #failed(
    name: string,
    outcome: Outcome & { kind: 'failed' },
    operation: Operation | undefined,
    failures: number,
  ): Promise<Result> {
    const { metrics } = this.#options;
    const kind = outcome.operation;
    if (operation === undefined) {
      metrics.failed(kind, outcome.failure.reason);
      return this.#retry({ name }, outcome, failures, {});
    }
    const { record } = operation;
    this.#deadlines.watch(record.newest);
    const late = this.#deadlines.passed(record.newest);
    const failure = late ? this.#failureReport.timedOut(record, kind, outcome.failure) : outcome.failure;
    metrics.failed(kind, failure.reason);
    const result = this.#retry(record.newest, { ...outcome, failure }, failures, times(operation));
    await this.#failureReport.show(record, kind, failure);
    return result;
  }

  #retry(
    { name, nodeName, persistentVolumeName }: Pick<VolumeAttachment, 'name'> & Partial<VolumeAttachment>,
    { operation, failure }: Outcome & { kind: 'failed' },
    failures: number,
    took: Record<string, string>,
  ): Result {
    const { clock, logger, backoff } = this.#options;
    const waitMs = backoff.next(failures);
    logger.error(failure.message, operation === 'attach' ? 'Attach failed' : 'Detach failed', {
      attachment: name,
      volume: persistentVolumeName,
      node: nodeName,
      retryIn: formatDuration(Math.round(waitMs)),
      ...took,
    });
    return { next: 'retry', atMs: clock.monotonic() + waitMs };
  }

  /** The time of an attachment is over. One that is being worked on finds out when that run ends. */
  #expired(name: string): void {
    if (this.queue.isRunning(name)) return;
    this.#overdue.add(name);
    this.queue.interrupt(name);
  }

  async #showOverdue(name: string): Promise<Result> {
    const { store, memory, reconciler, clock } = this.#options;
    this.#overdue.delete(name);
    const object = memory.newest(name, store.get(name));
    if (object === undefined) return { next: 'done' };
    const record = memory.watched(object);
    // One that is attached may wait too, to be looked at once more after a change around it.
    if (reconciler.settled(record)) return { next: 'resume' };
    record.apply({ type: 'run-began', protected: false });
    const operation = new Operation({ record, queuedMs: 0, clock });
    const kind = operation.deletingAtStart ? 'detach' : 'attach';
    const waiting = { message: 'it still waits for its turn', code: undefined, reason: 'Queued' };
    const cause = record.failuresOf(kind).last ?? waiting;
    await this.#failureReport.show(record, kind, this.#failureReport.timedOut(record, kind, cause));
    // A write that met a conflict has learned of a change that the watch will not tell of again.
    return this.#isToBeSeenAgain(name, 'failed', operation) ? { next: 'wake' } : { next: 'resume' };
  }
}

/** Where the time of an operation went, for its log line. */
function times(operation: Operation): Record<string, string> {
  const { queuedMs, driverMs, apiMs } = operation;
  return {
    queued: formatDuration(Math.round(queuedMs)),
    driver: formatDuration(Math.round(driverMs)),
    api: formatDuration(Math.round(apiMs)),
  };
}
