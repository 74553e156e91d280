import type { VolumeAttachment } from '../../kube/api/objects.ts';
import {
  type AttachmentEvent,
  type AttachmentState,
  firstState,
  mayBePublished,
  transition,
} from './attachment-state.ts';
import type { Failure } from './operation-error.ts';
import type { OperationKind } from './outcome.ts';

/** What is remembered of the failures of one operation: until it succeeds, or the other one is asked for. */
export interface FailureHistory {
  readonly operation: OperationKind;
  /** The last failure, and when it was, in milliseconds since the epoch. */
  last: (Failure & { readonly atMs: number }) | undefined;
  /** Monotonic time and text of the last error that was written to the API. */
  written: { readonly atMs: number; readonly text: string } | undefined;
  /** It was shown as timed out. */
  timedOut: boolean;
}

/** What was done last, when (monotonic), and how often in a row: so that nothing is done over and over for nothing. */
export interface LastDone {
  readonly action: string;
  readonly atMs: number;
  readonly times: number;
}

/** What this process knows of one attachment beside what the API has. Keyed by UID: a name can be used again. */
export class AttachmentRecord {
  readonly name: string;
  readonly uid: string;
  /** Of the last run that succeeded; until one with another plan does. */
  lastDone: LastDone | undefined;
  #state: AttachmentState;
  #failures: FailureHistory | undefined;

  constructor(object: VolumeAttachment) {
    this.name = object.name;
    this.uid = object.uid;
    this.#state = firstState(object);
  }

  get state(): AttachmentState {
    return this.#state;
  }

  /** The newest version known; of one that is gone, the last. */
  get newest(): VolumeAttachment {
    return this.#state.is === 'gone' ? this.#state.last : this.#state.newest;
  }

  get isGone(): boolean {
    return this.#state.is === 'gone';
  }

  /** True if a publish may have been done under the object, and was surely not undone. */
  get mayBePublished(): boolean {
    return mayBePublished(this.#state);
  }

  /** True if others changed, while a run was under way, what may change the decision that it was made on. */
  get changedByOthers(): boolean {
    const state = this.#state;
    return state.is !== 'gone' && state.base !== state.newest && attachmentChanged(state.base, state.newest);
  }

  apply(event: AttachmentEvent): void {
    this.#state = transition(this.#state, event);
  }

  /** Failures since the last success, of the operation that failed last; undefined if there were none. */
  get failures(): FailureHistory | undefined {
    return this.#failures;
  }

  /** Where to note failures of `operation`: those of the other one are forgotten, since it is not asked for any more. */
  failuresOf(operation: OperationKind): FailureHistory {
    if (this.#failures?.operation !== operation) {
      this.#failures = { operation, last: undefined, written: undefined, timedOut: false };
    }
    return this.#failures;
  }

  forgetFailures(): void {
    this.#failures = undefined;
  }
}

/**
 * True if a change may change what is to be done. Our own error texts, managedFields and resourceVersion do not count:
 * else each error that we write would end the backoff that it belongs to.
 */
export function attachmentChanged(before: VolumeAttachment, after: VolumeAttachment): boolean {
  return (
    before.uid !== after.uid ||
    before.deletionMs !== after.deletionMs ||
    before.attached !== after.attached ||
    before.attacher !== after.attacher ||
    before.nodeName !== after.nodeName ||
    before.persistentVolumeName !== after.persistentVolumeName ||
    !sameList(before.finalizers, after.finalizers) ||
    !sameRecord(before.annotations, after.annotations)
  );
}

export function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}

export function sameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
