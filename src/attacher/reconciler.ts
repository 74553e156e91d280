import type { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import type { Attach } from './attach.ts';
import { ObjectGone } from './conditional-patch.ts';
import type { Detach } from './detach.ts';
import { NotLeading, type Term } from './leadership.ts';
import { Operation, Stopwatch } from './operation.ts';
import { type Action, plan } from './plan.ts';
import type { AssumeCache } from './state/assume-cache.ts';
import type { AttachmentRecord } from './state/attachment-record.ts';
import type { ConsistentReader } from './state/consistent-read.ts';
import { nodeIdAnnotation } from './state/names.ts';
import { describeFailure, OperationError } from './state/operation-error.ts';
import type { OperationKind, Outcome } from './state/outcome.ts';
import { AttachmentChanged, type AttachmentWriter } from './writer.ts';

export interface ReconcilerOptions {
  clock: Clock;
  backoff: Backoff;
  term: Term;
  attachments: ConsistentReader<VolumeAttachment>;
  memory: AssumeCache;
  writer: AttachmentWriter;
  attach: Attach;
  detach: Detach;
  canPublish: boolean;
}

/** One run: what it was about, and what came of it. */
export interface Run {
  outcome: Outcome;
  /** Absent if there was no object to work on. */
  operation: Operation | undefined;
}

/** Brings one attachment to where it should be: reads the facts, plans, carries the plan out. */
export class Reconciler {
  readonly #options: ReconcilerOptions;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  get canPublish(): boolean {
    return this.#options.canPublish;
  }

  /** Never rejects. `lane` is where the run takes place; work of the other lane is not begun in it. */
  async run(name: string, lane: OperationKind, queuedMs: number): Promise<Run> {
    const { memory, clock, writer } = this.#options;
    let operation: Operation | undefined;
    let kind: OperationKind = lane;
    try {
      // A new attachment of the same name waits until the former one's volume is off its node.
      if (memory.hasOrphans(name)) return { outcome: { kind: 'blocked' }, operation };
      const former = memory.get(name);
      const record = await this.#observe(name);
      if (former !== undefined && !former.isGone && former !== record) {
        // First what becomes of the former's volume; another run serves the one that has its name now.
        return { outcome: { kind: 'gone' }, operation: new Operation({ record: former, queuedMs, clock }) };
      }
      if (record === undefined) return { outcome: { kind: 'gone' }, operation };
      record.apply({ type: 'run-began', protected: writer.protects(record.newest) });
      operation = new Operation({ record, queuedMs, clock });
      const action = this.#plan(record);
      kind = laneOf(action) ?? lane;
      if (kind !== lane) return { outcome: { kind: 'rerouted' }, operation };
      const outcome = this.#repeated(record, action) ?? (await this.#carryOut(action, operation));
      if (outcome.kind === 'done') this.#noteDone(record, action);
      return { outcome, operation };
    } catch (error) {
      return { outcome: this.#outcomeOf(error, kind), operation };
    }
  }

  /** Unpublishes the volume of an attachment that went away by force. Never rejects. */
  async runOrphan(orphan: VolumeAttachment): Promise<Outcome> {
    try {
      await this.#options.detach.runOrphan(new Stopwatch(this.#options.clock), orphan);
      return { kind: 'done', operation: 'detach' };
    } catch (error) {
      return this.#outcomeOf(error, 'detach');
    }
  }

  /** The record of the object as it is now, as far as this term has seen; undefined if there is none. */
  async #observe(name: string): Promise<AttachmentRecord | undefined> {
    const { attachments, memory } = this.#options;
    const asked = memory.get(name);
    if (attachments.fresh) {
      const stored = attachments.store.get(name);
      // The store may be behind what the server was asked for.
      const isLate =
        asked !== undefined && asked.uid !== stored?.uid && !attachments.covers(asked.newest.resourceVersion);
      if (!isLate) {
        if (stored === undefined) this.#forgetGone(name);
        return stored && this.#alive(memory.watched(stored));
      }
    }
    const newest = asked?.newest;
    const object = await attachments.ask(name);
    if (object !== undefined) return this.#alive(memory.read(object, newest));
    this.#forgetGone(name);
    return undefined;
  }

  /** What has ended is not brought back by a store that lags. */
  #alive(record: AttachmentRecord): AttachmentRecord | undefined {
    return record.isGone ? undefined : record;
  }

  /** The object is no more. A store that lags may show it for a while, and must not bring it back. */
  #forgetGone(name: string): void {
    const { attachments, memory } = this.#options;
    const shown = attachments.store.get(name);
    const known = memory.get(name);
    if (known === undefined && shown !== undefined) memory.watched(shown).apply({ type: 'vanished' });
    // Else whoever hears of its end in the store forgets it.
    else if (shown === undefined && known !== undefined && attachments.covers(known.newest.resourceVersion)) {
      memory.forget(name);
    }
  }

  /** True if nothing is left to be done for the attachment as it is known now. */
  settled(record: AttachmentRecord): boolean {
    const action = this.#plan(record);
    return action === 'nothing' || action === 'forget';
  }

  #plan(record: AttachmentRecord): Action {
    const { writer, canPublish } = this.#options;
    return plan(record.state, { finalizer: writer.protects(record.newest), canPublish });
  }

  /**
   * What has succeeded and is to be done once more waits as what has failed does: whoever undoes it each time must not
   * have the driver called each time. Not for what the driver's lists miss, which come at a pace of their own.
   */
  #repeated(record: AttachmentRecord, action: Action): Outcome | undefined {
    const { clock, backoff } = this.#options;
    const { lastDone, state } = record;
    if (lastDone?.action !== action || (state.is === 'exposed' && state.republish)) return undefined;
    const untilMs = lastDone.atMs + backoff.next(lastDone.times - 1);
    return clock.monotonic() < untilMs ? { kind: 'repeated', untilMs } : undefined;
  }

  #noteDone(record: AttachmentRecord, action: Action): void {
    const { clock, backoff } = this.#options;
    const { lastDone } = record;
    const atMs = clock.monotonic();
    // After a rest of the longest backoff it counts as the first time.
    const isNext = lastDone?.action === action && atMs - lastDone.atMs < 2 * backoff.maxMs;
    record.lastDone = { action, atMs, times: isNext ? lastDone.times + 1 : 1 };
  }

  async #carryOut(action: Action, operation: Operation): Promise<Outcome> {
    const { attach, detach, writer } = this.#options;
    switch (action) {
      case 'forget':
      case 'nothing':
        return { kind: 'idle' };
      case 'attach':
        await attach.run(operation);
        return { kind: 'done', operation: 'attach' };
      case 'record-attached':
        await attach.recordAttached(operation);
        return { kind: 'done', operation: 'attach' };
      case 'mark-attached':
        await operation.inApi(() => writer.markAttached(operation.record, {}));
        return { kind: 'done', operation: 'attach' };
      case 'detach':
        await detach.run(operation);
        return { kind: 'done', operation: 'detach' };
      case 'release':
        await detach.release(operation);
        return { kind: 'done', operation: 'detach' };
      case 'keep':
        throw publishUnsupported(operation.record.newest);
    }
  }

  #outcomeOf(error: unknown, operation: OperationKind): Outcome {
    const { term } = this.#options;
    if (error instanceof ObjectGone) return { kind: 'gone' };
    if (error instanceof AttachmentChanged) return { kind: 'changed' };
    // What fails because the term ends is uncertain, not failed: the next leader finds out.
    if (error instanceof NotLeading || term.signal.aborted || !term.held()) return { kind: 'not-leading' };
    return { kind: 'failed', operation, failure: describeFailure(error) };
  }
}

/** One handshake does not undo what was published: the driver may have made a faulty start, or be an older release. */
function publishUnsupported({ annotations, deletionMs }: VolumeAttachment): OperationError {
  const what = deletionMs === undefined ? 'is not attached' : 'is not let go';
  return new OperationError(
    'PublishUnsupported',
    `the driver says that it has no PUBLISH_UNPUBLISH_VOLUME, but this volume was published to node id "${annotations[nodeIdAnnotation]}" and may be there still: it ${what}; see "A driver that cannot publish any more" in the README`,
  );
}

function laneOf(action: Action): OperationKind | undefined {
  switch (action) {
    case 'attach':
    case 'record-attached':
    case 'mark-attached':
      return 'attach';
    case 'detach':
    case 'release':
      return 'detach';
    default:
      return undefined;
  }
}
