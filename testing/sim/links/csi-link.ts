import type { Timer } from '../../../src/base/clock.ts';
import { Code, CsiError } from '../../../src/csi/errors.ts';
import type { CallOptions, CsiTransport } from '../../../src/csi/transport.ts';
import type { DriverEvents } from '../../csi-driver/core.ts';
import type { DriverSide } from '../cluster/driver-side.ts';
import type { SimProcess } from '../replica/sim-process.ts';
import type { Lane } from './network.ts';

/** One reason for all: making one each time, with its stack, is dear. */
const callerGone = new Error('the caller has given up');

/** A call as its caller waits for it. */
interface Call {
  readonly method: string;
  readonly gaveUp: AbortController;
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: CsiError) => void;
  readonly cleanups: (() => void)[];
  over: boolean;
  /** The connection on which it was sent is closed. */
  cut: boolean;
}

/** One attacher's socket to the driver. */
export class CsiLink implements CsiTransport, DriverEvents {
  readonly #driver: DriverSide;
  readonly #lane: Lane;
  readonly #process: SimProcess;
  readonly #listeners: (() => void)[] = [];
  readonly #calls = new Set<Call>();
  readonly #unsubscribe: () => void;
  #connected = false;
  #closed = false;

  constructor({ driver, lane, process }: { driver: DriverSide; lane: Lane; process: SimProcess }) {
    this.#driver = driver;
    this.#lane = lane;
    this.#process = process;
    this.#unsubscribe = driver.core.subscribe(this);
    lane.onBreak(() => {
      driver.lost();
      this.cut();
    });
  }

  /** Calls under way. */
  get underWay(): number {
    return this.#calls.size;
  }

  unary(method: string, request: Uint8Array, { timeoutMs, signal, wanted }: CallOptions): Promise<Uint8Array> {
    const refusal = this.#refusal(signal);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#connected = true;
    return new Promise((resolve, reject) => {
      const gaveUp = new AbortController();
      const call: Call = { method, gaveUp, resolve, reject, cleanups: [], over: false, cut: false };
      this.#calls.add(call);
      this.#limit(call, timeoutMs, signal);
      this.#process.toWire(() => {
        if (wanted?.() === false) this.#fail(call, canceled('not wanted any more', false));
        if (!call.over) this.#send(call, request.slice());
      });
    });
  }

  onDisconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    for (const call of [...this.#calls]) this.#fail(call, unavailable('the connection to the driver is closed', true));
  }

  /** The process is gone and its socket with it: the driver hears of that, and nobody else. */
  abandon(): void {
    this.#unsubscribe();
    for (const call of this.#calls) call.gaveUp.abort(callerGone);
    this.#calls.clear();
  }

  cut(): void {
    if (!this.#connected) return;
    this.#connected = false;
    const calls = [...this.#calls];
    // What has not reached the driver by now never will: its end of the connection is closed.
    for (const call of calls) call.cut = true;
    this.#process.deliver(0, () => {
      const error = unavailable('the connection to the driver was lost while it worked on the call', true);
      for (const call of calls) this.#fail(call, error);
      for (const listener of this.#listeners) listener();
    });
  }

  down(): void {
    this.cut();
  }

  up(): void {}

  #send(call: Call, bytes: Uint8Array): void {
    const { upMs, downMs } = this.#driver.transit();
    this.#driver.sent(this.#process, call.method, bytes);
    this.#driver.time.schedule(upMs, () => this.#arrive(call, bytes, downMs));
  }

  #arrive(call: Call, bytes: Uint8Array, downMs: number): void {
    const { core } = this.#driver;
    // Cancelled on its way: the driver may hear of that in time, or not.
    if (call.cut || (call.over && this.#driver.hearsInTime())) return;
    if (!core.up)
      return void this.#process.deliver(downMs, () => this.#fail(call, unavailable('the driver is down', true)));
    this.#driver.arriving({ by: this.#process, calledOff: call.over }, () =>
      core.unary(call.method, bytes, call.gaveUp.signal).then(
        (answer) => void this.#process.deliver(downMs, () => this.#end(call) && call.resolve(answer.slice())),
        (error: unknown) => void this.#process.deliver(downMs, () => this.#reject(call, CsiError.from(error))),
      ),
    );
  }

  #limit(call: Call, timeoutMs: number, signal: AbortSignal | undefined): void {
    const giveUp = (code: Code, message: string): void =>
      this.#fail(call, new CsiError(code, message, { local: true }));
    const onAbort = (): void => giveUp(Code.Canceled, 'context canceled');
    const timer: Timer = this.#process.clock.schedule(timeoutMs, () =>
      giveUp(Code.DeadlineExceeded, 'context deadline exceeded'),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    call.cleanups.push(() => timer.cancel());
    call.cleanups.push(() => signal?.removeEventListener('abort', onAbort));
  }

  #refusal(signal: AbortSignal | undefined): CsiError | undefined {
    if (this.#closed) return unavailable('the connection to the driver is closed', false);
    if (signal?.aborted) return canceled('context canceled', false);
    const isThere = this.#driver.core.up && this.#lane.state !== 'reject';
    return isThere ? undefined : unavailable('cannot connect to the driver', false);
  }

  #end(call: Call): boolean {
    if (call.over) return false;
    call.over = true;
    this.#calls.delete(call);
    for (const cleanup of call.cleanups) cleanup();
    return true;
  }

  #reject(call: Call, error: CsiError): void {
    if (this.#end(call)) call.reject(error);
  }

  /** Ends the call on our side, and lets the driver know that nobody waits. */
  #fail(call: Call, error: CsiError): void {
    if (!this.#end(call)) return;
    call.reject(error);
    call.gaveUp.abort(callerGone);
  }
}

function unavailable(message: string, sent: boolean): CsiError {
  return new CsiError(Code.Unavailable, message, { local: true, sent });
}

function canceled(message: string, sent: boolean): CsiError {
  return new CsiError(Code.Canceled, message, { local: true, sent });
}
