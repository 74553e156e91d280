import type { Clock } from '../base/clock.ts';
import { truncateUtf8 } from '../base/text.ts';
import type { AttachmentRecord } from './state/attachment-record.ts';
import type { Failure } from './state/operation-error.ts';
import type { OperationKind } from './state/outcome.ts';
import type { AttachmentWriter } from './writer.ts';

/** How long an unchanged error stands before its time is written anew, in milliseconds. */
const repeatAfterMs = 60_000;

/** Shows failures in the status of attachments, without turning a burst of errors into a burst of writes. */
export class ErrorWrites {
  readonly #clock: Clock;
  readonly #writer: AttachmentWriter;

  constructor(options: { clock: Clock; writer: AttachmentWriter }) {
    this.#clock = options.clock;
    this.#writer = options.writer;
  }

  /** Writes the failure unless it stands there already. Rejects as AttachmentWriter does. */
  async save(record: AttachmentRecord, operation: OperationKind, failure: Failure): Promise<void> {
    const field = operation === 'attach' ? 'attachError' : 'detachError';
    const text = `${failure.code} ${failure.message}`;
    const now = this.#clock.monotonic();
    const history = record.failuresOf(operation);
    const last = history.written;
    if (last !== undefined && last.text === text && now - last.atMs < repeatAfterMs) return;
    const shown = record.newest[field];
    const message = truncateUtf8(failure.message, 1024);
    if (last === undefined && shown?.message === message && this.#clock.now() - shown.timeMs < repeatAfterMs) return;
    await this.#writer.recordError(record, field, failure, this.#clock.now());
    history.written = { atMs: now, text };
  }
}
