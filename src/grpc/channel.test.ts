import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { ServerHttp2Stream } from 'node:http2';
import { createServer as createNetServer } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type grpc from '@grpc/grpc-js';
import { settle } from '../../testing/support/fake-clock.ts';
import {
  answerOk,
  failure,
  grpcServer,
  http2Server,
  limits,
  method,
  setUp,
} from '../../testing/support/wire/grpc-servers.ts';
import { frame } from './framing.ts';
import { Code } from './status.ts';

test('a call carries its bytes there and the answer back', async (t) => {
  const { socketPath, transport } = setUp(t);
  await grpcServer(t, socketPath, (call, callback) => callback(null, Buffer.from(`<${call.request}>`)));
  const answer = await transport.unary(method, Buffer.from('hello'), limits);
  assert.equal(Buffer.from(answer).toString(), '<hello>');
  assert.equal((await transport.unary(method, Buffer.alloc(0), limits)).length, 2);
});

test('the driver sees the headers that gRPC asks for, and how long it has', async (t) => {
  const { socketPath, transport } = setUp(t);
  const seen: Record<string, unknown>[] = [];
  await http2Server(t, socketPath, (stream) => {
    answerOk(stream, frame(new Uint8Array(0)));
  }).then(({ server }) => server.on('stream', (_stream, headers) => seen.push(headers)));
  await transport.unary(method, new Uint8Array(3), limits);
  const [headers] = seen;
  assert.equal(headers?.[':method'], 'POST');
  assert.equal(headers?.[':path'], method);
  assert.equal(headers?.te, 'trailers');
  assert.equal(headers?.['content-type'], 'application/grpc');
  assert.equal(headers?.['grpc-timeout'], '10000m');
});

test('a status of the driver comes through with its code and its text', async (t) => {
  const { socketPath, transport } = setUp(t);
  await grpcServer(t, socketPath, (_call, callback) =>
    callback({ code: Code.FailedPrecondition, details: 'Gerät 100% voll 😀' }),
  );
  const error = await failure(transport.unary(method, new Uint8Array(1), limits));
  assert.deepEqual(
    [error.code, error.message, error.local, error.sent],
    [Code.FailedPrecondition, 'Gerät 100% voll 😀', false, true],
  );
});

test('a status text that is sent as UTF-8, without gRPC’s encoding, is read as it is meant', async (t) => {
  const { socketPath, transport } = setUp(t);
  await http2Server(t, socketPath, (stream) => {
    // Node writes each character as one byte, as it reads them.
    const text = Buffer.from('Gerät voll, 100% 😀').toString('latin1');
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '8', 'grpc-message': text });
    stream.end();
  });
  const error = await failure(transport.unary(method, new Uint8Array(0), limits));
  assert.deepEqual([error.code, error.message], [Code.ResourceExhausted, 'Gerät voll, 100% 😀']);
});

test('a driver that compresses its answers with gzip is told that it may, and understood', async (t) => {
  const { socketPath, transport } = setUp(t);
  const large = Buffer.from('volume '.repeat(10_000));
  await http2Server(t, socketPath, (stream, headers) => {
    assert.equal(headers['grpc-accept-encoding'], 'identity,gzip');
    const [message, prefix] = [gzipSync(large), Buffer.alloc(5)];
    prefix[0] = 1;
    prefix.writeUInt32BE(message.length, 1);
    answerOk(stream, Buffer.concat([prefix, message]), { 'grpc-encoding': 'gzip' });
  });
  assert.ok(large.equals(await transport.unary(method, new Uint8Array(0), limits)));
});

test('a method that the driver does not have is Unimplemented', async (t) => {
  const { socketPath, transport } = setUp(t);
  await grpcServer(t, socketPath, () => {});
  assert.equal((await failure(transport.unary('/x.Y/Z', new Uint8Array(0), limits))).code, Code.Unimplemented);
});

test('an answer may be many times larger than 4 MiB', async (t) => {
  const { socketPath, transport } = setUp(t);
  const large = Buffer.alloc(20 * 1024 * 1024, 'abc');
  await grpcServer(t, socketPath, (_call, callback) => callback(null, large));
  const answer = await transport.unary(method, new Uint8Array(0), limits);
  assert.ok(large.equals(answer));
});

test('when the deadline passes the call ends, and the driver is told', async (t) => {
  const { socketPath, transport, clock } = setUp(t);
  const arrived = Promise.withResolvers<grpc.ServerUnaryCall<Buffer, Buffer>>();
  await grpcServer(t, socketPath, (call) => arrived.resolve(call));
  const result = failure(transport.unary(method, new Uint8Array(0), { timeoutMs: 5_000 }));
  const call = await arrived.promise;
  const cancelled = once(call, 'cancelled');
  await clock.advance(5_000);
  const error = await result;
  assert.deepEqual([error.code, error.message, error.sent], [Code.DeadlineExceeded, 'context deadline exceeded', true]);
  await cancelled;
});

