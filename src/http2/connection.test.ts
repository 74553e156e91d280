import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerHttp2Stream, type Settings } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { Http2Connection } from './connection.ts';
import { ErrorCode, type Headers, Http2Error } from './protocol.ts';
import type { Http2Sink, StreamEnd } from './stream.ts';

/** Keeps all that came of one stream. */
class Answer implements Http2Sink {
  headers: Headers | undefined;
  trailers: Headers | undefined;
  readonly chunks: Buffer[] = [];
  readonly #end = Promise.withResolvers<StreamEnd>();
  readonly end = this.#end.promise;

  onHeaders(headers: Headers): void {
    assert.equal(this.headers, undefined);
    this.headers = headers;
  }
  onData(chunk: Buffer): void {
    this.chunks.push(Buffer.from(chunk));
  }
  onTrailers(headers: Headers): void {
    this.trailers = headers;
  }
  onEnd(end: StreamEnd): void {
    this.#end.resolve(end);
  }
  get body(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

const windows = { streamWindowBytes: 100_000, connectionWindowBytes: 200_000 };
const post = { ':method': 'POST', ':scheme': 'http', ':authority': 'a', ':path': '/' };

/** A connection to Node's own HTTP/2, once its settings have come. */
async function connected(t: TestContext, settings: Settings, onStream: (stream: ServerHttp2Stream) => void) {
  const server = createServer({ settings, maxHeaderListPairs: 10_000, maxSendHeaderBlockLength: 1_000_000 });
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    onStream(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => {
    socket.destroy();
    server.close();
  });
  await once(socket, 'connect');
  const settled = Promise.withResolvers<void>();
  const connection = new Http2Connection({
    ...{ socket, ...windows, onSettings: settled.resolve, onGoAway: () => {} },
  });
  socket.on('data', (chunk: Buffer) => connection.receive(chunk));
  await settled.promise;
  return connection;
}

function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
}

describe('with Node’s HTTP/2 on the other side', () => {
  test('bodies that are larger than all windows go there and come back, several at once', async (t) => {
    const connection = await connected(t, { initialWindowSize: 1_000 }, echo);
    const bodies = [1_000_000, 300_000, 1, 0].map((size, at) => Buffer.alloc(size, `${at}`));
    const answers = bodies.map((body) => {
      const answer = new Answer();
      connection.request(post, body, answer);
      return answer;
    });
    for (const [at, answer] of answers.entries()) {
      assert.deepEqual(await answer.end, { complete: true, code: 0, lost: undefined });
      assert.ok(answer.body.equals(bodies[at] as Buffer), `body ${at}`);
    }
  });

  test('headers that are larger than a frame go there and come back', async (t) => {
    const connection = await connected(t, { maxHeaderListSize: 1_000_000 }, (stream) => {
      stream.on('data', () => {});
      stream.respond({ ':status': 200, large: 'l'.repeat(60_000) });
      stream.end();
    });
    for (let times = 0; times < 2; times++) {
      const answer = new Answer();
      connection.request({ ...post, token: 't'.repeat(50_000) }, undefined, answer);
      assert.equal((await answer.end).complete, true);
      assert.equal(answer.headers?.large?.length, 60_000);
    }
  });

  test('an answer that is only announced is not the answer; trailers come apart', async (t) => {
    const connection = await connected(t, { headerTableSize: 0 }, (stream) => {
      stream.additionalHeaders({ ':status': 103 });
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end('x');
    });
    for (let times = 0; times < 3; times++) {
      const answer = new Answer();
      connection.request(post, undefined, answer);
      await answer.end;
      assert.equal(answer.headers?.[':status'], '200');
      assert.deepEqual({ ...answer.trailers }, { 'grpc-status': '0' });
    }
  });

  test('an answer that does not wait for the whole request is an answer', async (t) => {
    const connection = await connected(t, {}, (stream) => {
      stream.respond({ ':status': 413 });
      stream.end();
    });
    const answer = new Answer();
    connection.request(post, Buffer.alloc(500_000), answer);
    assert.equal((await answer.end).complete, true);
    const next = new Answer();
    connection.request(post, undefined, next);
    assert.equal((await next.end).complete, true);
  });
});

/** A connection whose server is a list of frames, written in hex: length, type, flags, stream, payload. */
function scripted(...frames: string[]) {
  const socket = new PassThrough();
  const connection = new Http2Connection({ ...{ socket, ...windows }, onSettings: () => {}, onGoAway: () => {} });
  const feed = (...more: string[]): void => {
    for (const frame of more) connection.receive(Buffer.from(frame.replaceAll(' ', ''), 'hex'));
  };
  feed('000000 04 00 00000000', ...frames);
  return { connection, socket, feed };
}

describe('a server that breaks the protocol', () => {
  const violations: [what: string, code: number, ...frames: string[]][] = [
    ['an answer to nothing', ErrorCode.ProtocolError, '000001 01 05 00000003 88'],
    ['a stream that only a server could open', ErrorCode.ProtocolError, '000001 01 05 00000002 88'],
    ['content before the headers', ErrorCode.ProtocolError, '000001 00 00 00000001 78'],
    ['content of no stream', ErrorCode.ProtocolError, '000001 00 00 00000000 78'],
    ['more padding than frame', ErrorCode.ProtocolError, '000001 01 04 00000001 88', '000002 00 08 00000001 0500'],
    ['another frame amid headers', ErrorCode.ProtocolError, '000001 01 00 00000001 88', '000000 04 00 00000000'],
    ['headers going on that never began', ErrorCode.ProtocolError, '000001 09 04 00000001 88'],
    ['headers that go on without end', ErrorCode.EnhanceYourCalm, '000000 01 00 00000001', ...endless()],
    ['a pushed stream', ErrorCode.ProtocolError, '000004 05 04 00000001 00000002'],
    ['settings of a stream', ErrorCode.ProtocolError, '000000 04 00 00000001'],
    ['half a setting', ErrorCode.FrameSizeError, '000003 04 00 00000000 000100'],
    ['a window that is too wide', ErrorCode.FlowControlError, '000006 04 00 00000000 0004 ffffffff'],
    ['a window widened by nothing', ErrorCode.FlowControlError, '000004 08 00 00000000 00000000'],
    ['a window widened too far', ErrorCode.FlowControlError, '000004 08 00 00000000 7fffffff'],
    ['half a PING', ErrorCode.FrameSizeError, '000004 06 00 00000000 00000000'],
    ['half a GOAWAY', ErrorCode.FrameSizeError, '000004 07 00 00000000 00000000'],
    ['headers that cannot be read', ErrorCode.CompressionError, '000001 01 04 00000001 80'],
  ];
  for (const [what, code, ...frames] of violations) {
    test(`${what} ends the connection`, () => {
      const { connection, feed } = scripted();
      connection.request(post, undefined, new Answer());
      assert.throws(
        () => feed(...frames),
        (error) => error instanceof Http2Error && error.code === code,
      );
    });
  }

  test('more than the window allows ends the connection', () => {
    const { connection, feed } = scripted();
    connection.request(post, undefined, new Answer());
    const data = `004000 00 08 00000001 ff${'00'.repeat(16_383)}`;
    feed('000001 01 04 00000001 88');
    // What comes in order is confirmed, padding and all.
    for (let times = 0; times < 50; times++) feed(data);
  });

  test('something else than settings at first ends the connection', () => {
    const connection = new Http2Connection({
      ...{ socket: new PassThrough(), ...windows, onSettings: () => {}, onGoAway: () => {} },
    });
    assert.throws(() => connection.receive(Buffer.from('HTTP/1.1 400 Bad Request\r\n')), /no HTTP\/2 at all/);
  });
});

test('streams above the last that a leaving server names were refused; with the last one the connection ends', async () => {
  const { connection, feed, socket } = scripted();
  const [first, second] = [new Answer(), new Answer()];
  connection.request(post, undefined, first);
  connection.request(post, undefined, second);
  feed('000008 07 00 00000000 00000001 00000000');
  assert.deepEqual(await second.end, { complete: false, code: ErrorCode.RefusedStream, lost: undefined });
  assert.equal(connection.closing, true);
  assert.equal(socket.destroyed, false);
  feed('000001 01 05 00000001 88');
  assert.equal((await first.end).complete, true);
  assert.equal(socket.destroyed, true);
});

test('frames and settings that nobody knows are passed over', async () => {
  const { connection, feed } = scripted();
  const answer = new Answer();
  connection.request(post, undefined, answer);
  feed('000003 99 ff 00000001 010203', '000006 04 00 00000000 0099 00000001', '000001 01 05 00000001 88');
  assert.equal((await answer.end).complete, true);
});

test('what comes for a stream that was given up is read and dropped', async () => {
  const { connection, feed } = scripted();
  const [given, kept] = [new Answer(), new Answer()];
  const id = connection.request(post, undefined, given);
  connection.request(post, undefined, kept);
  connection.cancel(id);
  // The header is told here for the first time, and the next answer refers to it.
  feed('000006 01 04 00000001 88 4001610162', '000001 00 01 00000001 78', '000002 01 05 00000003 88be');
  assert.equal((await kept.end).complete, true);
  assert.deepEqual({ ...kept.headers }, { ':status': '200', a: 'b' });
  assert.equal(given.headers, undefined);
});

function endless(): string[] {
  return Array.from({ length: 100 }, () => '000000 09 00 00000001');
}

test('a request that is no longer wanted when it would go out is not sent, and nothing after it', async () => {
  const { connection, socket } = scripted();
  await once(socket, 'data');
  let wanted = true;
  const [first, second] = [new Answer(), new Answer()];
  connection.request(post, undefined, first, () => wanted);
  await once(socket, 'data');
  connection.request(post, undefined, second, () => wanted);
  wanted = false;
  socket.on('data', () => assert.fail('it was sent'));
  const [error] = await once(socket, 'error');
  assert.match(error.message, /no longer wanted/);
});
