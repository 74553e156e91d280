/** All that the decision about one attachment depends on. */
export interface Facts {
  /** The object is there. */
  present: boolean;
  /** It is marked for deletion. */
  deleting: boolean;
  /** It carries our finalizer: the volume may be published. */
  finalizer: boolean;
  /** It carried our finalizer in this term, or was published: without the finalizer now, somebody took that off. */
  exposed: boolean;
  /** Its status says attached. */
  attached: boolean;
  /** The driver can publish and unpublish. If not, volumes need no attaching and are marked attached at once. */
  canPublish: boolean;
  /** A publish of ours succeeded that the API does not show yet. */
  published: boolean;
  /** An unpublish of ours succeeded since the deletion mark. */
  unpublished: boolean;
  /** The volume is to be published although its status says attached. */
  forced: boolean;
  /** Its status shows an error of an attach. */
  attachError: boolean;
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
  /** Only the finalizer is left to be taken off. */
  | 'release'
  /** Status only: the driver needs no publish. */
  | 'mark-attached';

/** What to do, for every combination of facts. Pure and total. */
export function plan(facts: Facts): Action {
  if (!facts.present) return 'forget';
  if (!facts.canPublish) return planTrivial(facts);
  return facts.deleting ? planDeleting(facts) : planWanted(facts);
}

function planWanted(facts: Facts): Action {
  // The publish is done and must not be repeated for a write that failed. The finalizer was durable before it.
  if (facts.published && !facts.forced) return 'record-attached';
  if (!facts.attached || facts.forced) return 'attach';
  // Attached without our finalizer: somebody took it off, or the driver needed no publish when this was written. The
  // volume would be forgotten when the object goes, so it is attached anew: publish is idempotent.
  if (!facts.finalizer) return 'attach';
  // Attached and failed at once: a renewed attach failed, perhaps in a former term, or the failure was written after
  // the success, whose answer was lost. Either way a new attach tells the truth.
  return facts.attachError ? 'attach' : 'nothing';
}

function planDeleting(facts: Facts): Action {
  // Without our finalizer nothing was published under this object, or all was undone; unless somebody took it off while
  // the volume was, or was being, published: nobody else would ever unpublish it.
  if (!facts.finalizer) return facts.exposed && !facts.unpublished ? 'detach' : 'nothing';
  return facts.unpublished ? 'release' : 'detach';
}

function planTrivial(facts: Facts): Action {
  // A finalizer from a time when the driver could publish: it has no call left that could undo it.
  if (facts.deleting) return facts.finalizer ? 'release' : 'nothing';
  return facts.attached && !facts.attachError ? 'nothing' : 'mark-attached';
}
