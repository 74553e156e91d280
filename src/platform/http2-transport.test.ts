import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { type Http2Handler, TestHttp2Server, testCertificate } from '../../testing/support/http2-server.ts';
import { TcpProxy } from '../../testing/support/tcp-proxy.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { TlsMaterial } from '../kube/access.ts';
import { type HttpRequest, type StreamSink, TransportError } from '../kube/transport.ts';
import { systemClock } from './clock.ts';
import { Http2Transport, type Http2TransportOptions } from './http2-transport.ts';

/** Closed after each test, in the order of their making. */
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(
  handler: Http2Handler,
  options: Parameters<typeof TestHttp2Server.start>[1] = {},
): Promise<TestHttp2Server> {
  const server = await TestHttp2Server.start(handler, options);
  closing.push(() => server.close());
  return server;
}

/** The real clock, which knows whether anybody left a timer behind. */
class CountingClock implements Clock {
  pending = 0;
  now = systemClock.now;
  monotonic = systemClock.monotonic;
  schedule(delayMs: number, action: () => void): Timer {
    this.pending++;
    let waits = true;
    const done = (): void => {
      if (waits) this.pending--;
      waits = false;
    };
    const timer = systemClock.schedule(delayMs, () => {
      done();
      action();
    });
    return {
      cancel: () => {
        done();
        timer.cancel();
      },
    };
  }
}

function connect(server: URL, options: Partial<Http2TransportOptions> & { tls?: TlsMaterial } = {}): Http2Transport {
  const clock = new CountingClock();
  const { tls = { ca: testCertificate().caPem }, ...others } = options;
  const transport = new Http2Transport({ access: { server, tls: async () => tls }, clock, ...others });
  closing.unshift(() => {
    transport.close();
    assert.equal(clock.pending, 0, 'timers are left');
  });
  return transport;
}

function get(path: string, fields: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', path, headers: {}, ...fields };
}

async function failure(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, String(error));
  return error;
}

const echo: Http2Handler = (stream, headers) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-type': 'text/plain', 'x-path': String(headers[':path']) });
    stream.end(`${headers[':method']} ${Buffer.concat(chunks)}`);
  });
};

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
    const access = { server: new URL('https://127.0.0.1:1'), tls: () => Promise.reject(new Error('no ca.crt')) };
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

describe('the connection', () => {
  test('carries as many requests at once as the server takes, the others wait in line', async () => {
    const open: ServerHttp2Stream[] = [];
    let most = 0;
    const full = Promise.withResolvers<void>();
    const server = await serve(
      (stream) => {
        open.push(stream);
        most = Math.max(most, open.length);
        if (open.length === 250) full.resolve();
        stream.on('close', () => open.splice(open.indexOf(stream), 1));
        if (answering) answer(stream);
      },
      { settings: { maxConcurrentStreams: 250 } },
    );
    let answering = false;
    const answer = (stream: ServerHttp2Stream): void => {
      stream.respond({ ':status': 200 });
      stream.end();
    };
    const transport = connect(server.url);
    const all = Array.from({ length: 1000 }, () => transport.request(get('/')));
    await full.promise;
    answering = true;
    for (const stream of [...open]) answer(stream);
    assert.equal((await Promise.all(all)).length, 1000);
    assert.equal(most, 250);
    assert.equal(server.connections, 1);
  });

  test('that is going away serves what it has, and a new one takes the rest', async () => {
    const held: ServerHttp2Stream[] = [];
    const server = await serve((stream, headers) => {
      if (headers[':path'] === '/slow') {
        held.push(stream);
        stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
        stream.respond({ ':status': 200 });
      } else echo(stream, headers);
    });
    const transport = connect(server.url);
    const seen = new Collector();
    const slow = transport.stream(get('/slow'), seen);
    await seen.opened;
    assert.equal((await transport.request(get('/'))).status, 200);
    held[0]?.end('last words');
    await slow;
    assert.equal(seen.text, 'last words');
    assert.equal(server.connections, 2);
  });

  test('that is ended with a GOAWAY breaks what is under way', async () => {
    const server = await serve((stream, headers) => {
      if (headers[':path'] === '/slow') stream.session?.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
      else echo(stream, headers);
    });
    const transport = connect(server.url);
    const error = await failure(transport.request(get('/slow')));
    assert.deepEqual([error.kind, error.sent], ['broken', true]);
    assert.equal((await transport.request(get('/'))).status, 200);
  });

  test('that has gone silent is found by a PING', async () => {
    const server = await serve((stream) => stream.respond({ ':status': 200 }));
    const proxy = await TcpProxy.start(server.port);
    closing.unshift(() => proxy.close());
    const transport = connect(new URL(`https://127.0.0.1:${proxy.port}`), { pingIntervalMs: 20, pingTimeoutMs: 100 });
    const seen = new Collector();
    const stream = failure(transport.stream(get('/'), seen));
    await seen.opened;
    proxy.freeze();
    const error = await stream;
    assert.equal(error.kind, 'broken');
    assert.match(error.message, /does not answer a PING/);
  });

  test('is asked for a sign of life when a request was given up unanswered', async () => {
    const server = await serve(() => {});
    const proxy = await TcpProxy.start(server.port);
    closing.unshift(() => proxy.close());
    const transport = connect(new URL(`https://127.0.0.1:${proxy.port}`), { suspicionTimeoutMs: 50 });
    const arrived = once(server, 'stream');
    const other = failure(transport.request(get('/other')));
    await arrived;
    proxy.freeze();
    const controller = new AbortController();
    const given = failure(transport.request(get('/', { signal: controller.signal })));
    controller.abort();
    assert.equal((await given).kind, 'aborted');
    assert.match((await other).message, /does not answer a PING/);
  });

  test('stays open while PINGs are answered', async () => {
    const held: ServerHttp2Stream[] = [];
    const server = await serve((stream) => {
      stream.respond({ ':status': 200 });
      held.push(stream);
      let pings = 0;
      stream.session?.on('ping', () => {
        if (++pings === 5) stream.end();
      });
    });
    await connect(server.url, { pingIntervalMs: 5, pingTimeoutMs: 2_000 }).stream(get('/'), new Collector());
    assert.equal(server.connections, 1);
  });

  test('once closed ends everything, and takes nothing more', async () => {
    const server = await serve((stream) => stream.respond({ ':status': 200 }));
    const transport = connect(server.url);
    const seen = new Collector();
    const stream = failure(transport.stream(get('/'), seen));
    await seen.opened;
    const waiting = failure(connect(server.url).request(get('/')));
    transport.close();
    transport.close();
    assert.deepEqual([(await stream).kind, (await stream).sent], ['closed', true]);
    assert.deepEqual([(await failure(transport.request(get('/')))).kind], ['closed']);
    for (const close of closing.splice(0)) await close();
    assert.equal((await waiting).kind, 'closed');
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

class Collector implements StreamSink {
  text = '';
  status = 0;
  readonly #opened = Promise.withResolvers<void>();

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  onResponse(status: number): void {
    this.status = status;
    this.#opened.resolve();
  }

  onData(chunk: Uint8Array): void {
    this.text += Buffer.from(chunk).toString();
  }
}
