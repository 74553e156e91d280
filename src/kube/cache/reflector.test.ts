import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock, settle } from '../../../testing/support/fake-clock.ts';
import { type Answer, FakeTransport, json, refusal } from '../../../testing/support/fake-transport.ts';
import { seededRandom } from '../../../testing/support/seeded-random.ts';
import { type Logger, noLogger } from '../../base/log/logger.ts';
import type { VolumeAttachment } from '../api/objects.ts';
import { KubeClient } from '../client/client.ts';
import { type HttpRequest, TransportError } from '../client/transport.ts';
import { volumeAttachments } from '../codec/resources.ts';
import { Reflector } from './reflector.ts';

function attachment(name: string, resourceVersion: number, fields: { uid?: string; attacher?: string } = {}): object {
  const { uid = `uid-${name}`, attacher = 'a' } = fields;
  return { metadata: { name, uid, resourceVersion: String(resourceVersion) }, spec: { attacher, nodeName: 'n' } };
}

function page(resourceVersion: number, items: object[], continueToken?: string): Answer {
  return json(200, { metadata: { resourceVersion: String(resourceVersion), continue: continueToken }, items });
}

class World {
  readonly clock = new FakeClock();
  readonly transport = new FakeTransport((request) => this.answer(request));
  readonly diary: string[] = [];
  readonly logged: string[] = [];
  readonly reflector: Reflector<VolumeAttachment>;
  answers: Answer[] = [];
  /** What the server answers when it is asked how far it is, and how often it was. */
  newest: Answer = page(1_000_000, []);
  checks = 0;

  constructor(options: { keep?: (object: VolumeAttachment) => boolean; resyncMs?: number } = {}) {
    const { clock, transport } = this;
    const random = seededRandom(1);
    const logger: Logger = {
      ...noLogger,
      info: (message) => this.logged.push(message),
      warning: (message) => this.logged.push(message),
      error: (error, message) => this.logged.push(`${message}: ${String(error)}`),
      with: () => logger,
      named: () => logger,
    };
    const client = new KubeClient({ transport, clock, random, logger });
    this.reflector = new Reflector({ client, resource: volumeAttachments, clock, random, logger, ...options });
    this.reflector.store.subscribe({
      upserted: (now, old) => this.diary.push(`${old === undefined ? '+' : '~'}${now.name}@${now.resourceVersion}`),
      deleted: (gone) => this.diary.push(`-${gone.name}`),
      restored: () => this.diary.push('restored'),
    });
  }

  answer({ path }: HttpRequest): Answer {
    if (/\?limit=1$/.test(path)) {
      this.checks++;
      return this.newest;
    }
    return this.answers.shift() ?? new TransportError('refused', 'connect ECONNREFUSED', { sent: false });
  }

  async start(...answers: Answer[]): Promise<void> {
    this.answers = answers;
    this.reflector.start();
    await settle();
  }

  /** Queries of the requests so far, without what is the same for all. */
  get queries(): string[] {
    const paths = this.transport.requests.map(({ path }) => path).filter((path) => !/\?limit=1$/.test(path));
    return paths.map((path) =>
      path
        .replace(/^[^?]*\?/, '')
        .replace('&allowWatchBookmarks=true', '')
        .replace(/&timeoutSeconds=\d+/, ''),
    );
  }

  get store() {
    return this.reflector.store;
  }

  async stop(): Promise<void> {
    await this.reflector.stop();
    assert.equal(this.clock.pendingTimers, 0, 'timers are left');
    assert.ok(
      this.transport.streams.every((stream) => stream.ended),
      'streams are left',
    );
  }
}

