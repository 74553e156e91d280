import assert from 'node:assert/strict';
import type { ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { answerOk, failure, http2Server, limits, method, setUp } from '../../testing/support/wire/grpc-servers.ts';
import { frame } from './framing.ts';
import { Code } from './status.ts';

// What a driver that is broken, or no driver at all, may answer.

const ok = { ':status': 200, 'content-type': 'application/grpc' };
const badAnswers: [what: string, code: Code, answer: (stream: ServerHttp2Stream) => void][] = [
  [
    'a web page',
    Code.Unimplemented,
    (stream) => reply(stream, { ':status': 404, 'content-type': 'text/html' }, '<h1>'),
  ],
  ['a bad gateway', Code.Unavailable, (stream) => reply(stream, { ':status': 502 }, '')],
  [
    'another content type',
    Code.Unknown,
    (stream) => reply(stream, { ':status': 200, 'content-type': 'text/plain' }, 'x'),
  ],
  ['no status at the end', Code.Unknown, (stream) => reply(stream, ok, frame(new Uint8Array(1)))],
  ['half a message', Code.Internal, (stream) => answerOk(stream, frame(new Uint8Array(100)).subarray(0, 50))],
  ['a compressed message', Code.Internal, (stream) => answerOk(stream, Uint8Array.of(1, 0, 0, 0, 1, 0))],
  ['an absurd length', Code.ResourceExhausted, (stream) => answerOk(stream, Uint8Array.of(0, 255, 255, 255, 255, 0))],
  [
    'two messages',
    Code.Internal,
    (stream) => answerOk(stream, Buffer.concat([frame(new Uint8Array(1)), frame(new Uint8Array(1))])),
  ],
  ['no message', Code.Internal, (stream) => answerOk(stream, new Uint8Array(0))],
  ['a reset', Code.Internal, (stream) => stream.close(2)],
  [
    'a reset in the middle',
    Code.Internal,
    (stream) => {
      stream.respond(ok);
      stream.write(Uint8Array.of(0, 0), () => stream.destroy(new Error('broken')));
    },
  ],
  ['a cancel that nobody asked for', Code.Canceled, (stream) => stream.close(8)],
];

function reply(stream: ServerHttp2Stream, headers: Record<string, string | number>, body: string | Uint8Array): void {
  stream.respond(headers);
  stream.end(body);
}

for (const [what, code, answer] of badAnswers) {
  test(`${what} for an answer is a clear error, and the next call works`, async (t) => {
    const { socketPath, transport } = setUp(t);
    let bad = true;
    await http2Server(t, socketPath, (stream) => (bad ? answer(stream) : answerOk(stream, frame(Buffer.from('fine')))));
    const error = await failure(transport.unary(method, new Uint8Array(0), limits));
    assert.equal(error.code, code, error.message);
    assert.equal(error.local, true);
    assert.notEqual(error.message, '');
    bad = false;
    assert.equal(Buffer.from(await transport.unary(method, new Uint8Array(0), limits)).toString(), 'fine');
  });
}
