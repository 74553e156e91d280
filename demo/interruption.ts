/** Somebody pressed Ctrl-C, or what comes to the same. */
export class Interrupted extends Error {}

export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What `work` gives, unless the signal aborts first; then it throws Interrupted, and nobody waits for `work`. */
export function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const interrupted = whenAborted(signal).then(() => {
    throw new Interrupted('interrupted');
  });
  return Promise.race([work, interrupted]);
}
