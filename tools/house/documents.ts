import { posix } from 'node:path';
import { lineOf, type Problem } from './source.ts';

/** A page or another text that is no program. */
export interface Document {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** What stands in backquotes or as a link's target and looks like a file or folder of this repository. */
const mention =
  /`((?:src|specs|testing|tools|bench|demo|docs|deploy|web|bin)\/[\w./-]*)`|\]\(((?!https?:|#|mailto:)[^)#\s]+)/g;

/** Files and folders that a page names and that do not exist. `exists` is asked with a path from the root. */
export function documentProblems({ path, text }: Document, exists: (path: string) => boolean): Problem[] {
  const problems: Problem[] = [];
  for (const match of text.matchAll(mention)) {
    const named = match[1] ?? posix.join(posix.dirname(path), match[2] ?? '');
    if (exists(named.replace(/\/$/, ''))) continue;
    problems.push({ path, line: lineOf(text, match.index), message: `names ${named}, which does not exist` });
  }
  return problems;
}
