import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemPrograms } from './programs.ts';

const signal = new AbortController().signal;

test('a program’s output and exit code come back, and it has our environment', async () => {
  const args = ['-c', 'echo "$GREETING $HOME"; echo bad >&2; exit 3'];
  const result = await systemPrograms.run({ command: 'sh', args, env: { GREETING: 'hello' }, signal });
  assert.deepEqual(result, { code: 3, stdout: `hello ${process.env.HOME ?? ''}\n`, stderr: 'bad\n' });
});

test('a program that is not there is told by its code', async () => {
  const run = systemPrograms.run({ command: '/no/such', args: [], env: {}, signal });
  await assert.rejects(run, { code: 'ENOENT' });
});

test('a program that is no longer wanted is killed with all that it has started', async () => {
  const controller = new AbortController();
  // The shell waits for what it has started, which holds on to the output.
  const args = ['-c', 'sleep 1000 & echo $! >&2; wait'];
  const run = systemPrograms.run({ command: 'sh', args, env: {}, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 100);
  await assert.rejects(run, /enough/);
});

test('a program that writes without end is ended', async () => {
  await assert.rejects(systemPrograms.run({ command: 'yes', args: [], env: {}, signal }), /writes more than/);
});
