import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChildError, Children, waitFor } from './children.ts';
import { LogFile } from './log-file.ts';

async function withChildren(use: (children: Children) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'csi-attacher-children-'));
  const children = new Children(directory);
  try {
    await use(children);
  } finally {
    await children.stop();
    rmSync(directory, { recursive: true });
  }
}

const shell = (name: string, script: string) => ({ name, command: 'sh', args: ['-c', script] });

test('what a process writes is read line by line, each line once and only when it is whole', () =>
  withChildren(async (children) => {
    const child = children.start(shell('writer', 'printf "one\\ntwo\\nthr"; sleep 60'));
    const log = new LogFile(child.logPath);
    const lines = await waitFor(() => log.newLines().join() || undefined, {
      child,
      otherwise: 'wrote nothing',
      timeoutMs: 5_000,
    });
    assert.equal(lines, 'one,two');
    assert.deepEqual(log.newLines(), []);
  }));

test('a process that ends too early is reported with the end of its log', () =>
  withChildren(async (children) => {
    const child = children.start(shell('bad', 'echo no socket; exit 3'));
    const waiting = waitFor(() => undefined, { child, otherwise: 'did not start', timeoutMs: 5_000 });
    await assert.rejects(waiting, (error) => {
      assert.ok(error instanceof ChildError);
      assert.match(error.message, /^bad ended too early \(exit code 3\)\. The end of its log:\n {2}no socket\n/);
      return true;
    });
  }));

test('a command that does not exist is reported, too', () =>
  withChildren(async (children) => {
    const child = children.start({ name: 'absent', command: '/no/such/command', args: [] });
    const waiting = waitFor(() => undefined, { child, otherwise: 'did not start', timeoutMs: 5_000 });
    await assert.rejects(waiting, /absent ended too early \(not started: .*ENOENT\)\. Its log is empty/);
  }));

test('waiting has an end', () =>
  withChildren(async (children) => {
    const child = children.start(shell('slow', 'sleep 60'));
    const waiting = waitFor(() => undefined, { child, otherwise: 'did not answer', timeoutMs: 50 });
    await assert.rejects(waiting, /slow did not answer within 0\.05 s/);
  }));

test('stopping ends a shell and what it started, and kills what does not listen', () =>
  withChildren(async (children) => {
    const child = children.start(shell('deaf', 'trap "" TERM; sh -c \'echo $$; while :; do sleep 0.1; done\''));
    const log = new LogFile(child.logPath);
    const wait = { child, otherwise: 'wrote nothing', timeoutMs: 5_000 };
    const grandchild = Number(await waitFor(() => log.newLines()[0], wait));
    assert.equal(await child.stop(100), 'SIGKILL');
    await waitFor(() => (isRunning(grandchild) ? undefined : true), {
      ...wait,
      child: children.start(shell('x', 'sleep 9')),
    });
  }));

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('nothing is started any more once all are being ended', () =>
  withChildren(async (children) => {
    await children.stop();
    assert.throws(
      () => children.start(shell('late', 'sleep 60')),
      /late is not started: all processes are being ended/,
    );
  }));
