import type { SimOptions } from '../options.ts';

/** One change of one file of the attacher: `find` occurs exactly once, and `replace` comes in its place. */
interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** An attacher with a mistake in it, the kind that somebody may make: the simulator has to find it. */
export interface Mutant {
  /** As a file name without its ending. */
  readonly name: string;
  /** What is wrong, and what that would do to a user. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
  /** Checkers that may find it; a crash and others do not count. */
  readonly caughtBy: readonly string[];
  /** In which runs it can show at all; only they are tried, and count. Absent: in all. */
  readonly runs?: (options: SimOptions) => boolean;
  /** It is found in one of so many seeds, from 1 on. */
  readonly withinSeeds: number;
}

/**
 * The text of `file` with the mutant's edits made. Throws if one of them does not fit any more: whoever changed the file
 * is told which mutant to bring up to date.
 */
export function mutate({ name, edits }: Mutant, file: string, text: string): string {
  let mutated = text;
  for (const edit of edits) {
    if (edit.file !== file) continue;
    const times = text.split(edit.find).length - 1;
    if (times !== 1) {
      throw new Error(`mutant ${name} does not fit ${file}: this occurs ${times} times, not once:\n${edit.find}`);
    }
    mutated = mutated.replace(edit.find, () => edit.replace);
  }
  return mutated;
}
