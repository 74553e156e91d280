import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { AnswerReader, encodeTimeout, frame, maxAnswerBytes } from './framing.ts';
import { type ClosedStream, codeOfHttpStatus, decodeMessage, outcome } from './outcome.ts';
import { Code, StatusError } from './status.ts';

const grpcHeaders = { ':status': '200', 'content-type': 'application/grpc' };
const gunzip = (compressed: Uint8Array, maxOutputLength: number) => gunzipSync(compressed, { maxOutputLength });
const reader = () => new AnswerReader('the driver', gunzip);

function closed(stream: Partial<ClosedStream> & { body?: Uint8Array }): ClosedStream {
  const answer = reader();
  if (stream.body !== undefined) answer.push(stream.body);
  return {
    ...{ peer: 'the driver', headers: grpcHeaders, trailers: undefined, answer, resetCode: 0, connectionLost: false },
    ...stream,
  };
}

function failure(stream: Parameters<typeof closed>[0]): StatusError {
  try {
    outcome(closed(stream));
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  return assert.fail('the call succeeded');
}

test('the deadline goes out in at most eight digits and never shorter than it is', () => {
  assert.equal(encodeTimeout(15_000), '15000m');
  assert.equal(encodeTimeout(0.2), '1m');
  assert.equal(encodeTimeout(-5), '1m');
  assert.equal(encodeTimeout(99_999_999), '99999999m');
  assert.equal(encodeTimeout(100_000_001), '100001S');
  assert.equal(encodeTimeout(1e14), '27777778H');
  assert.equal(encodeTimeout(Number.MAX_VALUE), '99999999H');
});

test('a message arrives whole, however its frame is cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.integer({ min: 1, max: 60 })), (message, cuts) => {
      const framed = frame(message);
      const answer = reader();
      let at = 0;
      for (const size of cuts) {
        answer.push(framed.subarray(at, at + size));
        at += size;
      }
      answer.push(framed.subarray(at));
      assert.deepEqual(Uint8Array.from(answer.message(undefined)), message);
    }),
  );
});

test('an answer of random bytes is an error or the message that it frames', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 5 }), (chunks) => {
      const answer = reader();
      for (const chunk of chunks) answer.push(chunk);
      try {
        answer.message(undefined);
      } catch (error) {
        assert.ok(error instanceof StatusError && error.local);
      }
    }),
  );
});

test('OK with a message is the message', () => {
  const message = Uint8Array.of(1, 2, 3);
  const stream = closed({ trailers: { 'grpc-status': '0' }, body: frame(message) });
  assert.deepEqual(Uint8Array.from(outcome(stream)), message);
});

const wrongBodies: [what: string, body: Uint8Array | undefined, code: Code, text: RegExp][] = [
  ['no message', undefined, Code.Internal, /without a message/],
  ['a cut prefix', Uint8Array.of(0, 0), Code.Internal, /ends after 2 of 5 bytes/],
  ['a cut message', frame(new Uint8Array(10)).subarray(0, 9), Code.Internal, /ends after 9 of 15 bytes/],
  ['a compressed message', Uint8Array.of(1, 0, 0, 0, 0), Code.Internal, /compressed its answer without saying how/],
  ['a prefix that makes no sense', Uint8Array.of(7, 0, 0, 0, 0), Code.Internal, /starts with 7/],
  ['two messages', Uint8Array.of(...frame(new Uint8Array(1)), 0), Code.Internal, /more than one message/],
  ['an absurd length', Uint8Array.of(0, 255, 255, 255, 255), Code.ResourceExhausted, /4294967295 bytes/],
];
for (const [what, body, code, text] of wrongBodies) {
  test(`OK with ${what} is an uncertain error`, () => {
    const error = failure({ trailers: { 'grpc-status': '0' }, ...(body ? { body } : {}) });
    assert.equal(error.code, code);
    assert.equal(error.local, true);
    assert.match(error.message, text);
  });
}

test('a message in gzip is what it stands for; what is no gzip, or stands for too much, is an uncertain error', () => {
  const compressed = (bytes: Uint8Array): Uint8Array => Uint8Array.of(1, ...frame(bytes).subarray(1));
  const answer = (body: Uint8Array, encoding: string, unzip = gunzip): Uint8Array => {
    const read = new AnswerReader('the driver', unzip);
    read.push(body);
    return read.message(encoding);
  };
  const message = Buffer.from('x'.repeat(5_000));
  const body = compressed(gzipSync(message));
  assert.ok(body.length < 100);
  assert.deepEqual(Buffer.from(answer(body, 'gzip')), message);
  const headers = { ...grpcHeaders, 'grpc-encoding': 'gzip' };
  assert.equal(outcome(closed({ headers, trailers: { 'grpc-status': '0' }, body })).length, 5_000);
  // A driver that says gzip and leaves a message as it is, as it may.
  assert.deepEqual(Buffer.from(answer(frame(message), 'gzip')), message);
  for (const [wrong, encoding, text, unzip] of [
    [body, 'snappy', /compressed its answer with "snappy"; gzip is what it was offered/],
    [compressed(message), 'gzip', /the compressed answer of the driver cannot be read: incorrect header check/],
    [
      body,
      'gzip',
      /cannot be read: Cannot create a Buffer larger than 4000 bytes/,
      (z: Uint8Array) => gunzip(z, 4_000),
    ],
  ] as const) {
    assert.throws(
      () => answer(wrong, encoding, unzip),
      (error) =>
        error instanceof StatusError && error.local && error.code === Code.Internal && text.test(error.message),
    );
  }
});

