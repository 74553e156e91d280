import type { Clock, Timer } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import { Code, CsiError } from '../../src/csi/errors.ts';
import { type CallSubject, type Fate, type Fault, Faults } from './faults.ts';
import { Journal } from './journal.ts';
import { type MethodInfo, methods, type ReadCall } from './methods.ts';
import { Refusal } from './refusal.ts';
import { CsiService } from './service.ts';
import { type DriverSettings, defaultSettings } from './settings.ts';

export interface DriverCoreOptions {
  clock: Clock;
  random: Random;
  settings?: Partial<DriverSettings>;
  /** How many moments the journal keeps; 0 (the default) keeps none, only figures. */
  journalLimit?: number;
}

/** What happens to the driver as a whole: its faces act on it. */
export interface DriverEvents {
  /** Every connection breaks. The driver goes on, and takes new ones. */
  cut(): void;
  /** The process is gone; `up` follows. */
  down(): void;
  up(): void;
}

/** A call that waits for time to pass, or for nothing. */
interface Running {
  readonly number: number;
  readonly subject: CallSubject;
  /** Ends the waiting with an error: nothing more is done. Undefined while the call does not wait. */
  stop: ((error: CsiError) => void) | undefined;
}

/**
 * The driver without a wire: bytes in, bytes out. Time and chance come in, so that the same calls at the same times
 * meet the same faults. Faces (memory.ts, grpc.ts) bring it the calls.
 */
export class DriverCore {
  readonly service: CsiService;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly #clock: Clock;
  readonly #listeners = new Set<DriverEvents>();
  readonly #running = new Set<Running>();
  /** Volumes with an operation under way. */
  readonly #busy = new Set<string>();
  #up = true;
  #startedMs: number;
  #upTimer: Timer | undefined;

  constructor({ clock, random, settings, journalLimit = 0 }: DriverCoreOptions) {
    this.#clock = clock;
    this.service = new CsiService({ ...defaultSettings, ...settings });
    this.faults = new Faults(random);
    this.journal = new Journal(journalLimit);
    this.#startedMs = clock.monotonic();
  }

  get ledger(): CsiService['ledger'] {
    return this.service.ledger;
  }

  /** False while the driver is down: nobody can connect. */
  get up(): boolean {
    return this.#up;
  }

  subscribe(events: DriverEvents): () => void {
    this.#listeners.add(events);
    return () => this.#listeners.delete(events);
  }

