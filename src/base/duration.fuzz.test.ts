import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz, fuzzSeed, pick } from '../../testing/support/fuzz.ts';
import { mutateText } from '../../testing/support/mutate.ts';
import { formatDuration, parseDuration } from './duration.ts';

const samples = [
  '1m50s',
  '500ms',
  '1.5h',
  '0',
  '-3h2m',
  '+1s',
  '.5s',
  '1.s',
  '9223372036854775807ns',
  '1h1h',
  '1µs',
  '3us',
];

fuzz('a duration is a finite number of milliseconds, or an error that quotes it', 5_000, (random) => {
  const text = mutateText(random, pick(random, samples));
  const result = parseDuration(text);
  if (result.ok) assert.ok(Math.abs(result.value) <= 2 ** 63 / 1e6, text);
  else assert.ok(result.error.startsWith(JSON.stringify(text)), result.error);
});

test(`what is written as a duration is read as the same one [FUZZ_SEED=${fuzzSeed}]`, () => {
  // Beyond 2^51 nanoseconds (26 days) a number of milliseconds does not tell single nanoseconds apart.
  const nanoseconds = fc.bigInt({ min: -(2n ** 51n), max: 2n ** 51n });
  fc.assert(
    fc.property(nanoseconds, (ns) => {
      const ms = Number(ns) / 1e6;
      const result = parseDuration(formatDuration(ms));
      assert.ok(result.ok && result.value === ms, formatDuration(ms));
    }),
    { seed: fuzzSeed | 0, numRuns: 3_000 },
  );
});
