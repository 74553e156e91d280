/** Thrown instead of acting without a lease. The operation ends without a trace: the next leader does it again. */
export class NotLeading extends Error {
  constructor() {
    super('the lease is not held any more');
    this.name = 'NotLeading';
  }
}

/** What the domain needs to know of a term of leadership. */
export interface Term {
  /** Aborts when the term ends, whether by loss or by stop. */
  readonly signal: AbortSignal;
  /** True while the lease is ours by every clock of this machine. */
  held(): boolean;
}

/** To be called before every driver call and every write: leadership is a belief that ends with its deadline. */
export function assertLeading(term: Term): void {
  if (!term.held()) throw new NotLeading();
}

/** What keeps a write from being sent, or sent again after a wait, once the lease is not held any more. */
export function underLease(term: Term): { signal: AbortSignal; guard: () => void } {
  return { signal: term.signal, guard: () => assertLeading(term) };
}

/** The same for a call to the driver, which is sent once. */
export function whileLeading(term: Term): { wanted: () => boolean } {
  return { wanted: () => term.held() };
}
