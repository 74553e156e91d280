import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AttacherFigures, reportJson, reportTable, writesText } from './report.ts';

const mib = 2 ** 20;
const figures: AttacherFigures = {
  attacher: 'ours',
  idleBytes: 60 * mib,
  bursts: [
    {
      operation: 'attach',
      round: 1,
      count: 2,
      durationMs: 4,
      latenciesMs: [1, 3],
      writes: new Map([
        ['PATCH volumeattachments', 2],
        ['PATCH persistentvolumes', 1],
      ]),
      driverCalls: 2,
      cpuMs: 1,
      residentBytes: 70 * mib,
    },
    {
      operation: 'detach',
      round: 1,
      count: 2,
      durationMs: 8,
      latenciesMs: [2, 4],
      writes: undefined,
      driverCalls: undefined,
      cpuMs: 3,
      residentBytes: 71 * mib,
    },
  ],
  afterBytes: 65 * mib,
  peakBytes: 72 * mib,
};

test('the table has a line for each burst between the memory before and after; what is unknown is a dash', () => {
  assert.equal(
    reportTable([figures]),
    [
      'attacher  phase            ops/s  p50 ms  p99 ms  writes/op  calls/op  CPU ms/op  RSS MiB',
      'ours      idle                                                                       60.0',
      'ours      attach 1 (cold)    500       1       3       1.50      1.00       0.50     70.0',
      'ours      detach 1 (cold)    250       2       4          –         –       1.50     71.0',
      'ours      after                                                                      65.0',
      'ours      peak                                                                       72.0',
    ].join('\n'),
  );
});

test('which writes an operation took is said by kind', () => {
  assert.match(writesText([figures]), /attach 1 {2}PATCH persistentvolumes 0\.50, PATCH volumeattachments 1\.00\n/);
  assert.match(writesText([figures]), /detach 1 {2}–$/);
});

test('the JSON has the same figures, and leaves out what is unknown', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(reportJson(figures))), {
    attacher: 'ours',
    idleMiB: 60,
    afterMiB: 65,
    peakMiB: 72,
    bursts: [
      {
        operation: 'attach',
        round: 1,
        count: 2,
        operationsPerSecond: 500,
        p50Ms: 1,
        p99Ms: 3,
        writesPerOperation: 1.5,
        writes: { 'PATCH volumeattachments': 1, 'PATCH persistentvolumes': 0.5 },
        driverCallsPerOperation: 1,
        cpuMsPerOperation: 0.5,
        residentMiB: 70,
      },
      {
        operation: 'detach',
        round: 1,
        count: 2,
        operationsPerSecond: 250,
        p50Ms: 2,
        p99Ms: 4,
        cpuMsPerOperation: 1.5,
        residentMiB: 71,
      },
    ],
  });
});
