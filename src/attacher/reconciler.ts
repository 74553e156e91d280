import type { Clock } from '../base/clock.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import type { Attach } from './attach.ts';
import type { Detach } from './detach.ts';
import { NotLeading, type Term } from './leadership.ts';
import { Operation, Stopwatch } from './operation.ts';
import { type Action, type Facts, plan } from './plan.ts';
import type { AssumeCache, AttachmentRecord } from './state/assume-cache.ts';
import type { ConsistentReader } from './state/consistent-read.ts';
import { describeFailure } from './state/operation-error.ts';
import type { OperationKind, Outcome } from './state/outcome.ts';
import { AttachmentChanged, AttachmentGone, type AttachmentWriter } from './writer.ts';

export interface ReconcilerOptions {
  clock: Clock;
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

  /** Never rejects. `lane` is where the run takes place; work of the other lane is not begun in it. */
  async run(name: string, lane: OperationKind, queuedMs: number): Promise<Run> {
    const { memory, clock } = this.#options;
    let operation: Operation | undefined;
    let kind: OperationKind = lane;
    try {
      // A new attachment of the same name waits until the former one's volume is off its node.
      kind = 'detach';
      for (const orphan of memory.orphans(name)) {
        await this.#options.detach.runOrphan(new Stopwatch(clock), orphan);
      }
      kind = lane;
      const object = await this.#read(name);
      const former = memory.get(name);
      const isLost = former !== undefined && !former.gone && former.uid !== object?.uid;
      if (isLost) operation = new Operation({ record: former, queuedMs, clock });
      if (object === undefined) {
        this.#bury(name);
        return { outcome: { kind: 'gone' }, operation };
      }
      if (isLost) {
        // First what becomes of the former's volume; another run serves the one that has its name now.
        memory.observe(object);
        return { outcome: { kind: 'gone' }, operation };
      }
      const record = memory.observe(object);
      record.base = record.newest;
      record.exposed ||= this.#options.writer.protects(object);
      operation = new Operation({ record, queuedMs, clock });
      const action = plan(this.#facts(record));
      kind = laneOf(action) ?? lane;
      if (kind !== lane) return { outcome: { kind: 'rerouted' }, operation };
      return { outcome: await this.#carryOut(action, operation), operation };
    } catch (error) {
      return { outcome: this.#judge(error, kind), operation };
    }
  }

  /** The object as it is now, as far as this term has seen: the store may be behind what the server was asked for. */
  async #read(name: string): Promise<VolumeAttachment | undefined> {
    const { attachments, memory } = this.#options;
    const object = await attachments.read(name);
    const known = memory.get(name);
    if (known === undefined || known.uid === object?.uid) return object;
    return attachments.covers(known.newest.resourceVersion) ? object : attachments.ask(name);
  }

  /** The object is no more. A store that lags may show it for a while, and must not bring it back. */
  #bury(name: string): void {
    const { attachments, memory } = this.#options;
    const shown = attachments.store.get(name);
    const known = memory.get(name);
    if (known === undefined && shown !== undefined) memory.observe(shown).gone = true;
    // Else whoever hears of its end in the store forgets it.
    else if (shown === undefined && known !== undefined && attachments.covers(known.newest.resourceVersion)) {
      memory.forget(name);
    }
  }

  /** True if nothing is left to be done for the attachment as it is known now. */
  settled(record: AttachmentRecord): boolean {
    const action = plan(this.#facts(record));
    return action === 'nothing' || action === 'forget';
  }

  /** True if a publish may have been done for the attachment and was surely not undone. */
  mayBePublished(record: AttachmentRecord): boolean {
    return this.#options.canPublish && !record.gone && !record.unpublished && record.exposed;
  }

  #facts(record: AttachmentRecord): Facts {
    const { newest } = record;
    return {
      present: !record.gone,
      deleting: newest.deletionMs !== undefined,
      finalizer: this.#options.writer.protects(newest),
      exposed: record.exposed,
      attached: newest.attached,
      canPublish: this.#options.canPublish,
      published: record.published !== undefined,
      unpublished: record.unpublished,
      forced: record.forced,
      attachError: newest.attachError !== undefined,
    };
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
    }
  }

  #judge(error: unknown, operation: OperationKind): Outcome {
    const { term } = this.#options;
    if (error instanceof AttachmentGone) return { kind: 'gone' };
    if (error instanceof AttachmentChanged) return { kind: 'changed' };
    // What fails because the term ends is uncertain, not failed: the next leader finds out.
    if (error instanceof NotLeading || term.signal.aborted || !term.held()) return { kind: 'fenced' };
    return { kind: 'failed', operation, failure: describeFailure(error), error };
  }
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
