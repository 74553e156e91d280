import type { Parsed } from '../base/parsed.ts';

/** A flag, as far as the syntax of a command line goes. */
export interface FlagTarget {
  /** True if the flag needs no value and never takes the next word as one. */
  readonly boolean: boolean;
  /** What a value looks like, for the error when there is none. */
  readonly allowed: string;
  /** Takes the value; returns what is wrong with it, or undefined. */
  set(value: string): string | undefined;
}

/** What stands behind the flags, where the flag package stops reading. */
export interface Rest {
  readonly words: readonly string[];
  /** True if two dashes ended the flags: then the words were meant as words. */
  readonly dashes: boolean;
  /** The boolean that the words stand behind, if it was given no value of its own. */
  readonly behind?: string;
}

export type GoFlagsResult = Parsed<Rest> | { readonly ok: false; readonly help: true };

/**
 * Reads a command line as Go's flag package does, word by word: `-x` is `--x`; `--x=v` or `--x v`; a boolean takes
 * `--x` or `--x=v` and never a word of its own; the first word that is no flag, or `--`, ends the flags. Stops at the
 * first mistake.
 */
export function parseGoFlags(
  argv: readonly string[],
  lookup: (name: string) => FlagTarget | undefined,
  suggest: (name: string) => string | undefined,
): GoFlagsResult {
  let behind: string | undefined;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!isFlag(word)) {
      return { ok: true, value: { words: argv.slice(at), dashes: false, ...(behind === undefined ? {} : { behind }) } };
    }
    if (word === '--') return { ok: true, value: { words: argv.slice(at + 1), dashes: true } };

    const body = word.slice(word.startsWith('--') ? 2 : 1);
    if (body.startsWith('-') || body.startsWith('=')) {
      return { ok: false, error: `bad flag syntax: ${word} (want --flag, --flag=value or --flag value)` };
    }
    // The sign is looked for from the second place on: Go does so too.
    const equals = body.indexOf('=', 1);
    const name = equals < 0 ? body : body.slice(0, equals);
    const target = lookup(name);
    if (target === undefined) {
      if (name === 'h' || name === 'help') return { ok: false, help: true };
      const near = suggest(name);
      return { ok: false, error: `flag provided but not defined: --${name}${near ? `; did you mean --${near}?` : ''}` };
    }

    const value = equals >= 0 ? body.slice(equals + 1) : target.boolean ? 'true' : argv[++at];
    if (value === undefined) return { ok: false, error: `flag needs an argument: --${name} (want ${target.allowed})` };
    const problem = target.set(value);
    if (problem !== undefined) return { ok: false, error: `invalid value for flag --${name}: ${problem}` };
    behind = target.boolean && equals < 0 ? name : undefined;
  }
  return { ok: true, value: { words: [], dashes: false } };
}

/** True for a word that a command line would read as a flag; a lone dash is a word. */
export function isFlag(word: string): boolean {
  return word.length >= 2 && word.startsWith('-');
}

/** The candidate that differs least from `name`, if it is near enough to be what was meant. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.replaceAll('_', '-'), candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
