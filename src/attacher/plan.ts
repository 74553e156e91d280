import type { AttachmentState } from './state/attachment-state.ts';
import { nodeIdAnnotation } from './state/names.ts';

/** What the decision about one attachment depends on beside its state. */
export interface Facts {
  /** The object carries our finalizer. */
  finalizer: boolean;
  /** The driver can publish and unpublish. If not, volumes need no attaching and are marked attached at once. */
  canPublish: boolean;
}

export type Action =
  /** Nothing is left of it: drop what is remembered. */
  | 'forget'
  | 'nothing'
  /** Finalizers, publish, status. */
  | 'attach'
  /** Only the status write of an attach is missing. */
  | 'record-attached'
  /** Unpublish, then take the finalizer off. */
  | 'detach'
  /** The finalizer is left to be taken off, and to be shown is that the volume is detached. */
  | 'release'
  /** Status only: the driver needs no publish. */
  | 'mark-attached'
  /** It was published by a driver that says now that it cannot publish: nothing is done, and that is told. */
  | 'keep';

type Present = Exclude<AttachmentState, { is: 'gone' }>;

/** What to do, for every state and all facts. Pure and total. */
export function plan(state: AttachmentState, facts: Facts): Action {
  if (state.is === 'gone') return 'forget';
  if (!facts.canPublish) return planTrivial(state, facts);
  return state.newest.deletionMs === undefined ? planWanted(state, facts) : planDeleting(state, facts);
}

function planWanted(state: Present, facts: Facts): Action {
  // The publish is done and must not be repeated for a write that failed. The finalizer was durable before it.
  if (state.is === 'published') return 'record-attached';
  if (!state.newest.attached || (state.is === 'exposed' && state.republish)) return 'attach';
  // Attached without our finalizer: somebody took it off, or the driver needed no publish when this was written. The
  // volume would be forgotten when the object goes, so it is attached anew: publish is idempotent.
  if (!facts.finalizer) return 'attach';
  // Attached and failed at once: a renewed attach failed, perhaps in a former term, or the failure was written after
  // the success, whose answer was lost. Either way a new attach tells the truth.
  return state.newest.attachError === undefined ? 'nothing' : 'attach';
}

function planDeleting(state: Present, facts: Facts): Action {
  if (state.is === 'unpublished') {
    // Another finalizer may keep it: then it has to be shown as detached, too.
    const { attached, detachError } = state.newest;
    return facts.finalizer || attached || detachError !== undefined ? 'release' : 'nothing';
  }
  // Without our finalizer nothing was published under this object; unless somebody took it off while the volume was,
  // or was being, published: nobody else would ever unpublish it.
  return facts.finalizer || state.is !== 'untouched' ? 'detach' : 'nothing';
}

function planTrivial({ newest }: Present, facts: Facts): Action {
  // A driver that could publish yesterday may have made a faulty start: one answer does not undo what it published.
  const wasPublished = facts.finalizer && (newest.annotations[nodeIdAnnotation] ?? '') !== '';
  if (newest.deletionMs !== undefined) return wasPublished ? 'keep' : facts.finalizer ? 'release' : 'nothing';
  if (newest.attached && newest.attachError === undefined) return 'nothing';
  return wasPublished ? 'keep' : 'mark-attached';
}
