import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadFiles, lengthProblems, markerProblems, nameProblems } from './files.ts';
import { functionProblems } from './functions.ts';
import { globalProblems } from './globals.ts';
import { importProblems } from './imports.ts';
import { logPlaceProblems } from './log-places.ts';
import { codeOnly, type Problem, source } from './source.ts';

function shown(problems: readonly Problem[]): string[] {
  return problems.map(({ line, message }) => `${line}: ${message}`);
}

function imports(path: string, ...specifiers: string[]): string[] {
  return shown(importProblems(source(path, specifiers.map((name) => `import { x } from '${name}';\n`).join(''))));
}

test('comments, strings and patterns are no code; what stands in a template’s holes is', () => {
  const cases: [string, string][] = [
    ["a('x // y') // z", "a('      ')     "],
    ['"\\"" + b /* c\nd */', '"  " + b     \n    '],
    ['`a \x24{b({ c: `d \x24{e}` })} f`', '`  \x24{b({ c: `  \x24{e}` })}  `'],
    ['x = /[/"]\'/g.test(y) / 2', 'x = /     /g.test(y) / 2'],
    ['return /a{2}/;', 'return /    /;'],
    ['(a + b) / c / d', '(a + b) / c / d'],
  ];
  for (const [text, code] of cases) {
    assert.equal(codeOnly(text).length, text.length, text);
    assert.equal(codeOnly(text), code.padEnd(text.length), text);
  }
});

test('a file under src logs under its own path', () => {
  const problems = (path: string, ...lines: string[]): string[] =>
    shown(logPlaceProblems(source(path, lines.join('\n'))));
  assert.deepEqual(problems('src/kube/a.ts', "const logger = from.named('kube/a');", "logger.info('x');"), []);
  assert.deepEqual(problems('src/kube/a.ts', 'const x = 1;', "this.#logger.debug(3, 'x');"), [
    "2: writes to the log under somebody else's name; take logger.named('kube/a') once",
  ]);
  assert.deepEqual(problems('src/kube/cache/a.ts', "const logger = from.named('kube/a');", "logger.info('x');"), [
    "1: logs as 'kube/a'; this file's place is named('kube/cache/a')",
  ]);
  assert.deepEqual(problems('src/kube/a.ts', "// as from.named('kube/b') does", 'const logger = from;'), []);
  for (const path of ['src/main.ts', 'src/kube/a.test.ts', 'testing/a.ts', 'src/base/log/a.ts']) {
    assert.deepEqual(problems(path, "logger.error(error, 'x');"), []);
  }
});

test('a room imports only what it may', () => {
  assert.deepEqual(imports('src/base/a.ts', './b.ts', 'node:crypto'), []);
  assert.deepEqual(imports('src/base/a.ts', '../kube/b.ts'), ['1: imports "../kube/b.ts": src/base may import itself']);
  assert.deepEqual(imports('src/kube/a.ts', '../base/b.ts', '../csi/b.ts'), [
    '2: imports "../csi/b.ts": src/kube may import itself, src/base',
  ]);
  assert.deepEqual(
    imports('src/attacher/volume/migration/a.ts', '../../../kube/api/b.ts', '../c.ts', '../../plan.ts'),
    [
      '3: imports "../../plan.ts": src/attacher/volume may import itself, src/base, src/kube, src/csi, src/attacher/state',
    ],
  );
  assert.equal(imports('src/attacher/plan.ts', './volume/a.ts', '../kube/cache/b.ts').length, 0);
  assert.equal(imports('src/kube/api/a.ts', '../codec/b.ts').length, 1);
  assert.equal(imports('src/kube/event-recorder.ts', './codec/b.ts', './client/watch/c.ts').length, 0);
  assert.equal(imports('src/attacher/a.ts', '../platform/b.ts').length, 1);
  assert.equal(imports('src/server/a.ts', '../app.ts').length, 1);
  assert.equal(imports('src/app.ts', './platform/a.ts', './cli/b.ts').length, 0);
});

test('src never imports testing, but its tests may; folders beside src do not reach across', () => {
  assert.equal(imports('src/base/a.ts', '../../testing/b.ts').length, 1);
  assert.equal(imports('src/base/a.test.ts', '../../testing/b.ts', '../kube/c.ts').length, 0);
  assert.equal(imports('src/base/a.test.ts', '../../tools/b.ts').length, 1);
  assert.equal(imports('testing/a.ts', '../src/b.ts', '../bench/c.ts').length, 1);
  assert.equal(imports('testing/apiserver/core.ts', '../kubectl/index.ts').length, 1);
  assert.equal(imports('testing/apiserver/main.ts', '../kubectl/index.ts').length, 0);
  assert.equal(imports('demo/a.ts', '../testing/b.ts', '../src/c.ts').length, 0);
});

test('imports are found in every form and not in comments', () => {
  const text = [
    "import type { A } from '../kube/a.ts';",
    "export { b } from '../kube/b.ts';",
    "import '../kube/c.ts';",
    "const d = await import('../kube/d.ts');",
    "// import { e } from '../kube/e.ts';",
    "import {\n  f,\n} from '../kube/f.ts';",
  ].join('\n');
  assert.equal(importProblems(source('src/csi/x.ts', text)).length, 5);
});

