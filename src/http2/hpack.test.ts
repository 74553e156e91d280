import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';
import { decodeHuffman } from './huffman.ts';
import { Outbox } from './outbox.ts';
import { type Headers, Http2Error } from './protocol.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

function encode(encoder: HpackEncoder, headers: Headers): Buffer {
  const out = new Outbox();
  encoder.encode(headers, out);
  return Buffer.from(out.view());
}

describe('reading headers', () => {
  test('the responses of RFC 7541, in Huffman code, one after the other, with a table that is too small for all', () => {
    const decoder = new HpackDecoder();
    const first =
      '3fe101 4882 6402 5885 aec3771a4b 6196 d07abe941054d444a8200595040b8166e082a62d1bff 6e91 9d29ad171863c78f0b97c8e9ae82ae43d3';
    const expected = {
      ':status': '302',
      'cache-control': 'private',
      date: 'Mon, 21 Oct 2013 20:13:21 GMT',
      location: 'https://www.example.com',
    };
    assert.deepEqual(decoder.decode(hex(first)), expected);
    assert.deepEqual(decoder.decode(hex('4883 640eff c1 c0 bf')), { ...expected, ':status': '307' });
    const third =
      '88 c1 6196 d07abe941054d444a8200595040b8166e084a62d1bff c0 5a83 9bd9ab 77ad 94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007';
    assert.deepEqual(decoder.decode(hex(third)), {
      ':status': '200',
      'cache-control': 'private',
      date: 'Mon, 21 Oct 2013 20:13:22 GMT',
      location: 'https://www.example.com',
      'content-encoding': 'gzip',
      'set-cookie': 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    });
  });

  test('a header that comes twice is one with both values', () => {
    assert.deepEqual(new HpackDecoder().decode(hex('0001 61 01 31 0001 61 01 32')), { a: '1, 2' });
  });

  test('names that every object has are names like others', () => {
    const block = Buffer.from('\0\x0bconstructor\x01x', 'latin1');
    assert.deepEqual({ ...new HpackDecoder().decode(block) }, { constructor: 'x' });
  });

  for (const [what, block] of [
    ['number 0', '80'],
    ['a number that is not in the table', 'be'],
    ['a number without end', 'ffffffffffffffffff'],
    ['a text that is longer than the block', '000a6162'],
    ['a name without a value', '000161'],
    ['a table larger than allowed', '3fe21f'],
    ['a new size of the table behind a header', '8820'],
    ['Huffman code with too much padding', '0001 61 82 1fff'],
    ['Huffman code with padding of zeros', '0001 61 81 18'],
    ['the end mark in Huffman code', '0001 61 84 ffffffff'],
  ] as const) {
    test(`${what} is an error`, () => {
      assert.throws(() => new HpackDecoder().decode(hex(block)), Http2Error);
    });
  }

  test('a few bytes that stand for very many are an error', () => {
    const decoder = new HpackDecoder();
    const long = Buffer.concat([hex('40 01 61 7f a11e'), Buffer.alloc(4000, 'x')]);
    assert.equal(decoder.decode(long).a?.length, 4000);
    assert.throws(() => decoder.decode(Buffer.alloc(1000, 0xbe)), /more than 1 MiB/);
  });

  test('Huffman code of all characters comes back as it was', () => {
    // The longest codes among them: a tab, a zero byte, a DEL, letters beyond ASCII.
    assert.equal(decodeHuffman(hex('ffffea'), 0, 3), '\t');
    assert.equal(decodeHuffman(hex('ffc7'), 0, 2), '\0');
    assert.equal(decodeHuffman(hex('fffffffc f1e3c2e5f23a6ba0ab90f4ff'), 4, 16), 'www.example.com');
    assert.equal(decodeHuffman(hex('ffffffcf'), 0, 4), '\x7f');
  });
});

describe('writing headers', () => {
  test('what was written can be read, whatever the limits of the table', () => {
    const name = fc.constantFrom(':path', ':method', 'accept', 'authorization', 'x-a', 'x-b', 'content-length');
    const value = fc.string({ unit: fc.constantFrom('a', 'B', ' ', '~', '\xe4', '\t'), maxLength: 3000 });
    const step = fc.record({
      headers: fc.dictionary(name, fc.oneof(value, fc.constantFrom('GET', 'PATCH', '/', 'Bearer abc'))),
      limit: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()];
        for (const { headers, limit } of steps) {
          if (limit !== undefined) encoder.limitTable(limit);
          assert.deepEqual({ ...decoder.decode(encode(encoder, headers)) }, { ...headers });
        }
      }),
    );
  });

  test('a token is sent in full once, and again after the table has evicted it', () => {
    const encoder = new HpackEncoder();
    const headers = { authorization: `Bearer ${'x'.repeat(1500)}` };
    assert.ok(encode(encoder, headers).length > 1500);
    assert.equal(encode(encoder, headers).length, 1);
    encode(encoder, { a: 'y'.repeat(1500), b: 'y'.repeat(1500) });
    assert.ok(encode(encoder, headers).length > 1500);
  });

  test('a server whose table has no room is sent every header in full', () => {
    const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()];
    encoder.limitTable(0);
    const headers = { authorization: 'Bearer x' };
    for (let times = 0; times < 3; times++) assert.deepEqual(decoder.decode(encode(encoder, headers)), headers);
    assert.ok(encode(encoder, headers).length > 10);
  });

  test('what would end a header, or begin another, is refused without being shown', () => {
    const refused = (headers: Headers): string => {
      try {
        encode(new HpackEncoder(), headers);
      } catch (error) {
        assert.ok(error instanceof TypeError);
        return error.message;
      }
      return assert.fail('it was written');
    };
    assert.match(refused({ authorization: 'Bearer secret\r\nx: y' }), /authorization/);
    assert.doesNotMatch(refused({ authorization: 'Bearer secret\n' }), /secret/);
    assert.match(refused({ ':path': '/\0' }), /:path/);
    assert.match(refused({ 'Upper-Case': 'x' }), /Upper-Case/);
    assert.match(refused({ a: 'smile \u{1f600}' }), /may not stand/);
  });
});
