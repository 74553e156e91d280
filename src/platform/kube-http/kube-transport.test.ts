import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { Collector, failure, get } from '../../../testing/support/wire/http2-client.ts';
import { TestHttp2Server, testCertificate } from '../../../testing/support/wire/http2-server.ts';
import { startConnectProxy, startSocksProxy } from '../../../testing/support/wire/proxies.ts';
import type { Endpoint } from '../../kube/access/access.ts';
import { systemClock } from '../clock.ts';
import type { HttpChoice } from '../platform.ts';
import { KubeTransport } from './kube-transport.ts';

interface Front {
  readonly url: URL;
  readonly sockets: Socket[];
}

/** A server of HTTP/1.1. `kind`: over TLS with ALPN, over TLS without it, or without TLS. */
async function serve(
  context: TestContext,
  handler: RequestListener,
  kind: 'alpn' | 'no-alpn' | 'plain' = 'alpn',
): Promise<Front> {
  const { keyPem: key, certPem: cert } = testCertificate();
  const http = kind === 'plain' ? createServer(handler) : createSecureServer({ key, cert }, handler);
  const listener = kind === 'no-alpn' ? withoutAlpn(handler) : http;
  const sockets: Socket[] = [];
  listener.on(kind === 'plain' ? 'connection' : 'secureConnection', (socket: Socket) => sockets.push(socket));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  context.after(async () => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    await once(listener, 'close');
  });
  const { port } = listener.address() as AddressInfo;
  return { url: new URL(`${kind === 'plain' ? 'http' : 'https'}://127.0.0.1:${port}`), sockets };
}

/** Node's HTTPS server always has ALPN; load balancers need not. */
function withoutAlpn(handler: RequestListener): Server {
  const { keyPem: key, certPem: cert } = testCertificate();
  const http = createServer(handler);
  return createTlsServer({ key, cert }, (socket: TLSSocket) => http.emit('connection', socket)) as unknown as Server;
}

interface Connected {
  readonly transport: KubeTransport;
  readonly endpoint: Endpoint;
  readonly spoken: string[];
  /** The access says that connections are to be made with this. */
  change(endpoint: Endpoint): void;
}

function connect(
  context: TestContext,
  server: URL,
  http: HttpChoice = 'auto',
  more: Partial<Endpoint> = {},
): Connected {
  let endpoint: Endpoint = { server, tls: { ca: testCertificate().caPem }, ...more };
  const listeners: (() => void)[] = [];
  const spoken: string[] = [];
  const transport = new KubeTransport({
    access: { endpoint: async () => endpoint, onChange: (listener) => void listeners.push(listener) },
    ...{ clock: systemClock, http, onConnect: (version) => void spoken.push(version) },
  });
  context.after(() => transport.close());
  const change = (next: Endpoint): void => {
    endpoint = next;
    for (const listener of listeners) listener();
  };
  return { transport, endpoint, spoken, change };
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  response.setHeader('x-path', `${request.headers.host} ${request.url}`);
  response.end(`${request.method} ${Buffer.concat(chunks)}`);
}

const text = (body: Uint8Array): string => Buffer.from(body).toString();

describe('a server without HTTP/2', () => {
  for (const kind of ['alpn', 'no-alpn', 'plain'] as const) {
    test(`is spoken to in HTTP/1.1 (${kind})`, async (context) => {
      const server = await serve(context, echo, kind);
      const { transport, spoken } = connect(context, new URL('/below/', server.url));
      const answer = await transport.request({
        ...{ method: 'PATCH', path: '/a?b=c', headers: { 'content-type': 'x/y' } },
        body: Buffer.from('hello'),
      });
      assert.deepEqual([answer.status, text(answer.body)], [200, 'PATCH hello']);
      assert.equal(answer.headers['x-path'], `${server.url.host} /below/a?b=c`);
      for (let more = 0; more < 5; more++) await transport.request(get('/'));
      assert.deepEqual(spoken, ['1.1'], 'one connection is enough for requests that come one after the other');
    });
  }

  test('is an error that says so if HTTP/2 is demanded', async (context) => {
    for (const kind of ['alpn', 'no-alpn'] as const) {
      const server = await serve(context, echo, kind);
      const error = await failure(connect(context, server.url, '2').transport.request(get('/')));
      assert.deepEqual([error.kind, error.sent], ['refused', false]);
      assert.match(error.message, /does not speak HTTP\/2, which --kube-http=2 demands$/);
    }
  });

  test('is asked for HTTP/2 again when it does not answer any more', async (context) => {
    const first = await serve(context, echo);
    const { transport, spoken, change, endpoint } = connect(context, first.url);
    await transport.request(get('/'));
    const second = await TestHttp2Server.start((stream) => {
      stream.respond({ ':status': 204 });
      stream.end();
    });
    context.after(() => second.close());
    change({ ...endpoint, server: second.url });
    assert.equal((await transport.request(get('/'))).status, 204);
    assert.deepEqual(spoken, ['1.1', '2']);
  });
});

