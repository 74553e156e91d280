import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlagType } from './flag-types.ts';
import * as types from './flag-types.ts';

function read<T>(type: FlagType<T>, text: string, previous?: T): T | string {
  const result = type.parse(text, previous);
  return result.ok ? result.value : result.error;
}

function refuses(type: FlagType<unknown>, texts: string[], allowed: RegExp): void {
  for (const text of texts) {
    const result = type.parse(text, undefined);
    assert.ok(!result.ok, text);
    assert.ok(result.error.startsWith(`${JSON.stringify(text)} is not `), result.error);
    assert.match(result.error, allowed);
  }
}

test('a boolean has the twelve spellings of Go and no other', () => {
  for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True']) assert.equal(read(types.boolean, text), true);
  for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False']) assert.equal(read(types.boolean, text), false);
  refuses(types.boolean, ['', 'yes', 'no', 'on', 'tRUE', ' true', '2'], /true or false/);
});

test('an integer has Go’s prefixes and underscores', () => {
  const cases: [string, number][] = [
    ['0', 0],
    ['-0', 0],
    ['42', 42],
    ['+42', 42],
    ['-1', -1],
    ['0x1F', 31],
    ['-0X1f', -31],
    ['0o17', 15],
    ['017', 15],
    ['0b101', 5],
    ['0x_ff', 255],
    ['0b1_0', 2],
    ['1_000', 1000],
  ];
  for (const [text, value] of cases) assert.equal(read(types.integer, text), value, text);
  refuses(
    types.integer,
    ['', '-', '1.5', '1e3', 'x', '0x', '08', '1__0', '_1', '12a', '99999999999999999999'],
    /whole number/,
  );
});

test('an unsigned integer has no sign', () => {
  assert.equal(read(types.unsigned, '0'), 0);
  assert.equal(read(types.unsigned, '500'), 500);
  refuses(types.unsigned, ['-1', '+1', '', 'ten'], /whole number from 0/);
});

test('a verbosity is read in decimal, whatever it begins with', () => {
  for (const [text, value] of Object.entries({ '0': 0, '5': 5, '08': 8, '010': 10, '2147483647': 2_147_483_647 })) {
    assert.equal(read(types.level, text), value, text);
  }
  refuses(types.level, ['', '-1', '+5', '0x5', '1_0', '5.0', ' 5', '2147483648'], /whole number from 0 to 2147483647/);
});

test('a float is a finite decimal number', () => {
  for (const [text, value] of [
    ['5', 5],
    ['0.5', 0.5],
    ['.5', 0.5],
    ['5.', 5],
    ['-1', -1],
    ['1e3', 1000],
    ['1_000.5', 1000.5],
  ] as const) {
    assert.equal(read(types.float, text), value);
  }
  refuses(types.float, ['', 'many', 'NaN', 'Inf', '1,5', '1e999'], /a number/);
});

test('a duration is milliseconds within and Go’s notation outside', () => {
  assert.equal(read(types.duration, '1m50s'), 110_000);
  assert.equal(types.duration.show(110_000), '1m50s');
  refuses(types.duration, ['15', 'fast', ''], /Go duration/);
});

test('an absent value is shown as null', () => {
  const type = types.optional(types.duration);
  assert.equal(type.show(undefined), null);
  assert.equal(type.show(1_000), '1s');
});

test('labels are pairs with a colon, and a second flag adds to the first', () => {
  assert.deepEqual(read(types.labels, 'app:x,tier:storage'), { app: 'x', tier: 'storage' });
  assert.deepEqual(read(types.labels, 'tier:b', { app: 'x', tier: 'a' }), { app: 'x', tier: 'b' });
  assert.deepEqual(read(types.labels, ''), {});
  refuses(types.labels, ['app', 'app=x', 'a:b:c', 'a:b,'], /key:value pairs/);
});

test('feature gates are pairs with an equals sign, and a second flag adds to the first', () => {
  assert.deepEqual(read(types.gates, 'A=true,B=false, C = T ,'), { A: true, B: false, C: true });
  assert.deepEqual(read(types.gates, 'B=true', { A: true, B: false }), { A: true, B: true });
  assert.deepEqual(read(types.gates, ''), {});
  refuses(types.gates, ['A', 'A=', '=true', 'A=yes', 'A=true B=false'], /Gate=true or Gate=false/);
});

test('a size is a Kubernetes quantity', () => {
  for (const text of ['0', '512', '1K', '2Ki', '1.5M', '.5G', '1e3']) assert.equal(read(types.size, text), text);
  refuses(types.size, ['', 'K', '1KB', '1 K'], /a size in bytes/);
});

test('vmodule shows what it read', () => {
  const rules = types.vmodule.parse('reflector=4,kube/*=6', undefined);
  assert.equal(rules.ok && types.vmodule.show(rules.value), 'reflector=4,kube/*=6');
  assert.deepEqual(read(types.vmodule, 'b=2', [{ pattern: 'a', level: 1 }]), [
    { pattern: 'a', level: 1 },
    { pattern: 'b', level: 2 },
  ]);
  refuses(types.vmodule, ['reflector'], /pattern=level/);
});
