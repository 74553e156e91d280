import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import {
  Collector,
  closeAll,
  closing,
  connect,
  echo,
  failure,
  get,
  serve,
} from '../../testing/support/wire/http2-client.ts';
import { testCertificate } from '../../testing/support/wire/http2-server.ts';
import { systemClock } from './clock.ts';
import { Http2Transport } from './http2-transport.ts';

afterEach(closeAll);

describe('a request over HTTP/2', () => {
  test('carries method, path, headers and body there, and status, headers and body back', async () => {
    const server = await serve(echo);
    const transport = connect(server.url);
    const answer = await transport.request({
      method: 'PATCH',
      path: '/a?b=c',
      headers: {},
      body: Buffer.from('hello'),
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'text/plain');
    assert.equal(answer.headers['x-path'], '/a?b=c');
    assert.equal(Buffer.from(answer.body).toString(), 'PATCH hello');
    await transport.request(get('/'));
    assert.equal(server.connections, 1);
  });

  test('goes below the path of the server’s URL', async () => {
    const server = await serve(echo);
    const transport = connect(new URL('/k8s/clusters/c-1/', server.url));
    assert.equal((await transport.request(get('/api'))).headers['x-path'], '/k8s/clusters/c-1/api');
  });

  test('works without TLS too', async () => {
    const server = await serve(echo, { secure: false });
    assert.equal((await connect(server.url).request(get('/'))).status, 200);
  });

  test('brings a body of many megabytes', async () => {
    const size = 20_000_000;
    const server = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(size, 'x'));
    });
    assert.equal((await connect(server.url).request(get('/'))).body.length, size);
  });

  test('is refused if nobody listens, and was not sent', async () => {
    const server = await serve(echo);
    const { url } = server;
    await server.close();
    closing.pop();
    const transport = connect(url);
    const error = await failure(transport.request(get('/')));
    assert.deepEqual([error.kind, error.sent], ['refused', false]);
    assert.match(error.message, /^cannot connect to https:\/\/127.0.0.1:\d+: connect ECONNREFUSED/);
  });

  test('is refused if the server’s certificate is not trusted, unless that is told not to matter', async () => {
    const server = await serve(echo);
    const error = await failure(connect(server.url, { tls: {} }).request(get('/')));
    assert.equal(error.kind, 'refused');
    assert.match(error.message, /certificate/);
    assert.equal((await connect(server.url, { tls: { insecure: true } }).request(get('/'))).status, 200);
  });

  test('is refused if the server’s name is not the one expected', async () => {
    const server = await serve(echo);
    const ca = testCertificate().caPem;
    assert.equal((await connect(server.url, { tls: { ca, serverName: 'localhost' } }).request(get('/'))).status, 200);
    const error = await failure(connect(server.url, { tls: { ca, serverName: 'other' } }).request(get('/')));
    assert.match(error.message, /altnames/);
  });

  test('is refused if the files of its certificate cannot be read', async () => {
    const access = { endpoint: () => Promise.reject(new Error('no ca.crt')) };
    const error = await failure(new Http2Transport({ access, clock: systemClock }).request(get('/')));
    assert.deepEqual([error.kind, error.sent], ['refused', false]);
    assert.match(error.message, /no ca.crt/);
  });

  test('is refused if whoever listens says nothing in time', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sockets: { destroy(): void }[] = [];
    silent.on('connection', (socket) => sockets.push(socket));
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      silent.close();
      await once(silent, 'close');
    });
    const url = new URL(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const error = await failure(connect(url, { connectTimeoutMs: 50 }).request(get('/')));
    assert.deepEqual([error.kind, error.sent], ['refused', false]);
    assert.match(error.message, /no connection within 0.05s/);
  });

  test('may have been done if the server goes before it answers; the next one makes a new connection', async () => {
    const server = await serve((stream, headers) => {
      if (headers[':path'] === '/bad') stream.session?.destroy();
      else echo(stream, headers);
    });
    const transport = connect(server.url);
    const error = await failure(transport.request(get('/bad')));
    assert.deepEqual([error.kind, error.sent], ['broken', true]);
    assert.equal((await transport.request(get('/'))).status, 200);
    assert.equal(server.connections, 2);
  });

  test('cut short in its answer is broken, not complete', async () => {
    const server = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half', () => stream.session?.destroy());
    });
    assert.equal((await failure(connect(server.url).request(get('/')))).kind, 'broken');
  });

  test('whose stream is reset is broken', async () => {
    const server = await serve((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    const error = await failure(connect(server.url).request(get('/')));
    assert.deepEqual([error.kind, error.sent], ['broken', true]);
  });

  test('that the server has refused to look at is sent again', async () => {
    let streams = 0;
    const server = await serve((stream, headers) => {
      if (++streams < 3) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else echo(stream, headers);
    });
    assert.equal((await connect(server.url).request(get('/'))).status, 200);
    assert.equal(streams, 3);
  });

  test('that the server always refuses was not done', async () => {
    const server = await serve((stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    const error = await failure(connect(server.url).request(get('/')));
    assert.deepEqual([error.kind, error.sent], ['broken', false]);
  });

  test('ends when its signal aborts, before it is sent or after', async () => {
    const server = await serve(() => {});
    const transport = connect(server.url);
    const controller = new AbortController();
    const waiting = failure(transport.request(get('/', { signal: controller.signal })));
    controller.abort();
    assert.deepEqual([(await waiting).kind, (await waiting).sent], ['aborted', false]);
    const early = await failure(transport.request(get('/', { signal: controller.signal })));
    assert.deepEqual([early.kind, early.sent], ['aborted', false]);
  });

  test('ends its stream on the server when its signal aborts', async () => {
    const gone = Promise.withResolvers<number>();
    const arrived = Promise.withResolvers<void>();
    const server = await serve((stream) => {
      stream.on('close', () => gone.resolve(stream.rstCode ?? -1));
      arrived.resolve();
    });
    const controller = new AbortController();
    const running = failure(connect(server.url).request(get('/', { signal: controller.signal })));
    await arrived.promise;
    controller.abort();
    assert.deepEqual([(await running).kind, (await running).sent], ['aborted', true]);
    assert.equal(await gone.promise, constants.NGHTTP2_CANCEL);
  });
});

describe('a stream over HTTP/2', () => {
  test('brings chunks as they come, and resolves at its clean end', async () => {
    const server = await serve((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'x/y' });
      stream.write('one ');
      stream.end('two');
    });
    const seen = new Collector();
    await connect(server.url).stream(get('/'), seen);
    assert.equal(seen.text, 'one two');
    assert.equal(seen.status, 200);
  });

  test('is broken when the server dies in the middle', async () => {
    const server = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('one', () => {
        for (const socket of server.sockets) socket.destroy();
      });
    });
    const error = await failure(connect(server.url).stream(get('/'), new Collector()));
    assert.deepEqual([error.kind, error.sent], ['broken', true]);
  });
});
