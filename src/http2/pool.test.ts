import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
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
import { Relay } from '../../testing/support/wire/relay.ts';

afterEach(closeAll);

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

  test('that is going away serves the requests it has, and a new one takes the rest', async () => {
    const held: ServerHttp2Stream[] = [];
    const told = Promise.withResolvers<void>();
    const server = await serve((stream, headers) => {
      if (headers[':path'] !== '/slow') return echo(stream, headers);
      held.push(stream);
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
      // What comes back shows that the client has seen what went before.
      stream.session?.ping(() => told.resolve());
      stream.respond({ ':status': 200 });
    });
    const transport = connect(server.url);
    const slow = transport.request(get('/slow'));
    await told.promise;
    assert.equal((await transport.request(get('/'))).status, 200);
    assert.equal(server.connections, 2);
    held[0]?.end('last words');
    assert.equal(Buffer.from((await slow).body).toString(), 'last words');
  });

  test('that is going away ends its streams, since they would wait in vain', async () => {
    const server = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
    });
    const error = await failure(connect(server.url).stream(get('/'), new Collector()));
    assert.deepEqual([error.kind, error.sent, error.message], ['broken', true, 'the server closes the connection']);
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
    const relay = await Relay.start({ to: server.port });
    closing.unshift(() => relay.close());
    const transport = connect(new URL(`https://127.0.0.1:${relay.port}`), { pingIntervalMs: 20, pingTimeoutMs: 100 });
    const seen = new Collector();
    const stream = failure(transport.stream(get('/'), seen));
    await seen.opened;
    relay.freeze();
    const error = await stream;
    assert.equal(error.kind, 'broken');
    assert.match(error.message, /does not answer a PING/);
  });

  test('is asked for a sign of life when a request was given up unanswered', async () => {
    const server = await serve(() => {});
    const relay = await Relay.start({ to: server.port });
    closing.unshift(() => relay.close());
    const transport = connect(new URL(`https://127.0.0.1:${relay.port}`), { suspicionTimeoutMs: 50 });
    const arrived = once(server, 'stream');
    const other = failure(transport.request(get('/other')));
    await arrived;
    relay.freeze();
    const controller = new AbortController();
    const given = failure(transport.request(get('/', { signal: controller.signal })));
    const startMs = performance.now();
    controller.abort();
    assert.equal((await given).kind, 'aborted');
    assert.match((await other).message, /does not answer a PING/);
    // The PING that is sent without any suspicion would find it, too: after half a minute.
    assert.ok(performance.now() - startMs < 15_000, `${performance.now() - startMs} ms`);
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
