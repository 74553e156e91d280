import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readReport } from './csi-driver.ts';

test('a report is read for calls, failures, overlaps and what is published', () => {
  const report = {
    driver: 'd',
    published: 3,
    volumes: 9,
    calls: { Probe: 5, ControllerPublishVolume: 7, ControllerUnpublishVolume: 4 },
    codes: { ControllerPublishVolume: { OK: 5, Unavailable: 2 }, ControllerUnpublishVolume: { OK: 3, Aborted: 1 } },
    mostAtOnce: 2,
    overlaps: 1,
    ledger: [],
  };
  assert.deepEqual(readReport(JSON.stringify(report)), {
    publishCalls: 7,
    unpublishCalls: 4,
    failedCalls: 3,
    overlappingCalls: 1,
    published: 3,
  });
});

test('a driver that nobody has called yet has figures, too', () => {
  const report = {
    driver: 'd',
    published: 0,
    volumes: 0,
    calls: {},
    codes: {},
    mostAtOnce: 0,
    overlaps: 0,
    ledger: [],
  };
  assert.deepEqual(readReport(JSON.stringify(report)), {
    publishCalls: 0,
    unpublishCalls: 0,
    failedCalls: 0,
    overlappingCalls: 0,
    published: 0,
  });
});
