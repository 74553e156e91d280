import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpRequest, HttpResponse, HttpTransport, StreamSink } from '../../src/kube/client/transport.ts';
import { staticToken } from '../../testing/support/fake-transport.ts';
import { Api, type KubeObject } from './api.ts';
import { Watch } from './watch.ts';

interface Stream {
  request: HttpRequest;
  sink: StreamSink;
  end(): void;
}

/** A server that lists what it is told, and whose watches the test writes by hand. */
class FakeServer implements HttpTransport {
  list: { metadata: { resourceVersion: string }; items: KubeObject[] } = {
    metadata: { resourceVersion: '5' },
    items: [],
  };
  readonly paths: string[] = [];
  #arrived = Promise.withResolvers<Stream>();

  async request({ path }: HttpRequest): Promise<HttpResponse> {
    this.paths.push(path);
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(this.list)) };
  }

  stream(request: HttpRequest, sink: StreamSink): Promise<void> {
    this.paths.push(request.path);
    return new Promise((resolve, reject) => {
      request.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      this.#arrived.resolve({ request, sink, end: resolve });
    });
  }

  close(): void {}

  /** The next watch that is opened. */
  async nextStream(): Promise<Stream> {
    const stream = await this.#arrived.promise;
    this.#arrived = Promise.withResolvers();
    return stream;
  }
}

const object = (name: string, resourceVersion: string): KubeObject => ({ metadata: { name, resourceVersion } });
const event = (type: string, of: unknown): Uint8Array => Buffer.from(`${JSON.stringify({ type, object: of })}\n`);

async function watching(server: FakeServer, use: (seen: string[]) => Promise<void>): Promise<void> {
  const seen: string[] = [];
  const watch = await Watch.start({
    api: new Api(server, staticToken('t')),
    path: '/things',
    onChange: ({ metadata }, deleted) => seen.push(`${deleted ? '-' : '+'}${metadata.name}`),
  });
  try {
    await use(seen);
  } finally {
    await watch.stop();
  }
}

test('what is there comes first, then every change, however its bytes are cut', async () => {
  const server = new FakeServer();
  server.list.items = [object('a', '4')];
  await watching(server, async (seen) => {
    const { sink } = await server.nextStream();
    sink.onResponse(200, {});
    const bytes = Buffer.concat([event('ADDED', object('ö', '6')), event('DELETED', object('a', '7'))]);
    for (const byte of bytes) sink.onData(Buffer.from([byte]));
    assert.deepEqual(seen, ['+a', '+ö', '-a']);
  });
});

test('a watch that ends is opened again from the last version, a bookmark’s too', async () => {
  const server = new FakeServer();
  await watching(server, async () => {
    const first = await server.nextStream();
    first.sink.onResponse(200, {});
    first.sink.onData(event('BOOKMARK', object('', '9')));
    first.end();
    const second = await server.nextStream();
    assert.match(second.request.path, /resourceVersion=9$/);
    assert.equal(server.paths.filter((path) => path === '/things').length, 1);
  });
});

test('lost history is made up for by a list: what has vanished is handed over as deleted', async () => {
  const server = new FakeServer();
  server.list.items = [object('a', '4'), object('b', '5')];
  await watching(server, async (seen) => {
    const first = await server.nextStream();
    first.sink.onResponse(200, {});
    server.list = { metadata: { resourceVersion: '50' }, items: [object('b', '5')] };
    first.sink.onData(event('ERROR', { code: 410, message: 'too old' }));
    first.end();
    const second = await server.nextStream();
    assert.deepEqual(seen, ['+a', '+b', '-a', '+b']);
    assert.match(second.request.path, /resourceVersion=50$/);
  });
});