describe('a reflector’s list', () => {
  test('comes in pages, and nobody sees the store before the last one', async () => {
    const world = new World();
    await world.start(page(5, [attachment('a', 1)], 't1'), page(5, [attachment('b', 2)], 't2'), 'never');
    assert.equal(world.store.size, 0);
    assert.equal(world.store.synced, false);
    await world.stop();
    assert.deepEqual(world.queries, ['limit=500', 'limit=500&continue=t1', 'limit=500&continue=t2']);
  });

  test('is followed by a watch from its version', async () => {
    const world = new World();
    await world.start(page(5, [attachment('a', 1)], 't1'), page(5, [attachment('b', 2)]));
    assert.deepEqual(world.diary, ['+a@1', '+b@2']);
    assert.deepEqual(world.queries.at(-1), 'watch=1&resourceVersion=5');
    assert.equal(world.reflector.inSync, true);
    await world.stop();
  });

  test('that breaks off goes on with the page that failed', async () => {
    const world = new World();
    const broken = new TransportError('broken', 'GOAWAY', { sent: true });
    await world.start(page(5, [attachment('a', 1)], 't1'), broken, page(5, [attachment('b', 2)]));
    await world.clock.advance(1_000);
    assert.deepEqual(world.queries.slice(0, 3), ['limit=500', 'limit=500&continue=t1', 'limit=500&continue=t1']);
    assert.equal(world.store.size, 2);
    await world.stop();
  });

  test('whose token expires begins again; the second time it asks for everything at once', async () => {
    const world = new World();
    const expired = refusal(410, 'Expired', 'too old');
    await world.start(page(5, [], 't1'), expired, page(9, [], 't2'), expired, page(12, [attachment('a', 1)]));
    await world.clock.advance(1_000);
    assert.deepEqual(world.queries, [
      'limit=500',
      'limit=500&continue=t1',
      'limit=500',
      'limit=500&continue=t2',
      'limit=0',
      'watch=1&resourceVersion=12',
    ]);
    await world.stop();
  });

  test('leaves out what is not wanted', async () => {
    const world = new World({ keep: ({ attacher }) => attacher === 'ours' });
    await world.start(page(5, [attachment('a', 1, { attacher: 'ours' }), attachment('b', 2)]));
    assert.deepEqual(world.diary, ['+a@1']);
    await world.stop();
  });

  test('waits as long as the server asks, and does not hammer one that refuses connections', async () => {
    const world = new World();
    await world.start();
    await world.clock.advance(3_600_000);
    assert.ok(world.transport.requests.length < 170, `${world.transport.requests.length} tries in an hour`);
    assert.ok(world.transport.requests.length > 100, `${world.transport.requests.length} tries in an hour`);
    const waiting = 'Waiting to list and watch volumeattachments: KubeError: connect ECONNREFUSED';
    assert.equal(world.logged[0], waiting);
    assert.equal(world.logged.length, 12, 'one line for each five minutes');
    world.answers = [page(5, [])];
    await world.clock.advance(30_000);
    assert.equal(world.logged.at(-1), 'No longer waiting to list and watch volumeattachments');
    await world.stop();
  });
});

