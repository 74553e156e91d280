import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordProblems } from './words.ts';

test('a banned word is found whatever its form, with its line and what to say instead', () => {
  const text = 'The call was called off.\nIts rights end with the deletion mark.\n';
  assert.deepEqual(
    wordProblems('docs/x.md', text).map(({ line, message }) => `${line}: ${message}`),
    [
      '2: "deletion mark" is not a word of the field; say deletionTimestamp',
      '1: "called off" is not a word of the field; say cancel, cancelled',
      '2: "rights" is not a word of the field; say permissions, or RBAC rules',
    ],
  );
});

test('parts of other words and names of random streams are left alone', () => {
  assert.deepEqual(wordProblems('a.ts', "brightness, indeed, moody; chance.fork('mood')"), []);
});
