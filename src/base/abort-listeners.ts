/** Whoever is to be told when a signal aborts. */
export interface AbortListener {
  cancelled(): void;
}

/**
 * Many who listen to one signal, by one listener of it: an EventTarget goes through all that it has for each that comes
 * and for each that goes.
 */
export class AbortListeners {
  readonly #bySignal = new WeakMap<AbortSignal, Set<AbortListener>>();

  /** For a signal that has not aborted. Each is told once. */
  add(signal: AbortSignal, listener: AbortListener): void {
    const known = this.#bySignal.get(signal);
    if (known !== undefined) {
      known.add(listener);
      return;
    }
    const listeners = new Set([listener]);
    this.#bySignal.set(signal, listeners);
    const tellAll = (): void => {
      for (const each of listeners) {
        listeners.delete(each);
        each.cancelled();
      }
    };
    signal.addEventListener('abort', tellAll, { once: true });
  }

  remove(signal: AbortSignal, listener: AbortListener): void {
    this.#bySignal.get(signal)?.delete(listener);
  }
}
