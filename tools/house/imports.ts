import { posix } from 'node:path';
import { isTest, lineOf, type Problem, type Source } from './source.ts';

/** What each room under src/ may import besides itself: data flows one way, and only the root knows all. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  base: [],
  queue: ['base'],
  kube: ['base'],
  csi: ['base'],
  attacher: ['base', 'queue', 'kube', 'csi'],
  server: ['base'],
  cli: ['base'],
  platform: ['base', 'kube', 'csi', 'server'],
};

/** What each folder beside src/ may import besides itself. */
const folders: Readonly<Record<string, readonly string[]>> = {
  testing: ['src'],
  tools: ['src', 'testing'],
  // The demo is started and counted with the bench's rig.
  demo: ['src', 'testing', 'bench'],
  bench: ['src', 'testing'],
  web: [],
};

export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The imported file from the repository's root; undefined for a package or a built-in module. */
  readonly file: string | undefined;
  readonly line: number;
}

export function importsOf({ path, text, code }: Source): Import[] {
  const found: Import[] = [];
  // The places are found in the code, the names in the text, where they still stand.
  for (const match of code.matchAll(/\b(?:from|import)\s*\(?\s*(['"])/g)) {
    const start = match.index + match[0].length;
    const specifier = text.slice(start, text.indexOf(match[1] ?? '', start));
    const file = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
    found.push({ from: path, specifier, file, line: lineOf(text, match.index) });
  }
  return found;
}

/** Imports against the direction in which the rooms may know each other. Tests may use what they need of src. */
export function importProblems(file: Source): Problem[] {
  const problems: Problem[] = [];
  for (const { specifier, file: target, line } of importsOf(file)) {
    const reason = target === undefined ? undefined : refusal(file.path, target);
    if (reason !== undefined) problems.push({ path: file.path, line, message: `imports "${specifier}": ${reason}` });
  }
  return problems;
}

function refusal(from: string, to: string): string | undefined {
  const [folder = '', room = ''] = from.split('/');
  const [targetFolder = '', targetRoom = ''] = to.split('/');
  if (folder === 'src' && targetFolder === 'src') {
    const allowed = rooms[room];
    // The root of src (app, main) knows all; nobody knows the root.
    if (allowed === undefined || isTest(from) || room === targetRoom || allowed.includes(targetRoom)) return undefined;
    return `src/${room} may import ${['itself', ...allowed].join(', ')}`;
  }
  if (folder === 'src') {
    return targetFolder === 'testing' && isTest(from) ? undefined : 'src imports nothing outside src (tests: testing)';
  }
  const allowed = folders[folder] ?? [];
  if (folder === targetFolder || allowed.includes(targetFolder)) return undefined;
  return `${folder} may import ${['itself', ...allowed].join(', ')}`;
}
