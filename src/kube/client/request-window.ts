/** A place in the queue of a request that has to wait. */
interface Waiter {
  admit: () => void;
}

/** As many streams as an API server lets one HTTP/2 connection have. */
const widest = 250;
const narrowest = 2;

/**
 * How many requests may be under way at once: as many as the connection carries, until the server says that it has
 * too many (429). Then half as many, and one more for each windowful that it answers well: TCP's way to find out what
 * somebody else can take, without being told a number.
 */
export class RequestWindow {
  /** From `narrowest` to `widest`; fractions add up. */
  #limit = widest;
  #underWay = 0;
  /** What counts against halving twice for one burst: only an answer to a request sent after the last halving does. */
  #halvedAt = 0;
  #sequence = 0;
  readonly #waiting: Waiter[] = [];

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /**
   * Takes a place. Undefined: it is free at once, which is the rule. Else a promise that resolves to true with the
   * place taken, or to false, without one, when `signal` aborts first.
   */
  enter(signal?: AbortSignal): Promise<boolean> | undefined {
    if (this.#underWay < this.limit && this.#waiting.length === 0) {
      this.#underWay++;
      return undefined;
    }
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve(false);
      const leave = (): void => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        resolve(false);
      };
      const waiter: Waiter = {
        admit: () => {
          signal?.removeEventListener('abort', leave);
          resolve(true);
        },
      };
      this.#waiting.push(waiter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** A mark to hand to `overloaded`: when the request was sent, in relation to the others. */
  mark(): number {
    return ++this.#sequence;
  }

  /** Gives the place back after an answer that shows no overload (or after none at all). */
  leave(answered: boolean): void {
    if (answered && this.#limit < widest) this.#limit = Math.min(widest, this.#limit + 1 / this.#limit);
    this.#underWay--;
    this.#admit();
  }

  /** Gives the place back after a 429; `mark` is that of the request. */
  overloaded(mark: number): void {
    if (mark > this.#halvedAt) {
      this.#limit = Math.max(narrowest, Math.min(this.#limit, this.#underWay) / 2);
      this.#halvedAt = this.#sequence;
    }
    this.#underWay--;
    this.#admit();
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#underWay < this.limit) {
      this.#underWay++;
      this.#waiting.shift()?.admit();
    }
  }
}
