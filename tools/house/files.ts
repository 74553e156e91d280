import { basename } from 'node:path';
import { importsOf } from './imports.ts';
import { isTest, lineOf, type Problem, type Source } from './source.ts';

/** A file has one concept and about this many lines at most. */
const longestFile = 300;
/** A test file may be longer: its tables are looked up, not read. */
const longestTest = 400;

/** Longer files that are known, each with the reason and the most that it may have: it may shrink, not grow. */
export const longFiles: Readonly<Record<string, { lines: number; reason: string }>> = {};

export function lengthProblems({ path, text }: Source, known = longFiles): Problem[] {
  const lines = text.split('\n').length - 1;
  const limit = known[path]?.lines ?? (isTest(path) ? longestTest : longestFile);
  if (lines <= limit) return [];
  return [{ path, line: limit + 1, message: `${lines} lines; at most ${limit}: part it by concept` }];
}

/** Names of files are words in small letters with hyphens between them. */
export function nameProblems({ path }: Source): Problem[] {
  if (/^[a-z0-9]+(-[a-z0-9]+)*((\.fuzz)?\.test|\.d)?\.ts$/.test(basename(path))) return [];
  return [
    { path, line: 1, message: `the name is not like this: kebab-case.ts, kebab-case.test.ts, kebab-case.fuzz.test.ts` },
  ];
}

const markers = new RegExp(`\\b(?:${['FIX' + 'ME', 'TO' + 'DO', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`, 'g');

/** What was left for later belongs into an issue; a test that runs alone hides all others. */
export function markerProblems({ path, text, code }: Source): Problem[] {
  const left = [...text.matchAll(markers)].map(({ 0: word, index }) => ({
    path,
    line: lineOf(text, index),
    message: `${word} is left over: do it, or make an issue of it`,
  }));
  const alone = [...code.matchAll(/\b(?:test|describe|it)\.only\b/g)].map(({ 0: word, index }) => ({
    path,
    line: lineOf(code, index),
    message: `${word} leaves all other tests out`,
  }));
  return [...left, ...alone];
}

/**
 * Files that nothing uses: not imported by anything but their own test, and not named (as an entry is) in another file
 * or in `others`, the texts that start things.
 */
export function deadFiles(files: readonly Source[], others: readonly string[]): Problem[] {
  const imported = new Set<string>();
  for (const file of files) {
    for (const { file: target } of importsOf(file)) {
      if (target !== undefined && file.path !== target.replace(/\.ts$/, '.test.ts')) imported.add(target);
    }
  }
  return files
    .filter(({ path }) => !isTest(path) && !path.endsWith('.d.ts') && !imported.has(path))
    .filter(({ path }) => !others.some((text) => text.includes(path)))
    .filter(({ path }) => !files.some((file) => file.path !== path && file.text.includes(path)))
    .map(({ path }) => ({ path, line: 1, message: 'nothing imports or starts this file' }));
}
