import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compareVersions } from './resource-version.ts';

describe('compareVersions()', () => {
  test('compares decimal integers as numbers, of any length', () => {
    assert.ok(compareVersions('9', '10') < 0);
    assert.ok(compareVersions('10', '9') > 0);
    assert.equal(compareVersions('10', '10'), 0);
    assert.ok(compareVersions('9007199254740993', '9007199254740992') > 0);
    assert.ok(compareVersions('18446744073709551615', '2') > 0);
  });

  test('knows of anything else only whether it is the same: neither older nor newer', () => {
    assert.equal(compareVersions('a1', 'a1'), 0);
    for (const [a, b] of [
      ['a1', 'a2'],
      ['', '1'],
      ['1', '-2'],
    ] as const) {
      const order = compareVersions(a, b);
      assert.deepEqual([order < 0, order >= 0], [false, false]);
    }
  });
});
