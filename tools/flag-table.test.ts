import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readmePath, withFlagTable } from './flag-table.ts';

test('the table goes between the markers and replaces what was there', () => {
  const once = withFlagTable('a\n<!-- flags -->\nSTALE\n<!-- /flags -->\nb\n') ?? '';
  assert.match(once, /^a\n<!-- flags -->\n\| flag \|/);
  assert.match(once, /\n<!-- \/flags -->\nb\n$/);
  assert.ok(!once.includes('STALE'));
  assert.equal(withFlagTable(once), once);
});

test('a text without markers is left alone', () => {
  assert.equal(withFlagTable('nothing here'), undefined);
});

test('the README’s flag table is the code’s (else: tools/node tools/flag-table.ts --write)', () => {
  if (!existsSync(readmePath)) return;
  const readme = readFileSync(readmePath, 'utf8');
  const expected = withFlagTable(readme);
  if (expected !== undefined) assert.equal(readme, expected);
});
