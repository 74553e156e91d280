import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import type { PoolRequest, RequestError } from './exchange.ts';
import { Http2Pool, type Http2PoolOptions } from './pool.ts';
import type { Headers } from './protocol.ts';

/** A GET, and what came of it. */
class Get implements PoolRequest {
  readonly body = undefined;
  readonly wanted = undefined;
  readonly isEndless: boolean;
  readonly opened = Promise.withResolvers<void>();
  readonly ended = Promise.withResolvers<RequestError | undefined>();
  text = '';

  constructor(isEndless = false) {
    this.isEndless = isEndless;
  }
  headers(): Headers {
    return { ':method': 'GET', ':scheme': 'http', ':authority': 'a', ':path': '/' };
  }
  onHeaders(): void {
    this.opened.resolve();
  }
  onData(chunk: Buffer): void {
    this.text += chunk.toString();
  }
  onTrailers(): void {}
  onEnd(error: RequestError | undefined): void {
    this.ended.resolve(error);
  }
}

/** A pool to a server that leaves its streams open, and all that both have. */
async function setUp(t: TestContext, options: Partial<Http2PoolOptions> = {}) {
  const server = createServer();
  const streams: ServerHttp2Stream[] = [];
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    streams.push(stream);
    stream.respond({ ':status': 200 });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets: Socket[] = [];
  const clock = new FakeClock();
  let disconnects = 0;
  const pool = new Http2Pool({
    dial: async (receive) => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      sockets.push(socket);
      socket.on('data', receive);
      await once(socket, 'connect');
      return socket;
    },
    ...{ clock, streamWindowBytes: 100_000, connectionWindowBytes: 65_535, drainTimeoutMs: 30_000, maxAttempts: 2 },
    onDisconnect: () => disconnects++,
    ...options,
  });
  t.after(async () => {
    pool.close();
    assert.equal(clock.pendingTimers, 0, 'a timer was left behind');
    server.close();
    await once(server, 'close');
  });
  const send = (request: Get): Get => {
    pool.send(request);
    return request;
  };
  return { pool, clock, streams, sessions, sockets, send, disconnects: () => disconnects };
}

test('after a redial the old connection ends with its last answer, and new requests go over a new one', async (t) => {
  const { pool, sockets, streams, sessions, send, disconnects } = await setUp(t);
  const before = send(new Get());
  await before.opened.promise;
  pool.redial();
  const after = send(new Get());
  await after.opened.promise;
  assert.equal(sessions.length, 2);
  assert.notEqual(streams[0]?.session, streams[1]?.session);
  assert.equal(sockets[0]?.destroyed, false);
  streams[0]?.end('old');
  streams[1]?.end('new');
  assert.deepEqual([await before.ended.promise, before.text], [undefined, 'old']);
  assert.deepEqual([await after.ended.promise, after.text], [undefined, 'new']);
  assert.deepEqual(
    sockets.map((socket) => socket.destroyed),
    [true, false],
  );
  assert.equal(disconnects(), 0);
});

test('a redial ends what has no end, and an idle connection at once', async (t) => {
  const { pool, sockets, send } = await setUp(t);
  const watch = send(new Get(true));
  await watch.opened.promise;
  pool.redial();
  const error = await watch.ended.promise;
  assert.deepEqual([error?.kind, error?.sent], ['draining', true]);
  assert.equal(sockets[0]?.destroyed, true);
  pool.redial();
  assert.equal(sockets.length, 1, 'nobody waits for another one');
});

test('a redial while the connection is still being made serves those who wait over the next one', async (t) => {
  const { pool, sockets, streams, send } = await setUp(t);
  const waiting = send(new Get());
  pool.redial();
  await waiting.opened.promise;
  assert.equal(sockets.length, 2);
  streams[0]?.end();
  assert.equal(await waiting.ended.promise, undefined);
});

test('a connection that is drained is ended after its time, with what it still has', async (t) => {
  const { pool, clock, send } = await setUp(t);
  const slow = send(new Get());
  await slow.opened.promise;
  pool.redial();
  await clock.advance(30_000);
  const error = await slow.ended.promise;
  assert.deepEqual([error?.kind, error?.sent], ['lost', true]);
});

test('a dialer that fails, and one that is too slow, are why a request has no connection', async (t) => {
  const reasons: string[] = [];
  for (const dial of [() => Promise.reject(new Error('no way there')), () => new Promise<never>(() => {})]) {
    const { clock, send } = await setUp(t, { dial, connectTimeoutMs: 1_000 });
    const [first, second] = [send(new Get()), send(new Get())];
    await clock.advance(1_000);
    for (const { ended } of [first, second]) {
      const error = await ended.promise;
      assert.deepEqual([error?.kind, error?.sent], ['connect', false]);
      reasons.push(error?.message ?? '');
    }
  }
  assert.deepEqual(reasons, [
    ...['no way there', 'no way there'],
    ...['no connection within 1s', 'no connection within 1s'],
  ]);
});

test('a request whose headers cannot be sent is not sent, and not tried again', async (t) => {
  const { send, streams, sockets } = await setUp(t);
  const bad = new Get();
  bad.headers = () => ({ ':path': '/\n' });
  const error = await send(bad).ended.promise;
  assert.deepEqual([error?.kind, error?.sent], ['invalid', false]);
  const good = send(new Get());
  await good.opened.promise;
  assert.deepEqual([streams.length, sockets.length], [1, 2]);
});
