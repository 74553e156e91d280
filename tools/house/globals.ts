import { importsOf } from './imports.ts';
import { isTest, lineOf, type Problem, type Source } from './source.ts';

/** What would tie src to the real machine, and what to use instead. */
const banned: readonly (readonly [pattern: RegExp, name: string, instead: string])[] = [
  [/\bDate\.now\b/g, 'Date.now', "the Clock's now() for what is shown, monotonic() for what is measured"],
  [/\bnew Date\(\s*\)/g, 'new Date()', "new Date(clock.now()) with the Clock's now()"],
  [/\bMath\.random\b/g, 'Math.random', "the Random's next()"],
  [/\brandomUUID\b|\brandomBytes\b/g, 'randomness', "the Random's uuid() or next()"],
  [/(?<![\w.#])set(?:Timeout|Interval|Immediate)\b/g, 'a timer', "the Clock's schedule(), or sleep() from base/clock"],
  [/\bAbortSignal\.timeout\b/g, 'AbortSignal.timeout', "an AbortController and the Clock's schedule()"],
  [/\bAbortSignal\.any\(/g, 'AbortSignal.any', 'firstAborted() from base/when-aborted: Node keeps a composed signal'],
  [/(?<![\w.#])performance\./g, 'performance', "the Clock's monotonic()"],
  [/(?<![\w.#])process\./g, 'process', 'what src/main.ts hands in'],
  [/(?<![\w.#])console\./g, 'console', 'the Logger'],
  [/(?<![\w.#])fetch\(/g, 'fetch', 'the HttpTransport'],
  [/(?<![\w.#])globalThis\b/g, 'globalThis', 'what the constructor is given'],
];

/** What single files may use all the same, each with its reason. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  // Not a time, but the end of this turn of the event loop: what it produces goes out in one write.
  'src/http2/sender.ts': ['setImmediate'],
};

/** Built-in modules that do no input or output. */
const pureModules: ReadonlySet<string> = new Set(['node:crypto', 'node:buffer', 'node:util', 'node:events']);

/** Time, randomness and the machine under src, but for the adapters in src/platform and for src/main.ts. */
export function globalProblems(file: Source): Problem[] {
  const { path, code } = file;
  const adapter = path.startsWith('src/platform/') || path === 'src/main.ts';
  if (!path.startsWith('src/') || adapter || isTest(path)) return [];
  const problems = banned.flatMap(([pattern, name, instead]) =>
    [...code.matchAll(pattern)]
      .filter(({ 0: found }) => !exceptions[path]?.includes(found))
      .map(({ index }) => ({
        path,
        line: lineOf(code, index),
        message: `${name} is not for src; use ${instead}`,
      })),
  );
  for (const { specifier, line, isType } of importsOf(file)) {
    // A type does nothing: what has it was made elsewhere and is handed in.
    if (!specifier.startsWith('node:') || pureModules.has(specifier) || isType) continue;
    problems.push({
      path,
      line,
      message: `"${specifier}" is not for src; use an interface that src/platform implements`,
    });
  }
  return problems;
}