test('a server with HTTP/2 is spoken to in HTTP/1.1 if that is demanded', async (context) => {
  const server = await serve(context, echo);
  const { transport, spoken } = connect(context, server.url, '1.1');
  assert.equal(text((await transport.request(get('/'))).body), 'GET ');
  assert.deepEqual(spoken, ['1.1']);
});

describe('a request over HTTP/1.1', () => {
  test('may have been done if the connection breaks before its answer', async (context) => {
    const server = await serve(context, (request) => void request.socket.destroy());
    const patch = { ...get('/'), method: 'PATCH' as const };
    const error = await failure(connect(context, server.url, '1.1').transport.request(patch));
    assert.deepEqual([error.kind, error.sent], ['broken', true]);
  });

  test('cut short in its answer is broken, not complete', async (context) => {
    const server = await serve(context, (request, response) => {
      response.setHeader('content-length', '100');
      response.write('half', () => request.socket.destroy());
    });
    const error = await failure(connect(context, server.url, '1.1').transport.request(get('/')));
    assert.deepEqual([error.kind, error.sent], ['broken', true]);
  });

  test('is refused, and was not sent, if there is no connection', async (context) => {
    const { transport } = connect(context, new URL('https://127.0.0.1:1'), '1.1');
    const error = await failure(transport.request(get('/')));
    assert.deepEqual([error.kind, error.sent], ['refused', false]);
    assert.match(error.message, /^cannot connect to https:\/\/127.0.0.1:1: connect ECONNREFUSED/);
  });

  test('ends when its signal aborts; before it is sent it was not', async (context) => {
    const arrived = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const server = await serve(context, (_request, response) => {
      response.on('close', () => gone.resolve());
      arrived.resolve();
    });
    const { transport } = connect(context, server.url, '1.1');
    const controller = new AbortController();
    const early = failure(transport.request(get('/', { signal: AbortSignal.abort() })));
    assert.deepEqual([(await early).kind, (await early).sent], ['aborted', false]);
    const running = failure(transport.request(get('/', { signal: controller.signal })));
    await arrived.promise;
    controller.abort();
    assert.deepEqual([(await running).kind, (await running).sent], ['aborted', true]);
    await gone.promise;
  });

  test('is asked whether it is wanted right before it goes onto the wire, also in line', async (context) => {
    const held: ServerResponse[] = [];
    const seen: string[] = [];
    const server = await serve(context, (request, response) => {
      seen.push(request.url ?? '');
      held.push(response);
    });
    const { transport } = connect(context, server.url, '1.1');
    let wanted = true;
    const all = Array.from({ length: 200 }, (_, at) =>
      transport.request(get(`/${at}`, { wanted: () => wanted })).then(
        () => 'done',
        (error) => `${error.kind} ${error.sent}`,
      ),
    );
    while (held.length < 64) await new Promise((resolve) => setImmediate(resolve));
    wanted = false;
    for (const response of held.splice(0)) response.end();
    const results = await Promise.all(all);
    assert.equal(results.filter((result) => result === 'done').length, 64);
    assert.equal(results.filter((result) => result === 'aborted false').length, 136);
    assert.equal(seen.length, 64);
    assert.ok(server.sockets.length <= 65, `${server.sockets.length} connections`);
  });

  test('finds a connection that was closed while nobody used it', async (context) => {
    const server = await serve(context, echo);
    const { transport } = connect(context, server.url, '1.1');
    await transport.request(get('/'));
    for (const socket of server.sockets) socket.destroy();
    assert.equal((await transport.request(get('/'))).status, 200);
  });
});

