import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HttpRequest, TransportError } from '../../src/kube/client/transport.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { ApiServer } from './core.ts';
import { type Fault, MemoryTransport } from './memory.ts';

const namespaces = '/api/v1/namespaces';

interface Scene {
  clock: FakeClock;
  server: ApiServer;
  transport: MemoryTransport;
  ask(method: HttpRequest['method'], path: string, body?: object): HttpRequest;
}

function setUp(intercept?: (request: HttpRequest) => Fault | undefined): Scene {
  const clock = new FakeClock();
  const tokens = [{ token: 'admin', user: 'admin', groups: ['system:masters'] }];
  const server = new ApiServer({ clock, random: seededRandom(1), tokens });
  const headers = { authorization: 'Bearer admin', 'content-type': 'application/json' };
  return {
    clock,
    server,
    transport: new MemoryTransport({ server, clock, intercept }),
    ask: (method, path, body) => ({
      method,
      path,
      headers,
      body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
    }),
  };
}

/** Reads a stream; `outcome` is how it ended, once it has. */
function read(transport: MemoryTransport, request: HttpRequest) {
  const state: { status: number; chunks: string[]; outcome: string | undefined } = {
    status: 0,
    chunks: [],
    outcome: undefined,
  };
  const sink = {
    onResponse: (status: number) => {
      state.status = status;
    },
    onData: (chunk: Uint8Array) => void state.chunks.push(Buffer.from(chunk).toString()),
  };
  transport.stream(request, sink).then(
    () => {
      state.outcome = 'ended';
    },
    (error: TransportError) => {
      state.outcome = error.kind;
    },
  );
  return state;
}

function isTransportError(kind: TransportError['kind'], sent: boolean) {
  return (error: unknown) => error instanceof TransportError && error.kind === kind && error.sent === sent;
}

describe('the transport without network', () => {
  it('answers requests', async () => {
    const { transport, ask } = setUp();
    const answer = await transport.request(ask('GET', `${namespaces}/default`));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json');
  });

  it('delivers a watch after the write that caused it, not within', async () => {
    const { transport, server, ask } = setUp();
    const watch = read(transport, ask('GET', `${namespaces}?watch=1&resourceVersion=5`));
    await settle();
    const before = watch.chunks.length;
    server.handle({ ...ask('POST', namespaces, { metadata: { name: 'n' } }) });
    assert.equal(watch.chunks.length, before);
    await settle();
    assert.equal(watch.chunks.length, before + 1);
    transport.close();
    await settle();
    assert.deepEqual([watch.outcome, server.watchCount], ['closed', 0]);
  });

  it('ends what is aborted', async () => {
    const { transport, server, clock, ask } = setUp();
    const controller = new AbortController();
    const watch = read(transport, { ...ask('GET', `${namespaces}?watch=1`), signal: controller.signal });
    await settle();
    controller.abort();
    await settle();
    assert.deepEqual([watch.outcome, server.watchCount, clock.pendingTimers], ['aborted', 0, 0]);
  });

  it('refuses everything once it is closed, and works again after a break', async () => {
    const { transport, ask } = setUp();
    transport.breakConnection();
    assert.equal((await transport.request(ask('GET', namespaces))).status, 200);
    transport.close();
    await assert.rejects(transport.request(ask('GET', namespaces)), isTransportError('closed', false));
  });
});

describe('a fault', () => {
  it('can keep a request from arriving', async () => {
    const { transport, server, ask } = setUp(() => ({ refuse: { kind: 'refused' } }));
    const revision = server.store.revision;
    const create = ask('POST', namespaces, { metadata: { name: 'n' } });
    await assert.rejects(transport.request(create), isTransportError('refused', false));
    assert.equal(server.store.revision, revision);
  });

  it('can lose the answer of what was done', async () => {
    const { transport, server, ask } = setUp(() => ({ loseAnswer: true }));
    const revision = server.store.revision;
    const create = ask('POST', namespaces, { metadata: { name: 'n' } });
    await assert.rejects(transport.request(create), isTransportError('broken', true));
    assert.equal(server.store.revision, revision + 1);
  });

  it('can answer in the server’s place', async () => {
    const answer = { status: 429, headers: { 'retry-after': '1' }, body: new Uint8Array() };
    const { transport, ask } = setUp(() => ({ answer }));
    assert.deepEqual(await transport.request(ask('GET', namespaces)), answer);
  });

  it('can make both ways slow', async () => {
    const { transport, server, clock, ask } = setUp(() => ({ delayMs: 100, answerDelayMs: 50 }));
    let isAnswered = false;
    const revision = server.store.revision;
    const answering = transport.request(ask('POST', namespaces, { metadata: { name: 'n' } })).then(() => {
      isAnswered = true;
    });
    await clock.advance(99);
    assert.equal(server.store.revision, revision);
    await clock.advance(1);
    assert.deepEqual([server.store.revision, isAnswered], [revision + 1, false]);
    await clock.advance(50);
    assert.equal(isAnswered, true);
    await answering;
  });

  it('can end a stream, cleanly or not', async () => {
    for (const broken of [false, true]) {
      const { transport, server, ask } = setUp(() => ({ endAfterChunks: { chunks: 2, broken } }));
      const watch = read(transport, ask('GET', `${namespaces}?watch=1`));
      await settle();
      assert.deepEqual([watch.chunks.length, watch.outcome, server.watchCount], [2, broken ? 'broken' : 'ended', 0]);
    }
  });
});