  /**
   * One call. Rejects with CsiError only. `signal` says that the caller stopped waiting; what that means for the work
   * is a setting.
   */
  async unary(path: string, request: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    if (!this.#up) throw new CsiError(Code.Unavailable, 'the driver is down');
    let read: ReadCall;
    let method: MethodInfo;
    try {
      method = this.#find(path);
      read = method.read(request);
    } catch (error) {
      throw toCsiError(error);
    }
    const subject = { method: method.name, volumeId: read.volumeId, nodeId: read.nodeId };
    const number = this.journal.start(this.#clock.monotonic(), subject);
    const running: Running = { number, subject, stop: undefined };
    return this.#follow(running, signal, () => this.#serve(method, read, running));
  }

  /** Breaks every connection; the work goes on. */
  cut(): void {
    for (const listener of [...this.#listeners]) listener.cut();
  }

  /** Ends the process and starts it again, `downMs` later. What was under way stops where it is. */
  restart({ forget = false, downMs = 0 }: { forget?: boolean; downMs?: number } = {}): void {
    this.#upTimer?.cancel();
    this.#up = false;
    this.#stopAll('the driver was restarted');
    this.#busy.clear();
    if (forget) this.ledger.clear();
    for (const listener of [...this.#listeners]) listener.down();
    if (downMs > 0) this.#upTimer = this.#clock.schedule(downMs, () => this.#comeUp());
    else this.#comeUp();
  }

  /** Nothing goes wrong from here on; calls that hang end with an error. */
  heal(): void {
    this.faults.heal();
    this.#stopAll('the driver recovered');
  }

  /** Ends all calls and timers. */
  close(): void {
    this.#upTimer?.cancel();
    this.#up = false;
    this.#stopAll('the driver is shutting down');
  }

  #comeUp(): void {
    this.#upTimer = undefined;
    this.#up = true;
    this.#startedMs = this.#clock.monotonic();
    for (const listener of [...this.#listeners]) listener.up();
  }

  #find(path: string): MethodInfo {
    const method = methods.get(path);
    const { controllerService, capabilities } = this.service.settings;
    const there =
      method !== undefined &&
      (controllerService || !method.controller) &&
      (method.needs === undefined || capabilities.includes(method.needs));
    if (!there) throw new Refusal(Code.Unimplemented, `the driver has no method ${path}`);
    return method;
  }

  /** Notes how the call ends, and whether the caller was still there. */
  async #follow(running: Running, signal: AbortSignal | undefined, serve: () => Promise<Uint8Array>) {
    const { number, subject } = running;
    const onAbort = (): void => {
      this.journal.giveUp(this.#clock.monotonic(), number, subject);
      if (this.service.settings.afterDeadline !== 'stop') return;
      running.stop?.(new CsiError(Code.Canceled, 'the caller gave up'));
    };
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    this.#running.add(running);
    let code: number = Code.OK;
    try {
      return await serve();
    } catch (error) {
      const failure = toCsiError(error);
      code = failure.code;
      throw failure;
    } finally {
      this.#running.delete(running);
      signal?.removeEventListener('abort', onAbort);
      this.journal.end(this.#clock.monotonic(), number, subject, code);
    }
  }

  async #serve(method: MethodInfo, read: ReadCall, running: Running): Promise<Uint8Array> {
    const { volumeId } = read;
    const exclusive = method.exclusive && volumeId !== '' && this.service.settings.abortWhilePending;
    if (exclusive && this.#busy.has(volumeId)) {
      throw new Refusal(Code.Aborted, `an operation on volume ${volumeId} is under way`);
    }
    const fate = this.faults.draw(running.subject);
    if (exclusive) this.#busy.add(volumeId);
    const free = (): void => {
      if (exclusive) this.#busy.delete(volumeId);
    };
    if (fate.fault?.kind === 'background') {
      void this.#inBackground(fate.fault.delayMs, read, running).finally(free);
      throw faultError(fate.fault);
    }
    let answer: Uint8Array;
    try {
      await this.#before(fate, running);
      answer = this.#work(read, running);
    } finally {
      free();
    }
    await this.#after(fate.fault, running);
    return answer;
  }

  /** The work of a call that was answered already. Never rejects. */
  async #inBackground(delayMs: number, read: ReadCall, { number, subject }: Running): Promise<void> {
    const running: Running = { number, subject, stop: undefined };
    this.#running.add(running);
    try {
      await this.#pause(delayMs, running);
      this.#work(read, running);
    } catch {
      // Stopped, or refused: nobody is left to be told.
    } finally {
      this.#running.delete(running);
    }
  }

  /** What happens until the work is done, if it is. */
  async #before({ delayMs, fault }: Fate, running: Running): Promise<void> {
    if (delayMs > 0) await this.#pause(delayMs, running);
    if (fault?.kind === 'hang') await this.#pause(undefined, running);
    if (fault?.kind === 'error') throw faultError(fault);
    if (fault?.kind === 'cut') this.#cutUnder();
  }

  #work(read: ReadCall, { number, subject }: Running): Uint8Array {
    const nowMs = this.#clock.monotonic();
    const ready = nowMs - this.#startedMs >= this.service.settings.readyAfterMs;
    const answer = read.run(this.service, { nowMs, ready });
    this.journal.work(nowMs, number, subject);
    return answer;
  }

  /** What happens to the answer. */
  async #after(fault: Fate['fault'], running: Running): Promise<void> {
    if (fault?.kind === 'hang after') await this.#pause(undefined, running);
    if (fault?.kind === 'error after') throw faultError(fault);
    if (fault?.kind === 'cut after') this.#cutUnder();
  }

  /** Breaks the connection under a call: its caller hears of that, and nobody of this error. */
  #cutUnder(): never {
    this.cut();
    throw new CsiError(Code.Unavailable, 'the connection was cut');
  }

  /** Lets time pass; without `delayMs`, until somebody stops it. */
  #pause(delayMs: number | undefined, running: Running): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = delayMs === undefined ? undefined : this.#clock.schedule(delayMs, resolve);
      running.stop = (error) => {
        timer?.cancel();
        reject(error);
      };
    });
  }

  #stopAll(reason: string): void {
    for (const running of [...this.#running]) running.stop?.(new CsiError(Code.Unavailable, reason));
  }
}

function faultError(fault: Extract<Fault, { code: Code }>): CsiError {
  return new CsiError(fault.code, fault.message ?? 'a fault that was asked for');
}

function toCsiError(error: unknown): CsiError {
  if (error instanceof Refusal) return new CsiError(error.code, error.message);
  return CsiError.from(error);
}
