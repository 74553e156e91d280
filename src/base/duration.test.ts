import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';

function ms(text: string): number {
  const result = parseDuration(text);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

test('durations are read as Go reads them', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['-0', 0],
    ['+0', 0],
    ['0s', 0],
    ['5s', 5_000],
    ['30s', 30_000],
    ['1478s', 1_478_000],
    ['-5s', -5_000],
    ['+5s', 5_000],
    ['5.0s', 5_000],
    ['5.6s', 5_600],
    ['5.s', 5_000],
    ['.5s', 500],
    ['1.0s', 1_000],
    ['1.004s', 1_004],
    ['100.00100s', 100_001],
    ['10ns', 0.00001],
    ['11us', 0.011],
    ['12µs', 0.012],
    ['12μs', 0.012],
    ['13ms', 13],
    ['14s', 14_000],
    ['15m', 900_000],
    ['16h', 57_600_000],
    ['3h30m', 12_600_000],
    ['1m50s', 110_000],
    ['10.5s4m', 250_500],
    ['-2m3.4s', -123_400],
    ['1.5h', 5_400_000],
    ['0.3333333333333333333h', 1_199_999.999999],
  ];
  for (const [text, expected] of cases) assert.equal(ms(text), expected, text);
});

test('what Go refuses is refused, with the value and what is allowed in the message', () => {
  for (const text of [
    '',
    '3',
    '-',
    's',
    '.',
    '-.',
    '.s',
    '+.s',
    '1d',
    '1 s',
    '1S',
    '--5s',
    '1m 30s',
    '1e3s',
    '5',
    'abc',
  ]) {
    const result = parseDuration(text);
    assert.equal(result.ok, false, text);
    if (!result.ok) {
      assert.match(result.error, /Go duration such as 15s/);
      assert.ok(result.error.startsWith(JSON.stringify(text)), result.error);
    }
  }
});

test('a duration over 292 years does not fit and says so', () => {
  assert.ok(parseDuration('2562047h47m16.854775807s').ok);
  const result = parseDuration('2562047h47m16.854775808s');
  assert.ok(!result.ok && /too long: the longest duration is 2562047h47m16.854775807s/.test(result.error));
});

test('durations are written as Go writes them', () => {
  const cases: [number, string][] = [
    [0, '0s'],
    [0.000001, '1ns'],
    [0.0011, '1.1µs'],
    [0.1, '100µs'],
    [2.2, '2.2ms'],
    [500, '500ms'],
    [1_000, '1s'],
    [3_300, '3.3s'],
    [15_000, '15s'],
    [60_000, '1m0s'],
    [110_000, '1m50s'],
    [245_000, '4m5s'],
    [245_001, '4m5.001s'],
    [300_000, '5m0s'],
    [3_600_000, '1h0m0s'],
    [18_367_001, '5h6m7.001s'],
    [-5_000, '-5s'],
  ];
  for (const [value, expected] of cases) assert.equal(formatDuration(value), expected);
});

test('every duration in whole microseconds is read back as it was written', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (micros) => {
      assert.equal(ms(formatDuration(micros / 1_000)), micros === 0 ? 0 : micros / 1_000);
    }),
  );
});

test('no text makes the parser throw, and what it reads is a finite number', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+]?[0-9.]{0,30}[a-zµ]{0,2}[0-9.]{0,5}[hms]?$/)), (text) => {
      const result = parseDuration(text);
      assert.ok(!result.ok || Number.isFinite(result.value));
    }),
  );
});
