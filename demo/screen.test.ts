import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Screen } from './screen.ts';

test('each picture is drawn over the one before, also if it is shorter, and the cursor comes back at the end', () => {
  const written: string[] = [];
  const screen = new Screen({ write: (text) => void written.push(text) });
  screen.draw(['a', 'b']);
  screen.draw(['c']);
  screen.draw(['d']);
  screen.close();
  screen.close();
  assert.deepEqual(written, [
    '\u001b[?25l\ra\u001b[K\nb\u001b[K\n\u001b[J',
    '\u001b[2A\rc\u001b[K\n\u001b[J',
    '\u001b[1A\rd\u001b[K\n\u001b[J',
    '\u001b[?25h',
  ]);
});

test('a screen that was never drawn on changes nothing', () => {
  const written: string[] = [];
  new Screen({ write: (text) => void written.push(text) }).close();
  assert.deepEqual(written, []);
});