test('the machine is out of bounds under src, with what to use instead', () => {
  const text = [
    'const a = Date.now();',
    'const b = new Date();',
    'const c = Math.random();',
    'setTimeout(f, 1);',
    'const d = process.env.X;',
    'performance.now();',
    'AbortSignal.timeout(5);',
    "console.log('x');",
    'const u = randomUUID();',
    'await fetch(url);',
    'globalThis.setTimeout(f, 1);',
    "import { readFile } from 'node:fs/promises';",
  ].join('\n');
  const problems = shown(globalProblems(source('src/attacher/a.ts', text)));
  const lines = problems.map((problem) => Number(problem.split(':')[0])).sort((one, other) => one - other);
  assert.deepEqual(lines, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.ok(problems.includes("4: a timer is not for src; use the Clock's schedule(), or sleep() from base/clock"));
});

test('adapters, main and tests may use the machine, and names that only look like it are free', () => {
  const text = 'Date.now(); process.exit(); setTimeout(f, 1);';
  for (const path of ['src/platform/clock.ts', 'src/main.ts', 'src/base/a.test.ts', 'tools/a.ts']) {
    assert.deepEqual(globalProblems(source(path, text)), []);
  }
  const free = [
    'new Date(clock.now()); this.process.start(); options.setTimeout(1); client.fetch(x); // Date.now()',
    "log('process.env'); const performanceOf = 1; const reprocess = { process: 1 };",
    "import { createHash } from 'node:crypto';",
  ].join('\n');
  assert.deepEqual(globalProblems(source('src/base/a.ts', free)), []);
});

const body = (lines: number): string => '  x();\n'.repeat(lines);

test('a function longer than a screen is found in every form', () => {
  for (const head of [
    'function a(b: number): void {',
    'const a = (b: { c: string }): Promise<void> => {',
    'const a = async () => {',
    'class A {\n  b({ c, d }: E): F {',
    "test('a', async (t) => {",
    'function a(b: () => void): () => void {',
  ]) {
    const problems = functionProblems(source('src/a.ts', `${head}\n${body(75)}}\n`));
    assert.deepEqual(
      problems.map(({ message }) => message),
      ['a function of 77 lines; at most 70 fit a screen'],
      head,
    );
    assert.deepEqual(functionProblems(source('src/a.ts', `${head}\n${body(60)}}\n`)), [], head);
  }
});

test('what is long and no function is left alone', () => {
  for (const head of [
    'interface A {',
    'const a = {',
    'class A {',
    'if (a(b)) {',
    'for (const a of b()) {',
    "describe('a', () => {",
  ]) {
    assert.deepEqual(functionProblems(source('src/a.ts', `${head}\n${body(75)}}\n`)), [], head);
  }
});

test('a long file is found, a known one may not grow, and a test has more room', () => {
  const known = { 'testing/a.ts': { lines: 320, reason: 'a table' } };
  assert.equal(lengthProblems(source('src/a.ts', body(301))).length, 1);
  assert.equal(lengthProblems(source('src/a.ts', body(300))).length, 0);
  assert.equal(lengthProblems(source('src/a.test.ts', body(400))).length, 0);
  assert.equal(lengthProblems(source('src/a.test.ts', body(401))).length, 1);
  assert.equal(lengthProblems(source('testing/a.ts', body(320)), known).length, 0);
  assert.equal(lengthProblems(source('testing/a.ts', body(321)), known).length, 1);
});

test('names other than kebab-case are found', () => {
  for (const name of ['aB.ts', 'a_b.ts', 'A.ts', 'a.spec.ts', 'a-.ts'])
    assert.equal(nameProblems(source(name, '')).length, 1);
  for (const name of ['a.ts', 'a-b2.ts', 'a-b.test.ts', 'a.d.ts'])
    assert.equal(nameProblems(source(name, '')).length, 0);
});

test('leftovers and lonely tests are found', () => {
  const text = `// ${'TO' + 'DO'}: x\nconst toDo = 1;\ntest.only('x');\n// ${'FIX' + 'ME'}\n`;
  assert.deepEqual(
    markerProblems(source('src/a.ts', text)).map(({ line }) => line),
    [1, 4, 3],
  );
});

test('a file that only its own test imports is dead; one that is named as an entry is not', () => {
  const files = [
    source('src/a.ts', "import './b.ts';"),
    source('src/b.ts', ''),
    source('src/c.ts', ''),
    source('src/c.test.ts', "import './c.ts';"),
    source('src/types.d.ts', ''),
    source('tools/run.ts', "spawn('testing/child.ts')"),
    source('testing/child.ts', ''),
  ];
  assert.deepEqual(
    deadFiles(files, ['node src/a.ts', 'tools/run.ts']).map(({ path }) => path),
    ['src/c.ts'],
  );
});
