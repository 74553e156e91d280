import type { FlagType } from './flag-types.ts';

/** One row of the flag table. */
export interface Flag<T> {
  readonly type: FlagType<T>;
  /** The documented default. */
  readonly value: T;
  /** The Go external-attacher's default, where it is another: `--defaults=upstream` takes it. */
  readonly upstream?: T;
  /** How to show a default that is worked out from other things. */
  readonly shown?: string;
  readonly help: string;
  /** Why the flag is accepted although it does nothing; giving it makes a warning. */
  readonly ignored?: string;
}

/** A row whose value's type follows from the flag's type alone, not from its defaults. */
export function row<T>(
  type: FlagType<T>,
  value: NoInfer<T>,
  help: string,
  more: { upstream?: NoInfer<T>; shown?: string } = {},
): Flag<T> {
  return { type, value, help, ...more };
}
