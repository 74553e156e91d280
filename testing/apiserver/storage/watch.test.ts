import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { ApiServer, type ApiServerOptions } from '../core.ts';
import { CoreClient, type OpenWatch } from '../core-client.ts';
import { child, text } from '../object.ts';

const attachments = '/apis/storage.k8s.io/v1/volumeattachments';

function setUp(options: Partial<ApiServerOptions> = {}): { clock: FakeClock; server: ApiServer; admin: CoreClient } {
  const clock = new FakeClock();
  const tokens = [{ token: 'admin', user: 'admin', groups: ['system:masters'] }];
  const server = new ApiServer({ clock, random: seededRandom(1), tokens, ...options });
  return { clock, server, admin: new CoreClient(server, 'admin') };
}

function createAttachment(admin: CoreClient, name: string, labels: Record<string, string> = {}): void {
  const spec = { attacher: 'a.csi', nodeName: 'n1', source: { persistentVolumeName: 'pv' } };
  assert.equal(admin.create(attachments, { metadata: { name, labels }, spec }).status, 201);
}

function seen({ events }: OpenWatch): string[] {
  return events.map(({ type, object }) => `${type} ${text(child(object, 'metadata'), 'name')}`.trimEnd());
}

describe('a watch', () => {
  it('sends a bookmark every minute, and one two seconds before its end', async () => {
    const { clock, admin } = setUp();
    const watch = admin.watch(`${attachments}?watch=1&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=130`);
    await clock.advance(60_000);
    createAttachment(admin, 'va1');
    await clock.advance(60_000);
    assert.deepEqual(seen(watch), ['BOOKMARK', 'ADDED va1', 'BOOKMARK']);
    const version = text(child(watch.events[1]?.object ?? {}, 'metadata'), 'resourceVersion');
    assert.equal(text(child(watch.events[2]?.object ?? {}, 'metadata'), 'resourceVersion'), version);
    await clock.advance(8_000);
    assert.equal(watch.events.length, 4);
    assert.equal(watch.hasEnded, false);
    await clock.advance(2_000);
    assert.equal(watch.hasEnded, true);
    assert.equal(clock.pendingTimers, 0);
  });

  it('from a version that the server does not have is told nothing, not even bookmarks, until it has', async () => {
    const { clock, server, admin } = setUp();
    createAttachment(admin, 'va1');
    const backup = server.backup();
    createAttachment(admin, 'va2');
    const later = server.store.revision;
    const before = admin.watch(`${attachments}?watch=1&resourceVersion=${later}&allowWatchBookmarks=true`);
    server.restore(backup);
    assert.equal(before.hasEnded, true);
    assert.equal(server.store.revision, later - 1);
    assert.equal(admin.get(`${attachments}/va2`).status, 404);
    const path = `${attachments}?watch=1&resourceVersion=${later}&allowWatchBookmarks=true&timeoutSeconds=200`;
    const watch = admin.watch(path);
    await clock.advance(60_000);
    createAttachment(admin, 'va3');
    assert.deepEqual(seen(watch), [], 'va3 has the version that va2 had');
    createAttachment(admin, 'va4');
    await clock.advance(60_000);
    assert.deepEqual(seen(watch), ['ADDED va4', 'BOOKMARK']);
    await clock.advance(80_000);
    assert.equal(watch.hasEnded, true);
  });

  it('lives for half an hour to an hour if it does not say how long', async () => {
    const { clock, admin } = setUp();
    const watch = admin.watch(`${attachments}?watch=1`);
    await clock.advance(1_799_000);
    assert.equal(watch.hasEnded, false);
    await clock.advance(1_802_000);
    assert.equal(watch.hasEnded, true);
  });

  it('shows an object that begins to match its selector as added, and one that no longer does as deleted', () => {
    const { admin } = setUp();
    createAttachment(admin, 'va1');
    const watch = admin.watch(`${attachments}?watch=1&labelSelector=mine`);
    createAttachment(admin, 'va2', { mine: 'yes' });
    admin.patch(`${attachments}/va1`, { metadata: { labels: { mine: 'yes' } } });
    admin.patch(`${attachments}/va1`, { metadata: { annotations: { a: 'b' } } });
    admin.patch(`${attachments}/va1`, { metadata: { labels: null } });
    admin.patch(`${attachments}/va1`, { metadata: { annotations: { a: 'c' } } });
    admin.delete(`${attachments}/va2`);
    assert.deepEqual(seen(watch), ['ADDED va2', 'ADDED va1', 'MODIFIED va1', 'DELETED va1', 'DELETED va2']);
  });

  it('sees only its namespace', () => {
    const { admin } = setUp();
    const watch = admin.watch('/api/v1/namespaces/default/secrets?watch=1');
    for (const namespace of ['default', 'kube-system']) {
      admin.create(`/api/v1/namespaces/${namespace}/secrets`, { metadata: { name: `in-${namespace}` } });
    }
    assert.deepEqual(seen(watch), ['ADDED in-default']);
  });

  it('ends cleanly, without an error, once its reader is too far behind', () => {
    const { server, admin } = setUp({ watchBuffer: 3 });
    const watch = admin.watch(`${attachments}?watch=1`);
    watch.isReading = false;
    // The first is on its way before the reader is known to be slow.
    for (let index = 0; index < 4; index++) createAttachment(admin, `va${index}`);
    assert.deepEqual([watch.hasEnded, server.watchCount], [false, 1]);
    createAttachment(admin, 'va4');
    assert.deepEqual([watch.hasEnded, server.watchCount], [true, 0]);
    assert.deepEqual(seen(watch), ['ADDED va0']);
  });

  it('goes on in order when its reader has caught up', () => {
    const { admin } = setUp({ watchBuffer: 3 });
    createAttachment(admin, 'va0');
    createAttachment(admin, 'va1');
    const watch = admin.watch(`${attachments}?watch=1`);
    watch.isReading = false;
    createAttachment(admin, 'va2');
    createAttachment(admin, 'va3');
    watch.isReading = true;
    watch.watch.resume();
    createAttachment(admin, 'va4');
    assert.deepEqual(seen(watch), ['ADDED va0', 'ADDED va1', 'ADDED va2', 'ADDED va3', 'ADDED va4']);
  });

  it('takes up where another ended, as long as the history reaches', () => {
    const { admin } = setUp({ historyLimit: 3 });
    for (let index = 0; index < 5; index++) createAttachment(admin, `va${index}`);
    const { items } = admin.get(attachments).body as { items: { metadata: { resourceVersion: string } }[] };
    const version = (index: number): string => items[index]?.metadata.resourceVersion ?? '';
    const watchFrom = (index: number): string[] =>
      seen(admin.watch(`${attachments}?watch=1&resourceVersion=${version(index)}`));
    assert.deepEqual(watchFrom(1), ['ADDED va2', 'ADDED va3', 'ADDED va4']);
    assert.deepEqual(watchFrom(0), ['ERROR']);
  });

  it('is told to start again after a restart of the server', () => {
    const { server, admin } = setUp();
    createAttachment(admin, 'va1');
    const watch = admin.watch(`${attachments}?watch=1`);
    server.restart();
    assert.equal(watch.hasEnded, true);
    const again = admin.watch(`${attachments}?watch=1&resourceVersion=1`);
    assert.deepEqual([again.events[0]?.type, again.events[0]?.object.code, again.hasEnded], ['ERROR', 410, true]);
  });

  it('leaves nothing behind when its reader goes', () => {
    const { clock, server, admin } = setUp();
    const watch = admin.watch(`${attachments}?watch=1&allowWatchBookmarks=true`);
    watch.watch.stop();
    assert.deepEqual([server.watchCount, clock.pendingTimers], [0, 0]);
    createAttachment(admin, 'va1');
    assert.deepEqual(watch.events, []);
  });
});

