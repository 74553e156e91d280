import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { projectFile } from '../bench/rig/paths.ts';
import type { Summary } from './summary.ts';

interface Run {
  child: ChildProcess;
  /** What it has written so far. */
  output(): string;
  /** Where it keeps its files while it runs. */
  directory: string;
  exitCode: Promise<number>;
}

function startDemo(context: TestContext, args: readonly string[]): Run {
  const directory = mkdtempSync(join(tmpdir(), 'csi-attacher-demo-test-'));
  const command = [projectFile('demo/main.ts'), ...args];
  const child = spawn(projectFile('tools/node'), command, { env: { ...process.env, TMPDIR: directory } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exitCode = once(child, 'close').then(([code]) => code as number);
  context.after(async () => {
    child.kill('SIGTERM');
    await exitCode;
    rmSync(directory, { recursive: true, force: true });
  });
  return { child, output: () => output, directory, exitCode };
}

/** Command lines of the processes that work in the directory. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // It has ended since the listing.
      }
    })
    .filter((line) => line.includes(directory));
}

test('every volume comes and goes although the leader is killed, and nothing is left', async (context) => {
  const { output, directory, exitCode } = startDemo(context, ['--volumes', '20', '--nodes', '4', '--json']);
  assert.equal(await exitCode, 0, output());
  const summary = JSON.parse(output().trimEnd().split('\n').at(-1) ?? '') as Summary;
  assert.deepEqual(summary.problems, []);
  const { attached, detached, publishCalls, unpublishCalls, stillPublished } = summary;
  assert.deepEqual({ attached, detached, stillPublished }, { attached: 20, detached: 20, stillPublished: 0 });
  assert.ok(publishCalls >= 20 && unpublishCalls >= 20);
  assert.notEqual(summary.killed, summary.successor);
  assert.deepEqual([processesIn(directory), readdirSync(directory)], [[], []]);
});

test('Ctrl-C ends all processes and leaves no files', async (context) => {
  const { child, output, directory, exitCode } = startDemo(context, ['--volumes', '20', '--nodes', '4']);
  while (!output().includes('leader attacher-')) await once(child.stdout ?? child, 'data');
  assert.ok(processesIn(directory).length >= 4);
  child.kill('SIGINT');
  assert.equal(await exitCode, 130, output());
  assert.deepEqual([processesIn(directory), readdirSync(directory)], [[], []]);
});

test('a reader that goes away, such as head, ends it without a stack trace, and nothing is left', async (context) => {
  const { child, output, directory, exitCode } = startDemo(context, ['--volumes', '20', '--nodes', '4', '--json']);
  while (!output().includes('leader attacher-')) await once(child.stdout ?? child, 'data');
  child.stdout?.destroy();
  assert.equal(await exitCode, 141, output());
  assert.doesNotMatch(output(), /EPIPE|Error|at .*\.ts:/);
  assert.deepEqual([processesIn(directory), readdirSync(directory)], [[], []]);
});

test('an attacher that somebody kills while everything is left running is replaced', async (context) => {
  const args = ['--volumes', '20', '--nodes', '4', '--keep'];
  const { child, output, directory, exitCode } = startDemo(context, args);
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output());
      if (match !== null) return match;
      await once(child.stdout ?? child, 'data');
    }
  };
  const [, pid = ''] = await until(/ {2}kill -9 (\d+)\n/);
  process.kill(Number(pid), 'SIGKILL');
  const [, replacement = ''] = await until(/attacher-4 takes its place, as process (\d+)/);
  assert.ok(readFileSync(`/proc/${replacement}/cmdline`, 'utf8').includes('csi-attacher'));
  child.kill('SIGINT');
  assert.equal(await exitCode, 0, output());
  assert.deepEqual([processesIn(directory), readdirSync(directory)], [[], []]);
});

test('an argument that is not known is refused before anything is started', async (context) => {
  const { output, exitCode } = startDemo(context, ['--kepe']);
  assert.equal(await exitCode, 2);
  assert.match(output(), /^demo: Unknown option '--kepe'\nTry: make demo ARGS=--help\n$/);
});
