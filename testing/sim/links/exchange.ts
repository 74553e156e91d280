import { type CancelSignal, TransportError } from '../../../src/kube/client/transport.ts';

export interface ExchangeOptions<T> {
  signal: CancelSignal | undefined;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
  /** If the client calls it off, that does not keep the request from being served. */
  comesTooLate: boolean;
}

/** One request and its answer, as the client waits for it. Only the first end counts. */
export class Exchange<T> {
  readonly #options: ExchangeOptions<T>;
  readonly #cleanups: (() => void)[] = [];
  #over = false;
  #aborted = false;

  constructor(options: ExchangeOptions<T>) {
    this.#options = options;
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Nobody waits for the answer any more. */
  get isOver(): boolean {
    return this.#over;
  }

  /** The client gave up, and the server has heard of that before it began. */
  get calledOff(): boolean {
    return this.#aborted && !this.#options.comesTooLate;
  }

  onOver(cleanup: () => void): void {
    if (this.#over) cleanup();
    else this.#cleanups.push(cleanup);
  }

  done(value: T): void {
    if (this.#end()) this.#options.resolve(value);
  }

  fail(error: unknown): void {
    if (this.#end()) this.#options.reject(error);
  }

  /** There is nobody any more to be told how it ends. What was sent may still be served. */
  abandon(): void {
    this.#aborted = true;
    this.#end();
  }

  readonly #onAbort = (): void => {
    this.#aborted = true;
    this.fail(new TransportError('aborted', 'aborted', { sent: true }));
  };

  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    for (const cleanup of this.#cleanups) cleanup();
    return true;
  }
}