describe('an old server', () => {
  it('sends no bookmarks', async () => {
    const { clock, admin } = setUp({ features: { bookmarks: false } });
    const watch = admin.watch(`${attachments}?watch=1&allowWatchBookmarks=true&timeoutSeconds=120`);
    await clock.advance(120_000);
    assert.deepEqual([watch.events, watch.hasEnded], [[], true]);
  });

  it('refuses watch lists', () => {
    const { admin } = setUp({ features: { watchLists: false } });
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
    assert.equal(admin.get(`${attachments}?${query}`).status, 422);
  });

  it('drops the code of an error with a warning', () => {
    const { server, admin } = setUp({ features: { errorCode: false } });
    createAttachment(admin, 'va1');
    const attachError = { message: 'no', time: '2026-01-02T03:04:05Z', errorCode: 8 };
    const { body } = admin.patch(`${attachments}/va1/status`, { status: { attachError } });
    assert.deepEqual(child(child(body, 'status'), 'attachError'), { message: 'no', time: '2026-01-02T03:04:05Z' });
    assert.equal(server.features.errorCode, false);
  });

  it('answers JSON to those who would take it, and 406 to those who want only protobuf', () => {
    const { server } = setUp({ features: { protobuf: false } });
    const statusFor = (accept: string): number => {
      const headers = { accept, authorization: 'Bearer admin' };
      const answer = server.handle({ method: 'GET', path: attachments, headers });
      return answer.kind === 'done' ? answer.status : 0;
    };
    assert.equal(statusFor('application/vnd.kubernetes.protobuf,application/json'), 200);
    assert.equal(statusFor('application/vnd.kubernetes.protobuf'), 406);
  });

  it('has no leases and CSINodes of version 1', () => {
    const { admin } = setUp({ features: { leaseV1: false, csiNodeV1: false } });
    assert.equal(admin.get('/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x').status, 404);
    assert.equal(admin.get('/apis/storage.k8s.io/v1/csinodes').status, 404);
    assert.equal(admin.get(attachments).status, 200);
  });
});