describe('a watch over HTTP/1.1', () => {
  test('has a connection of its own, brings chunks as they come, and resolves at its clean end', async (context) => {
    let end = (): void => {};
    const server = await serve(context, (request, response) => {
      if (request.url !== '/watch') return void echo(request, response);
      response.write('one ');
      end = () => response.end('two');
    });
    const { transport } = connect(context, server.url, '1.1');
    const seen = new Collector();
    const watch = transport.stream(get('/watch'), seen);
    await seen.opened;
    await transport.request(get('/'));
    assert.equal(server.sockets.length, 2);
    end();
    await watch;
    assert.equal(seen.text, 'one two');
  });

  test('is opened again when a request has waited in vain and it has not heard anything since', async (context) => {
    const server = await serve(context, (request, response) => {
      if (request.url === '/watch') response.write('one');
    });
    const { transport } = connect(context, server.url, '1.1');
    const seen = new Collector();
    const watch = failure(transport.stream(get('/watch'), seen));
    await seen.opened;
    const controller = new AbortController();
    const request = failure(transport.request(get('/', { signal: controller.signal })));
    while (server.sockets.length < 2) await new Promise((resolve) => setImmediate(resolve));
    setTimeout(() => controller.abort(), 20);
    assert.equal((await request).kind, 'aborted');
    assert.deepEqual([(await watch).kind, (await watch).sent], ['broken', true]);
  });

  test('ends when what connections are made with has changed, while requests end well', async (context) => {
    const held: ServerResponse[] = [];
    const server = await serve(context, (request, response) => {
      if (request.url === '/watch') response.write('one');
      else held.push(response);
    });
    const { transport, change, endpoint } = connect(context, server.url, '1.1');
    const seen = new Collector();
    const watch = failure(transport.stream(get('/watch'), seen));
    await seen.opened;
    const before = transport.request(get('/before'));
    while (held.length < 1) await new Promise((resolve) => setImmediate(resolve));
    change(endpoint);
    assert.equal((await watch).kind, 'broken');
    const after = transport.request(get('/after'));
    while (held.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const response of held) response.end();
    assert.deepEqual([(await before).status, (await after).status], [200, 200]);
    assert.equal(server.sockets.length, 3);
  });
});

describe('a proxy', () => {
  const name = new URL('https://localhost.example:6443');

  test('of the kubeconfig is asked for each connection, with HTTP/2 behind it', async (context) => {
    const server = await TestHttp2Server.start((stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.end(String(headers[':authority']));
    });
    context.after(() => server.close());
    const proxy = await startConnectProxy({ to: Number(server.url.port) });
    context.after(() => proxy.close());
    proxy.url.username = 'me';
    proxy.url.password = 'p%20w';
    const tls = { ca: testCertificate().caPem, serverName: 'localhost' };
    const { transport, spoken } = connect(context, name, 'auto', { proxy: proxy.url, tls });
    for (let requests = 0; requests < 3; requests++) {
      assert.equal(text((await transport.request(get('/'))).body), 'localhost.example:6443');
    }
    assert.deepEqual([spoken, proxy.asked], [['2'], ['localhost.example:6443']]);
    assert.deepEqual(proxy.authorizations, [`Basic ${Buffer.from('me:p w').toString('base64')}`]);
  });

  test('may speak SOCKS5, and lead to HTTP/1.1', async (context) => {
    const server = await serve(context, echo);
    const proxy = await startSocksProxy({ to: Number(server.url.port) });
    context.after(() => proxy.close());
    const tls = { ca: testCertificate().caPem, serverName: 'localhost' };
    const { transport, spoken } = connect(context, name, '1.1', { proxy: proxy.url, tls });
    assert.equal((await transport.request(get('/'))).status, 200);
    assert.deepEqual([spoken, proxy.asked], [['1.1'], ['localhost.example:6443']]);
  });

  test('that refuses is why there is no connection', async (context) => {
    const proxy = await startConnectProxy({ refuseWith: 407 });
    context.after(() => proxy.close());
    const { transport } = connect(context, name, 'auto', { proxy: proxy.url });
    const error = await failure(transport.request(get('/')));
    assert.deepEqual([error.kind, error.sent], ['refused', false]);
    assert.match(error.message, /the proxy 127.0.0.1:\d+ refuses: 407 Refused$/);
  });
});