test('an answer over the limit is not kept', () => {
  const answer = reader();
  const prefix = Uint8Array.of(0, 0, 0, 0, 0);
  new DataView(prefix.buffer).setUint32(1, maxAnswerBytes + 1);
  assert.equal(answer.push(prefix), false);
  assert.equal(answer.push(new Uint8Array(1000)), false);
  assert.equal(answer.mistake?.code, Code.ResourceExhausted);
});

test('a status other than OK is what the driver said, whatever the body', () => {
  const error = failure({ trailers: { 'grpc-status': '5', 'grpc-message': 'no%20such' }, body: Uint8Array.of(1) });
  assert.deepEqual([error.code, error.message, error.local], [Code.NotFound, 'no such', false]);
});

test('a status may come with the headers alone', () => {
  const error = failure({ headers: { ...grpcHeaders, 'grpc-status': '12' } });
  assert.deepEqual([error.code, error.message], [Code.Unimplemented, '']);
});

test('a status that gRPC does not know is Unknown and named', () => {
  for (const status of ['17', '999', '-1', 'x', '', '0, 0']) {
    const error = failure({ trailers: { 'grpc-status': status } });
    assert.equal(error.code, Code.Unknown);
    assert.ok(error.message.includes(JSON.stringify(status)), error.message);
  }
});

test('messages are percent-decoded, and what is badly encoded stays', () => {
  assert.equal(decodeMessage('caf%C3%A9 50%25'), 'café 50%');
  assert.equal(decodeMessage('100% sure %zz %4'), '100% sure %zz %4');
  assert.equal(decodeMessage('%F0%9F%98%80!'), '😀!');
  assert.equal(decodeMessage('%FF'), '\ufffd');
  // As it comes off the wire: a character for each byte.
  const onTheWire = (text: string): string => Buffer.from(text).toString('latin1');
  assert.equal(decodeMessage(onTheWire('Gerät voll 😀, 50%25 %zz')), 'Gerät voll 😀, 50% %zz');
  assert.equal(decodeMessage(onTheWire('\ufeffx')), '\ufeffx');
});

const httpCodes: [status: number, code: Code][] = [
  [400, Code.Internal],
  [401, Code.Unauthenticated],
  [403, Code.PermissionDenied],
  [404, Code.Unimplemented],
  [429, Code.Unavailable],
  [502, Code.Unavailable],
  [503, Code.Unavailable],
  [504, Code.Unavailable],
  [200, Code.Unknown],
  [500, Code.Unknown],
];
for (const [status, code] of httpCodes) {
  test(`HTTP ${status} without gRPC has the code that the specification gives it`, () => {
    assert.equal(codeOfHttpStatus(status), code);
    const error = failure({
      headers: { ':status': `${status}`, 'content-type': 'text/html' },
      body: Uint8Array.of(60),
    });
    assert.equal(error.code, code);
    assert.match(error.message, new RegExp(`HTTP ${status}, content type "text/html"`));
  });
}

const resets: [resetCode: number, code: Code, sent: boolean][] = [
  [0, Code.Unavailable, true],
  [1, Code.Internal, true],
  [2, Code.Internal, true],
  [7, Code.Unavailable, false],
  [8, Code.Canceled, true],
  [11, Code.ResourceExhausted, true],
  [12, Code.PermissionDenied, true],
];
for (const [resetCode, code, sent] of resets) {
  test(`a stream reset with ${resetCode} has the code that the specification gives it`, () => {
    const error = failure({ headers: undefined, resetCode });
    assert.deepEqual([error.code, error.sent, error.local], [code, sent, true]);
  });
}

test('an answer that ends without a status is Unknown', () => {
  assert.equal(failure({ body: frame(new Uint8Array(1)) }).code, Code.Unknown);
});

test('a lost connection is Unavailable, unless the status had come', () => {
  assert.equal(failure({ connectionLost: true, resetCode: 8 }).code, Code.Unavailable);
  const trailers = { 'grpc-status': '6' };
  assert.equal(failure({ connectionLost: true, resetCode: 8, trailers }).code, Code.AlreadyExists);
});
