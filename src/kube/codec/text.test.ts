import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { interner } from './interning.ts';
import { textOf } from './text.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => new Uint8Array(Buffer.from(text, 'utf8'))),
);

test('bytes that are UTF-8 are their text; all others are none, and no two of them the same', () => {
  fc.assert(
    fc.property(bytes, bytes, (some, others) => {
      const text = textOf(Buffer.from(some));
      assert.equal(text.isWellFormed(), isUtf8(some));
      if (isUtf8(some)) assert.deepEqual(new Uint8Array(Buffer.from(text)), some);
      assert.equal(text === textOf(Buffer.from(others)), Buffer.from(some).equals(Buffer.from(others)));
      const all = Buffer.from(some);
      assert.equal(interner.fromBytes(all, 0, all.length), text);
      assert.equal(interner.fromBytes(all, 0, all.length), text, 'from the table');
    }),
  );
});

test('a replacement character that somebody wrote is text', () => {
  assert.equal(textOf(Buffer.from('a\ufffdb')), 'a\ufffdb');
});
