import type { Term } from '../kube/leader-election/term.ts';

export type { Term } from '../kube/leader-election/term.ts';

/** Thrown instead of acting without a lease. The operation ends without a trace: the next leader does it again. */
export class NotLeading extends Error {
  constructor() {
    super('the lease is not held any more');
    this.name = 'NotLeading';
  }
}

/** To be called before every driver call and every write: leadership is a belief that ends with its deadline. */
export function assertLeading(term: Term): void {
  if (!term.held()) throw new NotLeading();
}

/**
 * Options of a write or a driver call: it is cancelled when the term ends, and not sent, or sent again after a wait, once
 * the lease is not held any more.
 */
export function whileLeading(term: Term): { signal: AbortSignal; wanted: () => boolean } {
  return { signal: term.signal, wanted: () => term.held() };
}
