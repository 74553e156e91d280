import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerHttp2Stream, type Settings } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Http2Connection } from './connection.ts';
import { ErrorCode, type Headers } from './protocol.ts';
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

test('what comes is confirmed, padding and all, so that the server can go on', async () => {
  const { connection, feed, socket } = scripted();
  connection.request(post, undefined, new Answer());
  const data = `004000 00 08 00000001 ff${'00'.repeat(16_383)}`;
  feed('000001 01 04 00000001 88');
  await once(socket, 'data');
  for (let times = 0; times < 7; times++) feed(data);
  const [sent] = await once(socket, 'data');
  // Whenever half of a window has come: the stream's after four frames, the connection's after seven.
  assert.equal(sent.toString('hex'), '00000408000000000100010000' + '00000408000000000000' + '01c000');
});

test('a connection window of 65,535 bytes is what both begin with: no update is sent', () => {
  for (const [connectionWindowBytes, update] of [
    [65_535, ''],
    [65_536, '00000408000000000000000001'],
  ] as const) {
    const socket = new PassThrough();
    const connection = new Http2Connection({
      ...{ socket, streamWindowBytes: 65_535, connectionWindowBytes, onSettings: () => {}, onGoAway: () => {} },
    });
    connection.leave(undefined);
    const settings = '00000c040000000000' + '000200000000' + '00040000ffff';
    const goAway = '000008070000000000' + '0000000000000000';
    assert.equal(socket.read().subarray(24).toString('hex'), settings + update + goAway);
  }
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

test('what flow control held back is sent only if it is still wanted', async () => {
  const { connection, feed, socket } = scripted();
  let asked = 0;
  let wanted = true;
  const isWanted = (): boolean => {
    asked++;
    return wanted;
  };
  connection.request(post, Buffer.alloc(70_000), new Answer(), isWanted);
  await once(socket, 'data');
  assert.equal(asked, 1);
  // Room on the connection alone is none on the stream: nothing goes out, and nobody asks.
  feed('000004 08 00 00000000 00010000');
  await setImmediate();
  assert.equal(asked, 1);
  feed('000004 08 00 00000001 00000400');
  const [more] = await once(socket, 'data');
  assert.deepEqual([asked, more.length], [2, 9 + 1_024]);
  wanted = false;
  socket.on('data', () => assert.fail('it was sent'));
  feed('000004 08 00 00000001 00010000');
  const [error] = await once(socket, 'error');
  assert.match(error.message, /no longer wanted/);
});