test('when the caller gives up the call ends, and the driver is told', async (t) => {
  const { socketPath, transport } = setUp(t);
  const arrived = Promise.withResolvers<grpc.ServerUnaryCall<Buffer, Buffer>>();
  await grpcServer(t, socketPath, (call) => arrived.resolve(call));
  const stop = new AbortController();
  const result = failure(transport.unary(method, new Uint8Array(0), { ...limits, signal: stop.signal }));
  const cancelled = once(await arrived.promise, 'cancelled');
  stop.abort();
  const error = await result;
  assert.deepEqual([error.code, error.local, error.sent], [Code.Canceled, true, true]);
  await cancelled;
});

test('a call that was given up beforehand is never sent', async (t) => {
  const { socketPath, transport } = setUp(t);
  let calls = 0;
  await grpcServer(t, socketPath, (_call, callback) => {
    calls++;
    callback(null, Buffer.alloc(0));
  });
  const error = await failure(transport.unary(method, new Uint8Array(0), { ...limits, signal: AbortSignal.abort() }));
  assert.deepEqual([error.code, error.sent], [Code.Canceled, false]);
  await transport.unary(method, new Uint8Array(0), limits);
  assert.equal(calls, 1);
});

test('a socket that is not there is Unavailable and named, and found when it appears', async (t) => {
  const { socketPath, transport, disconnects } = setUp(t);
  const error = await failure(transport.unary(method, new Uint8Array(0), limits));
  assert.deepEqual([error.code, error.local, error.sent], [Code.Unavailable, true, false]);
  assert.ok(error.message.includes(socketPath) && error.message.includes('ENOENT'), error.message);
  await grpcServer(t, socketPath, (_call, callback) => callback(null, Buffer.from('there')));
  assert.equal(Buffer.from(await transport.unary(method, new Uint8Array(0), limits)).toString(), 'there');
  assert.equal(disconnects(), 0);
});

test('a driver that dies in a call leaves it uncertain, is reported once, and is found again when it is back', async (t) => {
  const { socketPath, transport, disconnected, disconnects } = setUp(t);
  const arrived = Promise.withResolvers<void>();
  const first = await grpcServer(t, socketPath, () => arrived.resolve());
  const result = failure(transport.unary(method, new Uint8Array(0), limits));
  await arrived.promise;
  first.forceShutdown();
  const error = await result;
  assert.deepEqual([error.code, error.local, error.sent], [Code.Unavailable, true, true]);
  await disconnected;
  assert.equal(disconnects(), 1);
  rmSync(socketPath, { force: true });
  await grpcServer(t, socketPath, (_call, callback) => callback(null, Buffer.from('back')));
  assert.equal(Buffer.from(await transport.unary(method, new Uint8Array(0), limits)).toString(), 'back');
});

test('a connection that closes without a GOAWAY is Unavailable too', async (t) => {
  const { socketPath, transport, disconnected, disconnects } = setUp(t);
  await http2Server(t, socketPath, (stream) => stream.session?.socket.destroy());
  const error = await failure(transport.unary(method, new Uint8Array(0), limits));
  assert.deepEqual([error.code, error.sent], [Code.Unavailable, true]);
  await disconnected;
  assert.equal(disconnects(), 1);
});

test('after a GOAWAY from the driver its calls finish, and new ones go over a new connection', async (t) => {
  const { socketPath, transport } = setUp(t);
  const streams: ServerHttp2Stream[] = [];
  const arrived = Promise.withResolvers<void>();
  const { sessions } = await http2Server(t, socketPath, (stream) => {
    streams.push(stream);
    if (streams.length === 1) arrived.resolve();
    else answerOk(stream, frame(Buffer.from('second')));
  });
  const first = transport.unary(method, new Uint8Array(0), limits);
  await arrived.promise;
  const [session] = sessions;
  session?.goaway(0);
  // The answer to a ping comes after the goodbye has been read.
  await new Promise((resolve) => session?.ping(resolve));
  assert.equal(Buffer.from(await transport.unary(method, new Uint8Array(0), limits)).toString(), 'second');
  assert.notEqual(streams[1]?.session, session);
  const [open] = streams;
  if (open !== undefined) answerOk(open, frame(Buffer.from('first')));
  assert.equal(Buffer.from(await first).toString(), 'first');
});

test('a call that the driver refused unprocessed is sent once more', async (t) => {
  const { socketPath, transport } = setUp(t);
  let seen = 0;
  await http2Server(t, socketPath, (stream) => {
    if (++seen === 1) stream.close(7);
    else answerOk(stream, frame(Buffer.from('ok')));
  });
  assert.equal(Buffer.from(await transport.unary(method, new Uint8Array(0), limits)).toString(), 'ok');
});

test('a call that is refused again and again was surely not done', async (t) => {
  const { socketPath, transport } = setUp(t);
  let seen = 0;
  await http2Server(t, socketPath, (stream) => {
    seen++;
    stream.close(7);
  });
  const error = await failure(transport.unary(method, new Uint8Array(0), limits));
  assert.deepEqual([error.code, error.sent, seen], [Code.Unavailable, false, 2]);
});

