import { parseArgs } from 'node:util';

/** A command line that cannot be used. The message names the argument and says what is allowed. */
export class UsageError extends Error {}

export type OptionTypes = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;
type OptionValues = Record<string, string | boolean | (string | boolean)[] | undefined>;

/** Options of a command that takes no other words; anything unknown is a UsageError. */
export class Options {
  readonly #values: OptionValues;

  constructor(args: readonly string[], options: OptionTypes) {
    try {
      this.#values = parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
    } catch (error) {
      throw new UsageError(firstSentence(error));
    }
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    if (value === '') throw new UsageError(`--${name} must not be empty`);
    return typeof value === 'string' ? value : undefined;
  }

  texts(name: string): string[] {
    const value = this.#values[name];
    const texts = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
    if (texts.some((one) => one.trim() === '')) throw new UsageError(`--${name} must not be empty`);
    return texts;
  }

  /** A whole number of at least `min`. */
  whole(name: string, fallback: number, min: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min)) throw new UsageError(`--${name} must be a whole number of at least ${min}, not "${text}"`);
    return value;
  }
}

/** Node's message goes on to explain how to quote positionals, which nothing here takes. */
function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/\. (?=[A-Z])|\n/)[0] ?? message;
}