describe('a reflector’s watch', () => {
  test('keeps the store up to date', async () => {
    const world = new World();
    await world.start(page(5, [attachment('a', 1)]));
    world.transport.lastStream
      .open()
      .event('ADDED', attachment('b', 6))
      .event('MODIFIED', attachment('a', 7))
      .event('DELETED', attachment('b', 8))
      .event('BOOKMARK', { metadata: { resourceVersion: '20' } });
    assert.deepEqual(world.diary, ['+a@1', '+b@6', '~a@7', '-b']);
    assert.equal(world.store.resourceVersion, '20');
    await world.stop();
  });

  test('that ends cleanly goes on from the last version seen, at once', async () => {
    const world = new World();
    await world.start(page(5, []));
    for (let version = 6; version < 20; version++) {
      world.transport.lastStream
        .open()
        .event('ADDED', attachment(`o${version}`, version))
        .end();
      await settle();
    }
    assert.equal(world.queries.at(-1), 'watch=1&resourceVersion=19');
    assert.equal(world.transport.streams.length, 15);
    assert.deepEqual(world.logged, []);
    await world.stop();
  });

  test('that ends at once without an event, again and again, is not asked for in a loop', async () => {
    const world = new World();
    await world.start(page(5, []));
    for (let seconds = 0; seconds < 60; seconds++) {
      if (!world.transport.lastStream.ended) world.transport.lastStream.open().end();
      await world.clock.advance(1_000);
    }
    assert.ok(world.transport.streams.length < 10);
    assert.equal(world.logged.length, 1);
    await world.stop();
  });

  test('tells an object that was created again between two events as deleted and new', async () => {
    const world = new World();
    await world.start(page(5, [attachment('a', 1)]));
    world.transport.lastStream.open().event('MODIFIED', attachment('a', 9, { uid: 'other' }));
    assert.deepEqual(world.diary, ['+a@1', '-a', '+a@9']);
    await world.stop();
  });

  test('tells an object that is no longer wanted as deleted', async () => {
    const world = new World({ keep: ({ attacher }) => attacher === 'ours' });
    await world.start(page(5, [attachment('a', 1, { attacher: 'ours' })]));
    world.transport.lastStream.open().event('MODIFIED', attachment('a', 9)).event('MODIFIED', attachment('b', 10));
    assert.deepEqual(world.diary, ['+a@1', '-a']);
    assert.equal(world.store.resourceVersion, '10');
    await world.stop();
  });

  test('from an expired version is followed by a list that is not older than the store', async () => {
    const world = new World();
    await world.start(page(5, [attachment('a', 1), attachment('b', 2)]));
    world.answers = [page(30, [attachment('b', 2), attachment('c', 29)])];
    world.transport.lastStream.open().event('ERROR', { code: 410, reason: 'Expired', message: 'too old' });
    await settle();
    assert.deepEqual(world.queries.slice(2), [
      'limit=500&resourceVersion=5&resourceVersionMatch=NotOlderThan',
      'watch=1&resourceVersion=30',
    ]);
    assert.deepEqual(world.diary, ['+a@1', '+b@2', '-a', '+c@29']);
    await world.stop();
  });

  test('that has been silent for its whole time makes the reflector ask whether the server still knows our version', async () => {
    const world = new World();
    await world.start(page(100, [attachment('a', 90)]));
    world.transport.lastStream.open();
    await world.clock.advance(290_000);
    world.newest = page(40, []);
    world.answers = [page(41, [attachment('b', 39)])];
    world.transport.lastStream.end();
    await settle();
    assert.equal(world.checks, 1);
    assert.deepEqual(world.diary, ['+a@90', 'restored', '-a', '+b@39']);
    assert.ok(world.logged.some((line) => line.startsWith('The API server has gone back')));
    assert.equal(world.queries.at(-1), 'watch=1&resourceVersion=41');
    await world.stop();
  });

  test('that breaks, or says how far the server is, or ends early, shows a server that has gone back at once', async () => {
    for (const how of ['breaks', 'bookmark', 'ends'] as const) {
      const world = new World();
      await world.start(page(100, [attachment('a', 90)]));
      const stream = world.transport.lastStream.open().event('MODIFIED', attachment('a', 101));
      world.newest = page(95, []);
      world.answers = [page(95, [attachment('a', 90)])];
      if (how === 'breaks') stream.break();
      else if (how === 'bookmark') stream.event('BOOKMARK', { metadata: { resourceVersion: '95' } });
      else stream.end();
      await world.clock.advance(300);
      assert.deepEqual(world.diary, ['+a@90', '~a@101', 'restored', '~a@90'], how);
      assert.equal(world.queries.at(-1), 'watch=1&resourceVersion=95');
      await world.stop();
    }
  });

  test('is listed anew when another collection has gone back, though its own version tells nothing', async () => {
    const world = new World();
    await world.start(page(100, [attachment('a', 90), attachment('b', 91)]));
    world.transport.lastStream.open();
    world.answers = [page(120, [attachment('a', 90)])];
    await world.reflector.distrust();
    assert.deepEqual(world.diary, ['+a@90', '+b@91', 'restored', '-b', '~a@90']);
    await settle();
    assert.equal(world.queries.at(-1), 'watch=1&resourceVersion=120');
    await world.stop();
  });

  test('is taken to have gone back if a newer list has an older version of an object', async () => {
    const world = new World();
    await world.start(page(100, [attachment('a', 90)]));
    world.answers = [page(120, [attachment('a', 80)])];
    world.transport.lastStream.open().event('ERROR', { code: 410, reason: 'Expired', message: 'too old' });
    await settle();
    assert.deepEqual(world.diary, ['+a@90', 'restored', '~a@80']);
    await world.stop();
  });

  test('never takes in a list that is older than the store while others may be newer', async () => {
    const world = new World();
    await world.start(page(100, [attachment('a', 90)]));
    world.answers = [page(50, []), page(101, [attachment('a', 90)])];
    world.transport.lastStream.open().event('ERROR', { code: 410, reason: 'Expired', message: 'too old' });
    await world.clock.advance(1_000);
    assert.deepEqual(world.diary, ['+a@90']);
    assert.equal(world.queries.at(-1), 'watch=1&resourceVersion=101');
    await world.stop();
  });

  test('that says nothing after its bookmarks is given up', async () => {
    const world = new World();
    await world.start(page(5, []));
    world.transport.lastStream.open().event('BOOKMARK', { metadata: { resourceVersion: '6' } });
    await world.clock.advance(240_000);
    assert.equal(world.transport.streams.length, 2);
    assert.equal(world.queries.at(-1), 'watch=1&resourceVersion=6');
    await world.stop();
  });

  test('that does not end when it should is given up', async () => {
    const world = new World();
    await world.start(page(5, []));
    const first = world.transport.lastStream.open();
    await world.clock.advance(300_000);
    assert.equal(first.ended, false);
    await world.clock.advance(345_000);
    assert.equal(first.ended, true);
    await world.stop();
  });

  test('that is never answered is given up', async () => {
    const world = new World();
    await world.start(page(5, []));
    await world.clock.advance(65_000);
    assert.equal(world.transport.streams.length, 2);
    await world.stop();
  });

  test('that RBAC refuses names the missing rule once, and is tried again', async () => {
    const world = new World();
    await world.start(page(5, []));
    for (let tries = 0; tries < 5; tries++) {
      world.transport.lastStream.open(403).data('{"kind":"Status","code":403,"message":"no"}').end();
      await world.clock.advance(30_000);
    }
    assert.deepEqual(world.logged, ['Waiting to list and watch volumeattachments: KubeError: no']);
    assert.equal(world.reflector.inSync, false);
    assert.ok(world.transport.streams.length >= 5);
    await world.stop();
  });

  test('that breaks goes on from the last version seen', async () => {
    const world = new World();
    await world.start(page(5, []));
    world.transport.lastStream.open().event('ADDED', attachment('a', 7)).break();
    await world.clock.advance(300);
    assert.equal(world.queries.at(-1), 'watch=1&resourceVersion=7');
    assert.deepEqual(world.logged, []);
    await world.stop();
  });

  test('that breaks again before it has worked is tried less and less often, and that is logged once', async () => {
    const world = new World();
    await world.start(page(5, []));
    for (let seconds = 0; seconds < 60; seconds++) {
      if (!world.transport.lastStream.ended) world.transport.lastStream.break();
      await world.clock.advance(1_000);
    }
    assert.ok(world.transport.streams.length < 10, `${world.transport.streams.length} tries in a minute`);
    assert.equal(world.logged.length, 1);
    assert.equal(world.reflector.inSync, false);
    world.transport.lastStream.open().event('BOOKMARK', { metadata: { resourceVersion: '8' } });
    assert.equal(world.reflector.inSync, true);
    await world.stop();
  });
});

describe('a reflector', () => {
  test('with a resync tells all objects again, periodically', async () => {
    const world = new World({ resyncMs: 60_000 });
    await world.start(page(5, [attachment('a', 1)]));
    world.transport.lastStream.open();
    await world.clock.advance(135_000);
    assert.deepEqual(world.diary, ['+a@1', '~a@1', '~a@1']);
    await world.stop();
  });

  test('that is stopped while it waits leaves nothing behind', async () => {
    const world = new World({ resyncMs: 1_000 });
    await world.start();
    await world.stop();
  });
});
