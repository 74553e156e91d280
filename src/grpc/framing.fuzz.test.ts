import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { below, fuzz, fuzzSeed, pick } from '../../testing/support/fuzz.ts';
import { inPieces, mutateBytes, mutateText, randomBytes } from '../../testing/support/mutate.ts';
import type { Headers } from '../http2/protocol.ts';
import { AnswerReader, encodeTimeout, frame } from './framing.ts';
import { decodeMessage, outcome } from './outcome.ts';
import { StatusError } from './status.ts';

function read(pieces: readonly Uint8Array[]): AnswerReader {
  const answer = new AnswerReader('the driver', (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }));
  for (const piece of pieces) if (!answer.push(piece)) break;
  return answer;
}

fuzz('a message comes out as it went in, however it is cut', 2_000, (random) => {
  const message = randomBytes(random, 300);
  const pieces = inPieces(random, frame(message)).flatMap((piece) =>
    random.next() < 0.1 ? [new Uint8Array(0), piece] : [piece],
  );
  assert.deepEqual(Buffer.from(read(pieces).message(undefined)), message);
});

/** Without the headers that were not drawn. */
function defined(headers: Record<string, string | undefined>): Headers {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

const types = ['application/grpc', 'application/grpc+proto', 'text/html', '', undefined];
const statuses = ['0', '1', '5', '14', '16', '17', '999', '-1', '', 'OK', '4294967296', undefined, '0, 5'];
const messages = ['fine', '%E2%82%AC', '%', '%zz', '%ff%fe', 'a%00b', undefined, 'x, y', '\xc3\xa4'];

fuzz('every end of a stream is a message or a StatusError', 5_000, (random) => {
  const whole = frame(randomBytes(random, 60));
  const bytes = random.next() < 0.7 ? mutateBytes(random, whole) : whole;
  const drawn = (): Headers =>
    defined({
      ':status': pick(random, ['200', '200', '200', '404', '429', '500', '503', undefined, 'x']),
      ...{ 'content-type': pick(random, types), 'grpc-status': pick(random, statuses) },
      'grpc-encoding': pick(random, ['gzip', 'identity', undefined]),
      'grpc-message': random.next() < 0.5 ? pick(random, messages) : mutateText(random, 'no%20such%20volume'),
    });
  const closed = {
    peer: 'the driver',
    headers: random.next() < 0.9 ? drawn() : undefined,
    trailers: random.next() < 0.7 ? drawn() : undefined,
    answer: read(inPieces(random, bytes)),
    resetCode: random.next() < 0.6 ? 0 : below(random, 20),
    connectionLost: random.next() < 0.2,
  };
  try {
    assert.ok(outcome(closed) instanceof Uint8Array);
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    assert.ok(Number.isInteger(error.code) && error.code > 0 && error.code <= 16);
    assert.equal(typeof error.message, 'string');
    // Only what the driver itself has said may be taken for its word.
    if (!error.local) assert.ok([closed.headers, closed.trailers].some((said) => said?.['grpc-status'] !== undefined));
  }
});

fuzz('a length that lies costs no memory', 500, (random) => {
  const before = process.memoryUsage().arrayBuffers;
  const length = Buffer.from(pick(random, ['00ffffffff', '0010000000', '000fffffff', '0010000001']), 'hex');
  const answer = read(inPieces(random, Buffer.concat([length, randomBytes(random, 100)])));
  assert.throws(() => answer.message(undefined), StatusError);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

test(`a message that is encoded as gRPC asks is read as it was [FUZZ_SEED=${fuzzSeed}]`, () => {
  const unicode = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed());
  fc.assert(
    fc.property(unicode, (text) => assert.equal(decodeMessage(percentEncoded(text)), text)),
    { seed: fuzzSeed | 0, numRuns: 1_000 },
  );
});

/** All but printable ASCII, and the percent sign, as `%XX`. */
function percentEncoded(text: string): string {
  const encoded = [...Buffer.from(text)].map((byte) =>
    byte >= 0x20 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return encoded.join('');
}

test(`every time limit is one that gRPC can say [FUZZ_SEED=${fuzzSeed}]`, () => {
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 9.3e15, noNaN: true }), (ms) => {
      const [, digits = '', unit = ''] = /^(\d{1,8})([mSH])$/.exec(encodeTimeout(ms)) ?? [];
      const saidMs = Number(digits) * ({ m: 1, S: 1_000, H: 3_600_000 }[unit] ?? Number.NaN);
      assert.ok(saidMs >= Math.min(ms, 99_999_999 * 3_600_000) && saidMs > 0, `${ms} as ${digits}${unit}`);
    }),
    { seed: fuzzSeed | 0, numRuns: 1_000 },
  );
});
