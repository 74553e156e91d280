import type { Clock } from '../../src/base/clock.ts';
import { Code, CsiError } from '../../src/csi/errors.ts';
import type { CallOptions, CsiTransport } from '../../src/csi/transport.ts';
import type { DriverCore, DriverEvents } from './core.ts';

/** A call as its caller sees it. */
interface Waiting {
  fail(error: CsiError): void;
}

/** The driver's face without a network: one connection of one attacher, made of function calls on the same bytes. */
export class MemoryTransport implements CsiTransport, DriverEvents {
  readonly #core: DriverCore;
  readonly #clock: Clock;
  readonly #unsubscribe: () => void;
  readonly #listeners: (() => void)[] = [];
  readonly #waiting = new Set<Waiting>();
  /** A connection is opened by the first call, as on a wire. */
  #connected = false;
  #closed = false;

  constructor({ core, clock }: { core: DriverCore; clock: Clock }) {
    this.#core = core;
    this.#clock = clock;
    this.#unsubscribe = core.subscribe(this);
  }

  unary(method: string, request: Uint8Array, { timeoutMs, signal }: CallOptions): Promise<Uint8Array> {
    const refusal = this.#refusal(signal);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#connected = true;
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const gaveUp = new AbortController();
    const settle = (): boolean => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      return this.#waiting.delete(waiting);
    };
    const fail = (error: CsiError): void => {
      if (!settle()) return;
      reject(error);
      gaveUp.abort();
    };
    const waiting: Waiting = { fail };
    const giveUp = (code: Code, message: string): void => fail(new CsiError(code, message, { local: true }));
    const onAbort = (): void => giveUp(Code.Canceled, 'context canceled');
    const timer = this.#clock.schedule(timeoutMs, () => giveUp(Code.DeadlineExceeded, 'context deadline exceeded'));
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiting.add(waiting);
    this.#deliver(method, request, gaveUp.signal).then(
      (answer) => {
        if (settle()) resolve(answer);
      },
      (error: unknown) => {
        if (settle()) reject(CsiError.from(error));
      },
    );
    return promise;
  }

  onDisconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#failAll('the connection to the driver is closed');
  }

  cut(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#failAll('the connection to the driver was lost while it worked on the call');
    for (const listener of this.#listeners) listener();
  }

  down(): void {
    this.cut();
  }

  up(): void {}

  /** The driver gets bytes of its own, and so does the caller; and never before the caller has gone on. */
  async #deliver(method: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const sent = request.slice();
    await Promise.resolve();
    const answer = await this.#core.unary(method, sent, signal);
    return answer.slice();
  }

  #refusal(signal: AbortSignal | undefined): CsiError | undefined {
    const unsent = { local: true, sent: false };
    if (this.#closed) return new CsiError(Code.Unavailable, 'the connection to the driver is closed', unsent);
    if (signal?.aborted) return new CsiError(Code.Canceled, 'context canceled', unsent);
    if (!this.#core.up) return new CsiError(Code.Unavailable, 'cannot connect to the driver: it is down', unsent);
    return undefined;
  }

  #failAll(message: string): void {
    for (const waiting of [...this.#waiting]) {
      waiting.fail(new CsiError(Code.Unavailable, message, { local: true }));
    }
  }
}
