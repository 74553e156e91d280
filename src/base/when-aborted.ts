/** Resolves when `signal` aborts, or at once if it has. */
export function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/**
 * Aborts as soon as one of the two does. Not AbortSignal.any: Node keeps such a signal for as long as somebody listens to
 * it, whether it has aborted or not.
 */
export function firstAborted(one: AbortSignal, other: AbortSignal): AbortSignal {
  const first = new AbortController();
  const end = (): void => {
    first.abort();
    for (const signal of [one, other]) signal.removeEventListener('abort', end);
  };
  if (one.aborted || other.aborted) end();
  else for (const signal of [one, other]) signal.addEventListener('abort', end, { once: true });
  return first.signal;
}
