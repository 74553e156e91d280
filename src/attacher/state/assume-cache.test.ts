import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentObject } from '../../../testing/support/attacher/attachment-states.ts';
import { AssumeCache, isOrphanKey } from './assume-cache.ts';

const at = (resourceVersion: string, changes = {}) => attachmentObject({ resourceVersion, ...changes });

test('of two versions the later one is known, and what the server itself says', () => {
  const cache = new AssumeCache();
  const record = cache.watched(at('10'));
  cache.watched(at('9'));
  assert.equal(record.newest.resourceVersion, '10');
  cache.watched(at('11'));
  assert.equal(record.newest.resourceVersion, '11');
  cache.read(at('5'), record.newest);
  assert.equal(record.newest.resourceVersion, '5', 'the server has gone back');
  cache.read(at('4'), at('11'));
  assert.equal(record.newest.resourceVersion, '5', 'an answer that was overtaken by a watch');
});

test('another UID is another attachment, of which nothing is known yet', () => {
  const cache = new AssumeCache();
  const former = cache.watched(at('10', { persistentVolumeName: 'pv' }));
  former.apply({ type: 'publish-sent' });
  const next = cache.watched(at('20', { uid: 'next', persistentVolumeName: 'pv' }));
  assert.notEqual(next, former);
  assert.equal(next.state.is, 'untouched');
  assert.deepEqual([...cache.ofVolume('pv')], [next]);
  cache.forget('va');
  assert.deepEqual([...cache.ofVolume('pv')], []);
});

test('of what is known here and what the store shows, the newer counts; of what is gone, what the store shows', () => {
  const cache = new AssumeCache();
  assert.equal(cache.newest('va', at('3'))?.resourceVersion, '3');
  cache.watched(at('10'));
  assert.equal(cache.newest('va', at('9'))?.resourceVersion, '10');
  assert.equal(cache.newest('va', at('11'))?.resourceVersion, '11');
  assert.equal(cache.newest('va', undefined)?.resourceVersion, '10');
  cache.get('va')?.apply({ type: 'vanished' });
  assert.equal(cache.newest('va', undefined), undefined);
});

test('orphans have keys of their own, and are known by name until they are served', () => {
  const cache = new AssumeCache();
  const [first, second] = [at('1', { uid: 'a' }), at('2', { uid: 'b' })];
  const keys = [cache.addOrphan(first), cache.addOrphan(second)];
  assert.equal(new Set(keys).size, 2);
  assert.ok(keys.every(isOrphanKey));
  assert.ok(!isOrphanKey('va'));
  cache.removeOrphan(first);
  assert.equal(cache.orphan(keys[0] ?? ''), undefined);
  assert.equal(cache.hasOrphans('va'), true);
  cache.removeOrphan(second);
  assert.equal(cache.hasOrphans('va'), false);
});

test('when the server has gone back nothing is known any more, and what may be published is named', () => {
  const cache = new AssumeCache();
  const published = cache.watched(at('10', { name: 'published', uid: 'p' }));
  published.apply({ type: 'publish-sent' });
  cache.watched(at('11', { name: 'untouched', uid: 'u' }));
  const key = cache.addOrphan(at('1', { name: 'orphan', uid: 'o' }));
  assert.deepEqual(
    cache.reset().map(({ name }) => name),
    ['orphan', 'published'],
  );
  assert.equal(cache.get('published'), undefined);
  assert.equal(cache.orphan(key), undefined);
  assert.equal(published.isGone, true, 'a run that is under way ends at its next write');
  assert.equal(published.mayBePublished, false, 'and makes no orphan');
});
