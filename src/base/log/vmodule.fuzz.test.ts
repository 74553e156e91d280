import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz, fuzzSeed, pick } from '../../../testing/support/fuzz.ts';
import { mutateText } from '../../../testing/support/mutate.ts';
import { parseVmodule, verbosityOf } from './vmodule.ts';

fuzz('the rules of --vmodule are pairs of a pattern and a level, or an error', 5_000, (random) => {
  const result = parseVmodule(
    mutateText(random, pick(random, ['reflector=4', 'kube/*=6,client=2', ' a = 1 ', 'x=999999999'])),
  );
  if (!result.ok) return assert.ok(result.error.length > 0);
  for (const { pattern, level } of result.value) {
    assert.ok(pattern.length > 0 && Number.isSafeInteger(level) && level >= 0);
    assert.equal(typeof verbosityOf('kube/reflector', result.value, 0), 'number');
  }
});

test(`a pattern matches what the same regular expression matches [FUZZ_SEED=${fuzzSeed}]`, () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.'), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(pattern, word, (glob, name) => {
      const same = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
      assert.equal(verbosityOf(name, [{ pattern: glob, level: 1 }], 0), same ? 1 : 0);
    }),
    { seed: fuzzSeed | 0, numRuns: 5_000 },
  );
});

test('a pattern of many stars takes no time worth mentioning', () => {
  const rules = [{ pattern: `${'*a'.repeat(30_000)}b`, level: 9 }];
  const name = 'a'.repeat(60);
  for (let line = 0; line < 1_000; line++) assert.equal(verbosityOf(name, rules, 3), 3);
});
