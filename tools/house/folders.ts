import { posix } from 'node:path';
import { isTest, type Problem, type Source } from './source.ts';

/** More source files than this in one folder are a drawer, not a room. */
const mostFiles = 20;

/** Folders that may have more, each with the reason. */
export const largeFolders: Readonly<Record<string, string>> = {};

/** Folders with too many source files. Tests do not count: they stand beside what they test. */
export function folderProblems(files: readonly Source[], exempt = largeFolders): Problem[] {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const folder = posix.dirname(path);
    if (!isTest(path)) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([folder, count]) => count > mostFiles && !(folder in exempt))
    .map(([folder, count]) => ({
      path: folder,
      line: 1,
      message: `${count} source files; at most ${mostFiles}: part the folder by concept`,
    }));
}
