import type { Clock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import type { Logger } from '../base/log/logger.ts';
import { ErrorWrites } from './error-writes.ts';
import type { AttachmentRecord } from './state/attachment-record.ts';
import type { Failure } from './state/operation-error.ts';
import type { OperationKind } from './state/outcome.ts';
import type { AttachmentEvents } from './status/events.ts';
import type { AttachmentMetrics } from './status/metrics.ts';
import type { AttachmentWriter } from './writer.ts';

export interface FailureReportOptions {
  clock: Clock;
  logger: Logger;
  writer: AttachmentWriter;
  metrics: AttachmentMetrics;
  events: AttachmentEvents;
  /** --volume-attachment-timeout, for the text. */
  timeoutMs: number;
}

const timedOutPrefix = /^(attach|detach) timed out after [^:]+: /;

/** Tells of failures where people look: status, event, condition. */
export class FailureReport {
  readonly #options: FailureReportOptions;
  readonly #errorWrites: ErrorWrites;

  constructor(options: FailureReportOptions) {
    this.#options = { ...options, logger: options.logger.named('attacher/failure-report') };
    this.#errorWrites = new ErrorWrites(options);
  }

  /** The failure of an operation whose time is over, with the last cause. Counted once for each operation. */
  timedOut(record: AttachmentRecord, operation: OperationKind, cause: Failure): Failure {
    const { metrics, timeoutMs } = this.#options;
    const history = record.failuresOf(operation);
    if (!history.timedOut) metrics.timedOut(operation);
    history.timedOut = true;
    // The last cause may have been told as timed out before.
    const message = cause.message.replace(timedOutPrefix, '');
    const after = formatDuration(timeoutMs);
    return { message: `${operation} timed out after ${after}: ${message}`, code: cause.code, reason: 'TimedOut' };
  }

  /** Never rejects. */
  async show(record: AttachmentRecord, operation: OperationKind, failure: Failure): Promise<void> {
    const { clock, logger, events } = this.#options;
    events.failed(record.newest, operation, failure);
    record.failuresOf(operation).last = { ...failure, atMs: clock.now() };
    try {
      await this.#errorWrites.save(record, operation, failure);
    } catch (error) {
      logger.warning('Could not write the error to the status', { attachment: record.name, err: error });
    }
  }
}
