import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DecodeError } from '../../codec/proto-reader.ts';
import { FrameSplitter, LineSplitter } from './splitter.ts';

describe('a frame splitter', () => {
  test('refuses a length that cannot be, before it asks for that much memory', () => {
    const splitter = new FrameSplitter();
    assert.throws(() => {
      splitter.push(Buffer.from('7fffffff00', 'hex'), () => {});
      splitter.push(Buffer.from('00', 'hex'), () => {});
    }, DecodeError);
  });

  test('gives large messages that come in small pieces, one after the other', () => {
    const splitter = new FrameSplitter();
    const sizes: number[] = [];
    for (const size of [3_000_000, 5, 70_000]) {
      const frame = Buffer.alloc(4 + size, 1);
      frame.writeUInt32BE(size);
      for (let at = 0; at < frame.length; at += 9_999) {
        splitter.push(frame.subarray(at, at + 9_999), (message) => sizes.push(message.length));
      }
    }
    assert.deepEqual(sizes, [3_000_000, 5, 70_000]);
  });
});

describe('a line splitter', () => {
  test('leaves out empty lines', () => {
    const lines: string[] = [];
    const splitter = new LineSplitter();
    for (const chunk of ['a\n\n', '\nb', '', 'c\n\n']) {
      splitter.push(Buffer.from(chunk), (line) => lines.push(line.toString()));
    }
    assert.deepEqual(lines, ['a', 'bc']);
  });
});
