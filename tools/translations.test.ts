import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** What a translated page has to share with its original: everything but the sentences. */
interface Skeleton {
  /** Levels of the headings, in order. */
  readonly headings: readonly number[];
  /** Lines of code and commands, without comments. */
  readonly code: readonly string[];
  /** For each row of a table: its number of cells, and what stands in backquotes in it, sorted. */
  readonly rows: readonly string[];
  /** The flags that the sentences name, by section, sorted. */
  readonly flags: readonly string[];
}

const flag = /(?<![\w-])--?[a-z][\w-]*/g;

function unique(found: readonly string[]): string {
  return [...new Set(found)].sort().join(' ');
}

function skeleton(text: string): Skeleton {
  const headings: number[] = [];
  const code: string[] = [];
  const rows: string[] = [];
  const sections: string[][] = [[]];
  let fenced = false;
  for (const line of text.split('\n')) {
    if (/^\s*```/.test(line)) {
      fenced = !fenced;
    } else if (fenced || /^ {4}/.test(line)) {
      code.push(line.replace(/(^|\s)#.*$/, '').trim());
    } else if (/^#+ /.test(line)) {
      headings.push(line.indexOf(' '));
      sections.push([]);
    } else if (line.startsWith('|')) {
      const cells = line.replaceAll('\\|', '').split('|').length - 2;
      rows.push(`${cells}: ${unique([...line.matchAll(/`[^`]+`/g)].map(([span]) => span))}`);
    } else {
      sections.at(-1)?.push(...[...line.matchAll(/`([^`]+)`/g)].flatMap(([, span = '']) => span.match(flag) ?? []));
    }
  }
  return { headings, code, rows, flags: sections.map(unique) };
}

const root = fileURLToPath(new URL('..', import.meta.url));
const translated = globSync('{README.zh-CN.md,docs/zh-CN/*.md}', { cwd: root }).sort();
const originalOf = (path: string): string => (path === 'README.zh-CN.md' ? 'README.md' : `docs/${basename(path)}`);

test('there are translations, and each has its original', () => {
  assert.ok(translated.includes('README.zh-CN.md'), translated.join());
  for (const path of translated) assert.ok(existsSync(`${root}/${originalOf(path)}`), path);
});

for (const path of translated) {
  test(`${path} has the headings, commands, tables and flags of ${originalOf(path)}`, () => {
    const of = (name: string) => skeleton(readFileSync(`${root}/${name}`, 'utf8'));
    assert.deepEqual(of(path), of(originalOf(path)));
  });
}

const page = [
  '# Title',
  'With `--v=2`.',
  '| flag | meaning |',
  '| --- | --- |',
  '| `--v` | more |',
  '',
  '    make test # all',
].join('\n');

test('other sentences and comments are no difference', () => {
  const other = page.replace('Title', '标题').replace('With', '用').replace('more', '更多').replace('# all', '# 全部');
  assert.deepEqual(skeleton(other), skeleton(page));
});

test('another level, command, flag, row or value in a row is a difference', () => {
  const mistakes = [
    ['# Title', '## Title'],
    ['make test', 'make demo'],
    ['`--v=2`', '`--vmodule=2`'],
    ['| `--v` | more |', '| `--v` | more | and more |'],
    ['| `--v` |', '| `--version` |'],
    ['| `--v` | more |\n', ''],
  ] as const;
  for (const [right, wrong] of mistakes) {
    assert.ok(page.includes(right), right);
    assert.notDeepEqual(skeleton(page.replace(right, wrong)), skeleton(page), wrong);
  }
});