test('twelve hundred calls at once all get their own answer', async (t) => {
  const { socketPath, transport } = setUp(t);
  await grpcServer(t, socketPath, (call, callback) => callback(null, call.request));
  const answers = await Promise.all(
    Array.from({ length: 1200 }, (_, index) => transport.unary(method, Buffer.from(`call ${index}`), limits)),
  );
  assert.deepEqual(
    answers.map((answer) => Buffer.from(answer).toString()),
    Array.from({ length: 1200 }, (_, index) => `call ${index}`),
  );
});

test('calls beyond what the driver takes at once wait in line', async (t) => {
  const { socketPath, transport } = setUp(t);
  let running = 0;
  let most = 0;
  const order: string[] = [];
  await grpcServer(
    t,
    socketPath,
    (call, callback) => {
      most = Math.max(most, ++running);
      order.push(String(call.request));
      setImmediate(() => {
        running--;
        callback(null, call.request);
      });
    },
    { 'grpc.max_concurrent_streams': 5 },
  );
  const names = Array.from({ length: 60 }, (_, index) => String(index));
  await Promise.all(names.map((name) => transport.unary(method, Buffer.from(name), limits)));
  assert.deepEqual(order, names);
  assert.ok(most <= 5, `${most} at once`);
});

test('the deadline runs while a call waits in line, and what was never sent says so', async (t) => {
  const { socketPath, transport, clock } = setUp(t);
  const arrived = Promise.withResolvers<void>();
  const calls: string[] = [];
  const server = await grpcServer(
    t,
    socketPath,
    (call) => {
      calls.push(String(call.request));
      arrived.resolve();
    },
    { 'grpc.max_concurrent_streams': 1 },
  );
  const first = failure(transport.unary(method, Buffer.from('first'), { timeoutMs: 60_000 }));
  const second = failure(transport.unary(method, Buffer.from('second'), { timeoutMs: 1_000 }));
  await arrived.promise;
  await clock.advance(1_000);
  const error = await second;
  assert.deepEqual([error.code, error.sent], [Code.DeadlineExceeded, false]);
  assert.match(error.message, /before the call could be sent/);
  server.forceShutdown();
  await first;
  assert.deepEqual(calls, ['first']);
});

test('a call that is no longer wanted when its turn comes is not sent', async (t) => {
  const { socketPath, transport } = setUp(t);
  const answer = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const calls: string[] = [];
  await grpcServer(
    t,
    socketPath,
    (call, callback) => {
      calls.push(String(call.request));
      arrived.resolve();
      void answer.promise.then(() => callback(null, call.request));
    },
    { 'grpc.max_concurrent_streams': 1 },
  );
  let wanted = true;
  const first = transport.unary(method, Buffer.from('first'), { ...limits, wanted: () => wanted });
  const second = failure(transport.unary(method, Buffer.from('second'), { ...limits, wanted: () => wanted }));
  const third = transport.unary(method, Buffer.from('third'), limits);
  await arrived.promise;
  wanted = false;
  answer.resolve();
  await first;
  const error = await second;
  assert.deepEqual([error.code, error.sent], [Code.Canceled, false]);
  await third;
  assert.deepEqual(calls, ['first', 'third']);
});

test('a server that accepts connections and never answers is ended by the deadline', async (t) => {
  const { socketPath, transport, clock } = setUp(t);
  const server = createNetServer((socket) => t.after(() => socket.destroy()));
  server.listen(socketPath);
  await once(server, 'listening');
  t.after(() => server.close());
  const connected = once(server, 'connection');
  const result = failure(transport.unary(method, new Uint8Array(0), limits));
  await connected;
  await clock.advance(limits.timeoutMs);
  assert.equal((await result).code, Code.DeadlineExceeded);
});

test('something that does not speak HTTP/2 is Unavailable', async (t) => {
  const { socketPath, transport } = setUp(t);
  const server = createNetServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  server.listen(socketPath);
  await once(server, 'listening');
  t.after(() => server.close());
  const error = await failure(transport.unary(method, new Uint8Array(0), limits));
  assert.deepEqual([error.code, error.local], [Code.Unavailable, true]);
});

test('closing ends what runs and what waits, and takes no more', async (t) => {
  const { socketPath, transport, disconnects } = setUp(t);
  const arrived = Promise.withResolvers<void>();
  await grpcServer(t, socketPath, () => arrived.resolve(), { 'grpc.max_concurrent_streams': 1 });
  const running = failure(transport.unary(method, new Uint8Array(0), limits));
  const waiting = failure(transport.unary(method, new Uint8Array(0), limits));
  await arrived.promise;
  transport.close();
  transport.close();
  assert.deepEqual([(await running).code, (await running).sent], [Code.Unavailable, true]);
  assert.deepEqual([(await waiting).code, (await waiting).sent], [Code.Unavailable, false]);
  assert.equal((await failure(transport.unary(method, new Uint8Array(0), limits))).code, Code.Unavailable);
  await settle();
  assert.equal(disconnects(), 0);
});
