import type { Random } from '../../src/base/random.ts';
import { Code } from '../../src/csi/errors.ts';
import type { MethodName } from './methods.ts';

/** One thing that goes wrong with one call. */
export type Fault =
  /** The answer, instead of the work. */
  | { kind: 'error'; code: Code; message?: string }
  /** The work is done, and the answer is an error all the same. */
  | { kind: 'error after'; code: Code; message?: string }
  /** Nothing is done, nothing is answered, and the volume stays busy until the driver restarts. */
  | { kind: 'hang' }
  /** The work is done, and nothing is answered. */
  | { kind: 'hang after' }
  /** The connection breaks, and every call on it with it: before the work, or after it. */
  | { kind: 'cut' }
  | { kind: 'cut after' }
  /** The answer is an error at once, and the work is done all the same, this much later; the volume is busy until then. */
  | { kind: 'background'; code: Code; message?: string; delayMs: number }
  /** The work takes this much longer. */
  | { kind: 'slow'; delayMs: number };

/** How often what goes wrong, drawn anew for each call. Shares are from 0 to 1. */
export interface FaultRates {
  /** How long the work takes, in milliseconds: as long, or between two bounds. */
  delayMs?: number | readonly [least: number, most: number];
  error?: number;
  /** What an error, before or after the work, is drawn from. */
  codes?: readonly Code[];
  errorAfter?: number;
  hang?: number;
  hangAfter?: number;
  cut?: number;
  cutAfter?: number;
  /** Share of calls that are answered with an error, and whose work is done `slowMs` later. */
  background?: number;
  /** Share of calls that take `slowMs` longer: past their deadline, say. */
  slow?: number;
  slowMs?: number;
}

/** Which calls a scripted fault waits for; what is left out does not matter. */
export interface FaultTarget {
  method?: MethodName;
  volumeId?: string;
  nodeId?: string;
}

export interface CallSubject {
  method: MethodName;
  volumeId: string;
  nodeId: string;
}

/** What befalls one call: how long it takes, and at most one fault. */
export interface Fate {
  delayMs: number;
  fault: Exclude<Fault, { kind: 'slow' }> | undefined;
}

interface Script {
  target: FaultTarget;
  left: number;
  fault: Fault;
}

/** Decides what goes wrong: what was scripted first, else by chance. */
export class Faults {
  readonly #random: Random;
  readonly #rates = new Map<MethodName, FaultRates>();
  #scripts: Script[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Replaces a method's rates. */
  set(method: MethodName, rates: FaultRates): void {
    this.#rates.set(method, rates);
  }

  /** The next `times` calls that fit `target` meet `fault`. Scripts are used up in the order in which they were given. */
  next(times: number, fault: Fault, target: FaultTarget = {}): void {
    this.#scripts.push({ target, left: times, fault });
  }

  /** From here on nothing goes wrong and nothing takes time. */
  heal(): void {
    this.#rates.clear();
    this.#scripts = [];
  }

  draw(subject: CallSubject): Fate {
    const rates = this.#rates.get(subject.method) ?? {};
    const delayMs = this.#delay(rates);
    const fault = this.#scripted(subject) ?? this.#byChance(rates);
    return fault?.kind === 'slow' ? { delayMs: delayMs + fault.delayMs, fault: undefined } : { delayMs, fault };
  }

  #delay({ delayMs = 0 }: FaultRates): number {
    if (typeof delayMs === 'number') return delayMs;
    const [least, most] = delayMs;
    return least + this.#random.next() * (most - least);
  }

  #scripted(subject: CallSubject): Fault | undefined {
    const script = this.#scripts.find(({ target }) => fits(target, subject));
    if (script === undefined) return undefined;
    if (--script.left <= 0) this.#scripts = this.#scripts.filter((other) => other !== script);
    return script.fault;
  }

  #byChance(rates: FaultRates): Fault | undefined {
    const kinds: [share: number | undefined, make: () => Fault][] = [
      [rates.error, () => ({ kind: 'error', code: this.#code(rates) })],
      [rates.errorAfter, () => ({ kind: 'error after', code: this.#code(rates) })],
      [rates.hang, () => ({ kind: 'hang' })],
      [rates.hangAfter, () => ({ kind: 'hang after' })],
      [rates.cut, () => ({ kind: 'cut' })],
      [rates.cutAfter, () => ({ kind: 'cut after' })],
      [rates.background, () => ({ kind: 'background', code: this.#code(rates), delayMs: rates.slowMs ?? 0 })],
      [rates.slow, () => ({ kind: 'slow', delayMs: rates.slowMs ?? 0 })],
    ];
    if (kinds.every(([share]) => !share)) return undefined;
    let drawn = this.#random.next();
    for (const [share = 0, make] of kinds) {
      if (drawn < share) return make();
      drawn -= share;
    }
    return undefined;
  }

  #code({ codes = [Code.Unavailable] }: FaultRates): Code {
    return codes[Math.floor(this.#random.next() * codes.length)] ?? Code.Unavailable;
  }
}

function fits(target: FaultTarget, subject: CallSubject): boolean {
  return (
    (target.method ?? subject.method) === subject.method &&
    (target.volumeId ?? subject.volumeId) === subject.volumeId &&
    (target.nodeId ?? subject.nodeId) === subject.nodeId
  );
}
