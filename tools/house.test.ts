import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { circleProblems } from './house/circles.ts';
import { documentProblems } from './house/documents.ts';
import { deadFiles, lengthProblems, longFiles, markerProblems, nameProblems } from './house/files.ts';
import { folderProblems, largeFolders } from './house/folders.ts';
import { functionProblems } from './house/functions.ts';
import { globalProblems } from './house/globals.ts';
import { importProblems, rooms } from './house/imports.ts';
import { logPlaceProblems } from './house/log-places.ts';
import { type Problem, type Source, source } from './house/source.ts';
import { wordProblems } from './house/words.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['src', 'specs', 'testing', 'tools', 'bench', 'demo', 'web'];
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');

/** Every source file of ours; generated ones obey their generator. */
const files: Source[] = globSync(`{${folders.join(',')}}/**/*.ts`, { cwd: root })
  .filter((path) => !/(^|\/)(gen|node_modules)\//.test(path))
  .sort()
  .map((path) => source(path, read(path)));

const pages = globSync('{*.md,docs/**/*.md,testing/**/*.md,src/**/*.md,deploy/**/*.md}', { cwd: root });

/** Fails with a line for each problem. */
function none(problems: readonly Problem[]): void {
  assert.deepEqual(
    problems.map(({ path, line, message }) => `${path}:${line}: ${message}`),
    [],
  );
}

test('there are files to look at', () => assert.ok(files.length > 50, `${files.length} files`));

test('imports follow the direction of the rooms', () => none(files.flatMap(importProblems)));

test('every room of the table has files, and ARCHITECTURE.md has a line for it', () => {
  const page = read('docs/ARCHITECTURE.md');
  for (const room of Object.keys(rooms)) {
    assert.ok(
      files.some(({ path }) => path.startsWith(`${room}/`)),
      room,
    );
    assert.ok(page.includes(`| \`${room}/\` |`), `ARCHITECTURE.md has no line for ${room}/`);
  }
});

test('no file imports itself by way of others', () => none(circleProblems(files)));

test('no folder is a drawer', () => {
  none(folderProblems(files));
  for (const folder of Object.keys(largeFolders)) assert.ok(existsSync(`${root}/${folder}`), folder);
});

test('the files that our pages name exist', () => {
  assert.ok(pages.length > 10, `${pages.length} pages`);
  none(
    pages.flatMap((path) => documentProblems({ path, text: read(path) }, (named) => existsSync(`${root}/${named}`))),
  );
});

test('code and pages use the words of the field', () => {
  const own = files.filter(({ path }) => !path.startsWith('tools/house/words'));
  none(own.flatMap(({ path, text }) => wordProblems(path, text)));
  // The glossary names what each word replaces.
  none(pages.filter((path) => path !== 'docs/GLOSSARY.md').flatMap((path) => wordProblems(path, read(path))));
});

test('src takes time, randomness and the machine only through its interfaces', () =>
  none(files.flatMap(globalProblems)));

test('each file that writes to the log does it under its own name', () => none(files.flatMap(logPlaceProblems)));

test('files are short', () => none(files.flatMap((file) => lengthProblems(file))));

test('functions fit a screen', () => none(files.flatMap(functionProblems)));

test('file names are in kebab-case', () => none(files.flatMap(nameProblems)));

test('nothing is left over', () => none(files.flatMap(markerProblems)));

test('every file is used', () => {
  const starters = ['package.json', 'Makefile', 'knip.json', 'bin/csi-attacher', '.ci/run'];
  none(deadFiles(files, starters.filter((path) => existsSync(`${root}/${path}`)).map(read)));
});

test('the list of long files holds only files that exist, are needed there, and are under testing/', () => {
  for (const [path, { lines, reason }] of Object.entries(longFiles)) {
    const file = files.find((candidate) => candidate.path === path);
    assert.ok(path.startsWith('testing/') && reason.length > 10, path);
    assert.equal(file?.text.split('\n').length, lines + 1, `${path} has changed its length: put the new one there`);
  }
});
