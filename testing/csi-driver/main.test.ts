import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { noLogger } from '../../src/base/log/logger.ts';
import { noMetrics } from '../../src/base/metrics.ts';
import { Driver } from '../../src/csi/driver.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { csiTransport } from '../../src/platform/csi-transport.ts';
import { published, publishRequest } from './conformance-faces.ts';
import { startDriver } from './index.ts';
import type { LedgerReport, Summary } from './report.ts';

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'csi-driver-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function run(t: TestContext, ...argv: string[]): ChildProcessByStdio<null, Readable, Readable> {
  const main = join(import.meta.dirname, 'main.ts');
  const child = spawn(process.execPath, [main, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

function connect(t: TestContext, socketPath: string): Driver {
  const transport = csiTransport({ socketPath, clock: systemClock });
  t.after(() => transport.close());
  return new Driver({ transport, clock: systemClock, logger: noLogger, metrics: noMetrics, timeoutMs: 20_000 });
}

test('as a process it serves, shows its ledger on SIGUSR2, and sums up and leaves on SIGTERM', async (t) => {
  const socketPath = join(temporaryFolder(t), 'csi.sock');
  const child = run(t, '--socket', socketPath, '--name', 'a.b', '--publish-delay', '1ms');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  assert.match((await lines.next()).value ?? '', /a\.b listens on/);
  const driver = connect(t, socketPath);
  assert.equal((await driver.handshake(new AbortController().signal)).name, 'a.b');
  await driver.publish(publishRequest());
  child.kill('SIGUSR2');
  const report = JSON.parse((await lines.next()).value ?? '') as LedgerReport;
  assert.deepEqual(report.ledger, [{ volumeId: 'v1', nodeId: 'n1', readonly: false, access: 'mount ext4', mode: 1 }]);
  assert.equal(report.calls.ControllerPublishVolume, 1);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const sum = JSON.parse((await lines.next()).value ?? '') as Summary;
  assert.deepEqual([sum.driver, sum.published], ['a.b', 1]);
  assert.deepEqual(await exited, [0, null]);
  assert.equal(existsSync(socketPath), false);
});

test('a mistake on the command line is told on stderr, with exit code 2', async (t) => {
  const child = run(t, '--sockt', 'x');
  child.stderr.setEncoding('utf8');
  const [text] = await once(child.stderr, 'data');
  assert.match(text, /sockt/);
  assert.deepEqual(await once(child, 'exit'), [2, null]);
});

test('a socket that a dead driver left behind is taken over', async (t) => {
  const socketPath = join(temporaryFolder(t), 'csi.sock');
  const dead = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  await once(dead, 'exit');
  assert.equal(existsSync(socketPath), true);
  const started = await startDriver({ socketPath, name: 'a.b' });
  t.after(() => started.close());
  await connect(t, socketPath).publish(publishRequest());
  assert.deepEqual(published(started.core), ['v1 n1']);
});

test('a socket that somebody listens on is left alone', async (t) => {
  const socketPath = join(temporaryFolder(t), 'csi.sock');
  const other = createServer().listen(socketPath);
  await once(other, 'listening');
  t.after(() => other.close());
  await assert.rejects(startDriver({ socketPath, name: 'a.b' }), /in use/);
  assert.equal(existsSync(socketPath), true);
});
