import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { percentile, perSecond, rounded } from './statistics.ts';

test('a percentile is one of the values: the nearest rank', () => {
  const values = [15, 20, 35, 40, 50];
  assert.deepEqual(
    [5, 30, 40, 50, 100].map((percent) => percentile(values, percent)),
    [15, 20, 20, 35, 50],
  );
  assert.equal(percentile([7], 99), 7);
});

test('no values have no percentile', () => {
  assert.equal(percentile([], 50), undefined);
});

test('a percentile outside 0 to 100 is refused', () => {
  for (const percent of [0, -1, 100.1, Number.NaN]) assert.throws(() => percentile([1], percent), RangeError);
});

test('at least the given part of the values is at or below the percentile, whatever their order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.integer({ min: 1, max: 100 }), (values, percent) => {
      const result = percentile(values, percent);
      const below = values.filter((value) => result !== undefined && value <= result).length;
      assert.ok(below * 100 >= percent * values.length);
    }),
  );
});

test('a rate needs time', () => {
  assert.equal(perSecond(500, 250), 2_000);
  assert.equal(perSecond(500, 0), undefined);
});

test('rounding gives numbers and leaves what is missing missing', () => {
  assert.equal(rounded(1.23456, 2), 1.23);
  assert.equal(rounded(3, 2), 3);
  assert.equal(rounded(undefined, 2), undefined);
});
