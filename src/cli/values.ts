import type { Flag } from './flag-row.ts';
import { type DefaultSet, type FlagName, type FlagValue, flags } from './flags.ts';

/** Where a value comes from. */
export type Source = 'flag' | 'environment' | 'default';

/** What each flag is set to: what was given, else the default of the chosen set. */
export class FlagValues {
  readonly #given: ReadonlyMap<FlagName, unknown>;
  readonly defaults: DefaultSet;

  constructor(given: ReadonlyMap<FlagName, unknown>, defaults: DefaultSet) {
    this.#given = given;
    this.defaults = defaults;
  }

  given(name: FlagName): boolean {
    return this.#given.has(name);
  }

  get<N extends FlagName>(name: N): FlagValue<N> {
    // Only the flag's own type has put a value under its name, so the value has that type.
    return (this.given(name) ? this.#given.get(name) : defaultOf(name, this.defaults)) as FlagValue<N>;
  }

  /** A value as its flag would be written: for messages. */
  show(name: FlagName): string {
    return String(flagRow(name).type.show(this.get(name)));
  }
}

/** The row of a flag, when which flag it is does not matter. */
export function flagRow(name: FlagName): Flag<unknown> {
  return flags[name] as Flag<unknown>;
}

/** A flag's default in one of the two sets. */
export function defaultOf(name: FlagName, defaults: DefaultSet): unknown {
  const flag = flagRow(name);
  return defaults === 'upstream' && 'upstream' in flag ? flag.upstream : flag.value;
}
