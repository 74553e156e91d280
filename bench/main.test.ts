import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { projectFile } from './rig/paths.ts';

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = [projectFile('bench/main.ts'), ...args];
  return spawnSync(projectFile('tools/node'), command, { encoding: 'utf8' });
}

test('our attacher is measured: the table for people, and its figures as JSON on the last line', () => {
  const { status, stdout, stderr } = bench('--count', '20', '--rounds', '1', '--nodes', '3');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^ours +attach 1 \(cold\) /m);
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  const [{ attacher, bursts, peakMiB }] = report.attachers;
  assert.equal(attacher, 'ours');
  assert.ok(peakMiB > 10);
  const counted = bursts.map(({ operation, writesPerOperation, driverCallsPerOperation }: Record<string, unknown>) => ({
    operation,
    writesPerOperation,
    driverCallsPerOperation,
  }));
  assert.deepEqual(counted, [
    { operation: 'attach', writesPerOperation: 3, driverCallsPerOperation: 1 },
    { operation: 'detach', writesPerOperation: 1, driverCallsPerOperation: 1 },
  ]);
  for (const { cpuMsPerOperation, operationsPerSecond, p50Ms, p99Ms } of bursts) {
    assert.ok(cpuMsPerOperation > 0 && operationsPerSecond > 0 && p50Ms > 0 && p99Ms >= p50Ms);
  }
});

test('the embedded API server is measured alone', () => {
  const { status, stdout, stderr } = bench('--server-only', '--count', '20', '--rounds', '1', '--watchers', '2');
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.deepEqual(
    report.requests.map(({ request }: { request: string }) => request),
    ['create', 'patch metadata', 'patch status', 'delete', 'patch finalizers'],
  );
});

test('an attacher that does not start is reported with the end of its log', () => {
  const { status, stderr } = bench('--count', '1', '--attacher', 'echo no such flag; exit 7');
  assert.equal(status, 1);
  assert.match(
    stderr,
    /bench: echo ended in the middle of it \(exit code 7\)\. The end of its log:\n {2}no such flag\n/,
  );
});

test('wrong arguments have their own exit code', () => {
  const { status, stderr } = bench('--rounds', 'many');
  assert.equal(status, 2);
  assert.match(stderr, /--rounds must be a whole number of at least 1, not "many"/);
});
