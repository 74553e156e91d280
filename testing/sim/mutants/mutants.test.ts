import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { properties } from '../checkers/index.ts';
import { describeHunt, hunt } from './hunt.ts';
import { mutants } from './index.ts';
import { type Mutant, mutate } from './mutant.ts';

const root = new URL('../../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');

test('every mutant has a name of its own, and says what is wrong', () => {
  assert.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length);
  for (const { name, breaks } of mutants) assert.match(breaks, /^[A-Z].{30,}\.$/, name);
});

test('every mutant names checkers that there are', () => {
  const names = new Set([...properties.map(({ name }) => name), 'stop', 'events']);
  for (const { name, caughtBy } of mutants) {
    assert.ok(caughtBy.length > 0, name);
    for (const checker of caughtBy) assert.ok(names.has(checker), `${name}: ${checker}`);
  }
});

test('every mutant fits the attacher as it is', () => {
  for (const mutant of mutants) {
    for (const file of new Set(mutant.edits.map((edit) => edit.file))) {
      assert.notEqual(mutate(mutant, file, read(file)), read(file), mutant.name);
    }
  }
});

test('a mutant that does not fit any more is an error that names it, and the file', () => {
  const edits = [{ file: 'src/app.ts', find: 'no such line', replace: '' }];
  const stale: Mutant = { name: 'stale', breaks: 'Nothing.', edits, caughtBy: ['converged'], withinSeeds: 1 };
  assert.throws(
    () => mutate(stale, 'src/app.ts', read('src/app.ts')),
    /mutant stale does not fit src\/app\.ts: .* 0 times/,
  );
});

test('every mutant is found, by one of its checkers and within its seeds', { concurrency: 2 }, async (context) => {
  await Promise.all(
    mutants.map((mutant) =>
      context.test(mutant.name, async (own) => {
        const ended = await hunt(mutant);
        own.diagnostic(describeHunt(ended));
        assert.ok(ended.caught !== undefined, describeHunt(ended));
      }),
    ),
  );
});
