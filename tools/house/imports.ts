import { posix } from 'node:path';
import { isTest, lineOf, type Problem, type Source } from './source.ts';

/**
 * What each room may import besides itself: data flows one way, and only the root of src knows all. A room is the
 * longest of these paths that a file's path begins with, and a folder that is not named belongs to the one above it.
 * Who may import a room may import the rooms inside it.
 */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  'src/base': [],
  'src/base/log': ['src/base'],
  'src/queue': ['src/base'],
  'src/http2': ['src/base'],
  'src/grpc': ['src/base', 'src/http2'],
  'src/kube/api': ['src/base'],
  'src/kube/codec': ['src/base', 'src/kube/api'],
  'src/kube/access': ['src/base', 'src/kube/codec'],
  'src/kube/client': ['src/base', 'src/kube/api', 'src/kube/codec', 'src/kube/access'],
  'src/kube/cache': ['src/base', 'src/kube/api', 'src/kube/codec', 'src/kube/client'],
  'src/kube/permissions': ['src/base', 'src/kube/api', 'src/kube/codec', 'src/kube/client'],
  'src/kube/leader-election': ['src/base', 'src/kube/api', 'src/kube/codec', 'src/kube/client'],
  'src/kube': ['src/base'],
  'src/csi': ['src/base', 'src/grpc'],
  'src/attacher/state': ['src/base', 'src/kube', 'src/csi'],
  'src/attacher/volume': ['src/base', 'src/kube', 'src/csi', 'src/attacher/state'],
  'src/attacher/status': ['src/base', 'src/kube', 'src/csi', 'src/attacher/state'],
  'src/attacher': ['src/base', 'src/queue', 'src/kube', 'src/csi'],
  'src/explain': ['src/base', 'src/kube', 'src/csi', 'src/attacher/state'],
  'src/server': ['src/base'],
  'src/cli': ['src/base'],
  'src/platform': ['src/base', 'src/http2', 'src/grpc', 'src/kube', 'src/csi', 'src/server'],
};

/** What each folder beside src/ may import besides itself. */
const folders: Readonly<Record<string, readonly string[]>> = {
  specs: ['src', 'testing'],
  testing: ['src'],
  tools: ['src', 'testing'],
  // The demo is started and counted with the bench's rig.
  demo: ['src', 'testing', 'bench'],
  bench: ['src', 'testing'],
  web: [],
};

/** The only file of the embedded API server that knows what kubectl needs. */
const embeddedServer = 'testing/apiserver/main.ts';

export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The imported file from the repository's root; undefined for a package or a built-in module. */
  readonly file: string | undefined;
  readonly line: number;
  /** `import type`: nothing of it is left when the program runs. */
  readonly isType: boolean;
}

export function importsOf({ path, text, code }: Source): Import[] {
  const found: Import[] = [];
  // The places are found in the code, the names in the text, where they still stand.
  for (const match of code.matchAll(/\b(?:from|import)\s*\(?\s*(['"])/g)) {
    const start = match.index + match[0].length;
    const specifier = text.slice(start, text.indexOf(match[1] ?? '', start));
    const file = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
    const statement = code.slice(code.lastIndexOf('import', match.index), match.index);
    const isType = /^import\s+type\b/.test(statement);
    found.push({ from: path, specifier, file, line: lineOf(text, match.index), isType });
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
  const folder = first(from);
  const targetFolder = first(to);
  if (folder === 'src' && targetFolder === 'src') {
    const room = roomOf(from);
    // The root of src (app, main) knows all; nobody knows the root.
    if (room === undefined || isTest(from)) return undefined;
    const allowed = [room, ...(rooms[room] ?? [])];
    const target = roomOf(to);
    if (target !== undefined && allowed.some((each) => isWithin(target, each))) return undefined;
    return `${room} may import ${['itself', ...(rooms[room] ?? [])].join(', ')}`;
  }
  if (folder === 'src') {
    return targetFolder === 'testing' && isTest(from) ? undefined : 'src imports nothing outside src (tests: testing)';
  }
  if (isWithin(from, 'testing/apiserver') && from !== embeddedServer && isWithin(to, 'testing/kubectl')) {
    return `only ${embeddedServer} plugs kubectl's part into the server`;
  }
  const allowed = folders[folder] ?? [];
  if (folder === targetFolder || allowed.includes(targetFolder)) return undefined;
  return `${folder} may import ${['itself', ...allowed].join(', ')}`;
}

function first(path: string): string {
  return path.split('/', 1)[0] ?? '';
}

/** The room of a file under src/; undefined at its root. */
function roomOf(path: string): string | undefined {
  let folder = posix.dirname(path);
  while (folder !== '.' && !(folder in rooms)) folder = posix.dirname(folder);
  return folder === '.' ? undefined : folder;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
