import { isTest, lineOf, type Problem, type Source } from './source.ts';

const logged = /logger\.(?:info|warning|error|debug)\(/gi;
const named = /\.named\('([^'\n]*)'\)/g;

/**
 * Each file under src that writes to the log does it under its own path: that is what a line shows as its place, and what
 * `--vmodule` goes by. main.ts has the logger that everybody else's comes from; base/log/ logs under its caller's name.
 */
export function logPlaceProblems(file: Source): Problem[] {
  const { path, text, code } = file;
  if (!path.startsWith('src/') || path.startsWith('src/base/log/') || path === 'src/main.ts' || isTest(path)) return [];
  const place = path.slice('src/'.length, -'.ts'.length);
  const names = [...text.matchAll(named)].filter(({ index }) => code.startsWith('.named(', index));
  const problems = names
    .filter(([, name]) => name !== place)
    .map(({ index, 1: name }) => ({
      path,
      line: lineOf(text, index),
      message: `logs as '${name}'; this file's place is named('${place}')`,
    }));
  const [first] = code.matchAll(logged);
  if (first !== undefined && names.length === 0) {
    const message = `writes to the log under somebody else's name; take logger.named('${place}') once`;
    problems.push({ path, line: lineOf(code, first.index), message });
  }
  return problems;
}
