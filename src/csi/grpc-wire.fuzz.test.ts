import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { below, fuzz, fuzzSeed, pick } from '../../testing/support/fuzz.ts';
import { inPieces, mutateBytes, mutateText, randomBytes } from '../../testing/support/mutate.ts';
import { Code, CsiError } from './errors.ts';
import { AnswerReader, decodeMessage, encodeTimeout, frame, outcome, type WireHeaders } from './grpc-wire.ts';

function read(pieces: readonly Uint8Array[]): AnswerReader {
  const answer = new AnswerReader();
  for (const piece of pieces) if (!answer.push(piece)) break;
  return answer;
}

/** What a driver's word is not needed for: it may still be at work. */
const uncertain: ReadonlySet<number> = new Set([
  ...[Code.Canceled, Code.Unknown, Code.DeadlineExceeded, Code.ResourceExhausted, Code.Aborted, Code.Unavailable],
]);

fuzz('a message comes out as it went in, however it is cut', 2_000, (random) => {
  const message = randomBytes(random, 300);
  const pieces = inPieces(random, frame(message)).flatMap((piece) =>
    random.next() < 0.1 ? [new Uint8Array(0), piece] : [piece],
  );
  assert.deepEqual(Buffer.from(read(pieces).message()), message);
});

const types = ['application/grpc', 'application/grpc+proto', 'text/html', '', undefined];
const statuses = ['0', '1', '5', '14', '16', '17', '999', '-1', '', 'OK', '4294967296', undefined, ['0', '5']];
const messages = ['fine', '%E2%82%AC', '%', '%zz', '%ff%fe', 'a%00b', undefined, ['x', 'y']];

fuzz('every end of a stream is a message or a CsiError', 5_000, (random) => {
  const whole = frame(randomBytes(random, 60));
  const bytes = random.next() < 0.7 ? mutateBytes(random, whole) : whole;
  const drawn = (): WireHeaders => ({
    ':status': pick(random, [200, 200, 200, '200', 404, 429, 500, 503, undefined, 'x']),
    ...{ 'content-type': pick(random, types), 'grpc-status': pick(random, statuses) },
    'grpc-message': random.next() < 0.5 ? pick(random, messages) : mutateText(random, 'no%20such%20volume'),
  });
  const closed = {
    headers: random.next() < 0.9 ? drawn() : undefined,
    trailers: random.next() < 0.7 ? drawn() : undefined,
    answer: read(inPieces(random, bytes)),
    resetCode: random.next() < 0.6 ? 0 : below(random, 20),
    connectionLost: random.next() < 0.2,
  };
  try {
    assert.ok(outcome(closed) instanceof Uint8Array);
  } catch (error) {
    assert.ok(error instanceof CsiError, String(error));
    assert.ok(Number.isInteger(error.code) && error.code > 0 && error.code <= 16);
    assert.equal(typeof error.message, 'string');
    // Only what the driver itself has said may be taken for its last word.
    if (!error.local && !uncertain.has(error.code))
      assert.ok([closed.headers, closed.trailers].some((said) => said?.['grpc-status']));
  }
});

fuzz('a length that lies costs no memory', 500, (random) => {
  const before = process.memoryUsage().arrayBuffers;
  const length = Buffer.from(pick(random, ['00ffffffff', '0010000000', '000fffffff', '0010000001']), 'hex');
  const answer = read(inPieces(random, Buffer.concat([length, randomBytes(random, 100)])));
  assert.throws(() => answer.message(), CsiError);
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
