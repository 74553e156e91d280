import type { Failure } from './operation-error.ts';

/** What came of one run for one attachment. One switch (in controller.ts) turns it into all that follows. */
export type Outcome =
  /** There was nothing to do. */
  | { kind: 'idle' }
  /** There is no such attachment any more. */
  | { kind: 'gone' }
  | { kind: 'done'; operation: OperationKind }
  /** It changed while it was worked on: to be decided again at once. */
  | { kind: 'changed' }
  /** The work belongs to the other lane. */
  | { kind: 'rerouted' }
  /** The volume of a former attachment of its name comes first; the end of that is told. */
  | { kind: 'blocked' }
  /** The same was done a moment ago, and is to be done again: it waits until then (monotonic, in milliseconds). */
  | { kind: 'repeated'; untilMs: number }
  /** The lease is not held any more: nothing was written, and nothing is retried here. */
  | { kind: 'not-leading' }
  | { kind: 'failed'; operation: OperationKind; failure: Failure };

export type OperationKind = 'attach' | 'detach';
export const operationKinds: readonly OperationKind[] = ['attach', 'detach'];
