import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { LogOutput } from './log-output.ts';

function setUp() {
  const written: string[] = [];
  const output = new LogOutput({
    write: (text: string) => {
      written.push(text);
      return true;
    },
  });
  return { output, written };
}

test('what one turn says goes out in one write, in order', async () => {
  const { output, written } = setUp();
  output.write('a\n');
  await Promise.resolve();
  output.write('b\n');
  assert.deepEqual(written, []);
  await turn();
  assert.deepEqual(written, ['a\nb\n']);
  output.write('c\n');
  await turn();
  assert.deepEqual(written, ['a\nb\n', 'c\n']);
});

test('a flush writes at once, and nothing twice', async () => {
  const { output, written } = setUp();
  output.write('last words\n');
  output.flush();
  output.flush();
  await turn();
  assert.deepEqual(written, ['last words\n']);
});
