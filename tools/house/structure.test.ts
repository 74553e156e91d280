import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circleProblems } from './circles.ts';
import { documentProblems } from './documents.ts';
import { folderProblems } from './folders.ts';
import { source } from './source.ts';

test('a circle of imports is found once, type imports included, and named in order', () => {
  const files = [
    source('src/a.ts', "import { b } from './b.ts';"),
    source('src/b.ts', "import type { C } from './room/c.ts';"),
    source('src/room/c.ts', "import '../a.ts';"),
    source('src/d.ts', "import './a.ts';\nimport './b.ts';"),
    source('src/a.test.ts', "import './a.ts';"),
  ];
  const problems = circleProblems(files);
  assert.equal(problems.length, 1);
  assert.match(problems[0]?.message ?? '', /src\/a\.ts → src\/b\.ts → src\/room\/c\.ts → src\/a\.ts/);
  assert.deepEqual(circleProblems(files.slice(1)), []);
});

test('a folder with more than 20 source files is found, but for those that are named', () => {
  const files = Array.from({ length: 21 }, (_, index) => source(`src/room/f${index}.ts`, ''));
  assert.match(folderProblems(files)[0]?.message ?? '', /^21 source files/);
  assert.deepEqual(folderProblems(files, { 'src/room': 'a reason' }), []);
  assert.deepEqual(folderProblems([...files.slice(1), source('src/room/f0.test.ts', ''), source('src/g.ts', '')]), []);
});

test('a page may name only files that exist, in backquotes or as links', () => {
  const text =
    'See `src/a.ts`,\n`src/gone.ts` and [a page](b.md) or [none](none.md#x), [web](https://example.com/x.md).';
  const exists = (path: string): boolean => ['src/a.ts', 'docs/b.md'].includes(path);
  assert.deepEqual(
    documentProblems({ path: 'docs/x.md', text }, exists).map(({ line, message }) => `${line}: ${message}`),
    ['2: names src/gone.ts, which does not exist', '2: names docs/none.md, which does not exist'],
  );
});
