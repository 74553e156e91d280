import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { flags } from '../src/cli/flags.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const parity = readFileSync(`${root}/docs/PARITY.md`, 'utf8');
const verdicts = ['same', 'better', 'on purpose not', 'missing'];

interface Row {
  cells: string[];
  tests: { file: string; parts: string[] }[];
}

const rows: Row[] = parity
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (what|---) /.test(line))
  .map((line) => ({
    cells: line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
    tests: [...line.matchAll(/`([\w/.-]+\.test\.ts) › ([^`]+)`/g)].map(([, file = '', title = '']) => ({
      file,
      parts: title.split(' › '),
    })),
  }));

/** Titles of tests and groups in a file, as patterns: what a template leaves open matches anything. */
function titles(file: string): RegExp[] {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const found = [...text.matchAll(/\b(?:test|it|describe)\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1,/g)];
  return found.flatMap(([, , title = '']) => {
    const parts = title.split(/\$\{[^}]*\}/);
    // One that is hardly more than a variable would let any name pass.
    if (parts.length > 1 && parts.join('').length < 8) return [];
    return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`);
  });
}

test('PARITY.md has rows, each with a verdict, and with a test or the word that there is none', () => {
  assert.ok(rows.length > 150, `${rows.length} rows`);
  for (const { cells, tests } of rows) {
    assert.equal(cells.length, 4, cells.join(' | '));
    assert.ok(verdicts.includes(cells[1] ?? ''), cells.join(' | '));
    assert.ok(tests.length > 0 || cells[3] === 'no test', cells.join(' | '));
  }
});

test('every test that PARITY.md names exists', () => {
  const known = new Map<string, RegExp[]>();
  const missing: string[] = [];
  for (const { file, parts } of rows.flatMap(({ tests }) => tests)) {
    if (!known.has(file)) known.set(file, existsSync(`${root}/${file}`) ? titles(file) : []);
    for (const part of parts) {
      if (!known.get(file)?.some((title) => title.test(part))) missing.push(`${file} › ${part}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('every flag has its row in PARITY.md', () => {
  const [section = ''] = parity.split(/^## /m).filter((part) => part.startsWith('Flags'));
  for (const name of Object.keys(flags)) assert.ok(section.includes(`\`--${name}\``), `--${name}`);
});

/** Flags whose tests end at the command line, with the reason why that is enough. */
const endAtTheCommandLine: Readonly<Record<string, string>> = {
  defaults: 'it only chooses the defaults of other flags',
  version: 'it prints a line and ends',
  'metrics-address': 'another name for --http-endpoint',
  'log-flush-frequency': 'it has nothing to flush',
  'log-text-info-buffer-size': 'there is no buffer',
  'log-json-info-buffer-size': 'there is no buffer',
};

/** A test shows what a flag does if it is not a parser's, and its file gives the flag or the setting that it becomes. */
function showsEffect(file: string, flag: string): boolean {
  if (file.startsWith('src/cli/') || !existsSync(`${root}/${file}`)) return false;
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const setting = flag.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());
  return text.includes(`--${flag}`) || text.includes(`'${flag}'`) || new RegExp(`\\b${setting}\\b`).test(text);
}

test('every flag that does something has a test in PARITY.md that gives it and looks beyond the parser', () => {
  const without: string[] = [];
  for (const [name, flag] of Object.entries(flags)) {
    if ('ignored' in flag && flag.ignored !== undefined) continue;
    const row = rows.find(({ cells }) => cells[0]?.includes(`\`--${name}\``));
    if (!row?.tests.some(({ file }) => showsEffect(file, name))) without.push(name);
  }
  assert.deepEqual(without.sort(), Object.keys(endAtTheCommandLine).sort());
});
