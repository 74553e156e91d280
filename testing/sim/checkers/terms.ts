import type { SimProcess } from '../replica/sim-process.ts';

/**
 * Which term of leadership each process is in, by its own log: the lease does not tell of one that lost it and got it
 * back, nor of an attacher without election that has lost its driver.
 */
export class Terms {
  readonly #terms = new Map<SimProcess, number>();

  take(by: SimProcess, line: string): void {
    if (beginsTerm(line)) this.#terms.set(by, this.of(by) + 1);
  }

  of(process: SimProcess): number {
    return this.#terms.get(process) ?? 0;
  }
}

function beginsTerm(line: string): boolean {
  return line.includes('"Became leader"') || line.includes('"CSI driver is ready"');
}
