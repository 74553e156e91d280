import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { truncateUtf8 } from './text.ts';

test('a text that fits is left as it is, and a longer one is cut to the limit', () => {
  assert.equal(truncateUtf8('a'.repeat(1024), 1024), 'a'.repeat(1024));
  assert.equal(truncateUtf8('a'.repeat(1025), 1024), `${'a'.repeat(1021)}...`);
});

test('a cut never splits a character nor passes the limit', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 3, max: 300 }), (text, max) => {
      const cut = truncateUtf8(text, max);
      assert.ok(Buffer.byteLength(cut) <= max);
      assert.ok(cut === text || (cut.endsWith('...') && text.startsWith(cut.slice(0, -3))));
      assert.ok(!cut.includes('\ufffd') || text.includes('\ufffd'));
    }),
  );
});
