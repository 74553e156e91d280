import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { LogOutput } from './log-output.ts';

function setUp(limit?: number) {
  const written: string[] = [];
  const stream = {
    writableLength: 0,
    write: (text: string) => {
      written.push(text);
      return true;
    },
  };
  return { output: new LogOutput(stream, limit === undefined ? {} : { limit }), stream, written };
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

test('what nobody reads is kept up to the limit; further lines are counted, and the gap is told once', async () => {
  const { output, stream, written } = setUp(10);
  let drops = 0;
  const gaps: number[] = [];
  output.onDrop = () => drops++;
  output.onGap = (lines) => {
    gaps.push(lines);
    output.write('gap\n');
  };
  stream.writableLength = 5;
  output.write('1234\n');
  output.write('5\n');
  await turn();
  output.write('678901\n');
  assert.deepEqual([written, drops, gaps], [['1234\n'], 2, []]);
  stream.writableLength = 0;
  output.write('9\n');
  output.write('0\n');
  await turn();
  assert.deepEqual([written, drops, gaps], [['1234\n', '9\ngap\n0\n'], 2, [2]]);
});
