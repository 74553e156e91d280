import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuMs, memoryUse, parseMemory, parseStat } from './process-usage.ts';

test('a stat line is read behind the last bracket, for the command may contain anything', () => {
  const line = '4242 (a) b (c)) S 17 4242 1 0 -1 4194560 100 200 0 0 150 25 5 7 20 0 11 0 1 2 3';
  assert.deepEqual(parseStat(line), { pid: 4242, parent: 17, cpuMs: (150 + 25 + 5 + 7) * 10 });
});

test('memory is read from status; a process that has ended has none', () => {
  assert.deepEqual(parseMemory('Name:\tx\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\nThreads:\t1\n'), {
    residentBytes: 1_024 * 1_024,
    peakBytes: 2_048 * 1_024,
  });
  assert.deepEqual(parseMemory('Name:\tx\nState:\tZ (zombie)\n'), { residentBytes: 0, peakBytes: 0 });
});

test('this process has used processor time and memory, and its peak is no less than what it has now', () => {
  assert.ok(cpuMs(process.pid) > 0);
  const { residentBytes, peakBytes } = memoryUse(process.pid);
  assert.ok(residentBytes > 1_000_000 && peakBytes >= residentBytes);
});

test('a process that is not there is an error, not zero', () => {
  assert.throws(() => cpuMs(2 ** 30), /process 1073741824 has ended/);
});
