import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ObjectMeta } from '../api/objects.ts';
import { ObjectStore } from './object-store.ts';

function object(name: string, resourceVersion: string, uid = `uid-${name}`): ObjectMeta {
  return { name, uid, resourceVersion, creationMs: 0, finalizers: [] };
}

/** Writes down what a store tells, and checks that the store is as it tells. */
function diaryOf(store: ObjectStore<ObjectMeta>): string[] {
  const diary: string[] = [];
  store.subscribe({
    upserted: (now, old) => {
      assert.equal(store.get(now.name), now);
      diary.push(`+${now.name}@${now.resourceVersion}${old === undefined ? '' : ` was @${old.resourceVersion}`}`);
    },
    deleted: (gone) => {
      assert.notEqual(store.get(gone.name)?.uid, gone.uid);
      diary.push(`-${gone.name}@${gone.resourceVersion}`);
    },
  });
  return diary;
}

describe('a store', () => {
  test('tells what is new and what has changed', () => {
    const store = new ObjectStore();
    const diary = diaryOf(store);
    store.upsert(object('a', '1'));
    store.upsert(object('a', '2'));
    assert.deepEqual(diary, ['+a@1', '+a@2 was @1']);
    assert.equal(store.resourceVersion, '2');
  });

  test('takes nothing from a watch that tells once more what has passed: the name may be another object’s since', () => {
    const store = new ObjectStore();
    store.upsert(object('a', '10', 'first'));
    store.remove('a', object('a', '12', 'first'), '12');
    store.upsert(object('a', '13', 'second'));
    const diary = diaryOf(store);
    store.upsert(object('a', '10', 'first'));
    store.remove('a', object('a', '12', 'first'), '12');
    store.remove('a', undefined, '12');
    store.upsert(object('b', '11'));
    assert.deepEqual(diary, []);
    assert.equal(store.get('a')?.uid, 'second');
    store.remove('a', object('a', '13', 'second'), '13');
    assert.deepEqual(diary, ['-a@13'], 'the end of the very object that is there is believed in any version');
  });

  test('never takes an object back to an older version of itself', () => {
    const store = new ObjectStore();
    store.upsert(object('a', '10'));
    const diary = diaryOf(store);
    store.upsert(object('a', '9'));
    store.upsert(object('a', '10'));
    assert.deepEqual(diary, []);
    assert.equal(store.get('a')?.resourceVersion, '10');
    assert.equal(store.resourceVersion, '10');
  });

  test('tells an object that was created again as deleted, then new', () => {
    const store = new ObjectStore();
    store.upsert(object('a', '1', 'first'));
    const diary = diaryOf(store);
    store.upsert(object('a', '5', 'second'));
    assert.deepEqual(diary, ['-a@1', '+a@5']);
  });

  test('tells a deletion with the last state that the server sent', () => {
    const store = new ObjectStore();
    store.upsert(object('a', '1'));
    const diary = diaryOf(store);
    store.remove('a', object('a', '3'), '3');
    store.remove('a', object('a', '3'), '3');
    assert.deepEqual(diary, ['-a@3']);
    assert.equal(store.size, 0);
  });

  test('swaps in a list whole: new, changed and vanished are told after it, the rest is not', () => {
    const store = new ObjectStore();
    store.replace([object('a', '1'), object('b', '2'), object('c', '3')], '3');
    const kept = store.get('a');
    const diary: string[] = [];
    store.subscribe({
      upserted: (now) => diary.push(`+${now.name} of ${store.size}`),
      deleted: (gone) => diary.push(`-${gone.name} of ${store.size}`),
    });
    store.replace([object('a', '1'), object('b', '7'), object('d', '6')], '9');
    assert.deepEqual(diary, ['-c of 3', '+b of 3', '+d of 3']);
    assert.equal(store.get('a'), kept);
    assert.equal(store.resourceVersion, '9');
  });

  test('is synced from the first list on', async () => {
    const store = new ObjectStore();
    assert.equal(store.synced, false);
    const synced = store.whenSynced();
    store.replace([], '1');
    await synced;
    await store.whenSynced();
    assert.equal(store.synced, true);
  });

  test('tells everything again on a resync', () => {
    const store = new ObjectStore();
    store.replace([object('a', '1'), object('b', '2')], '3');
    const diary = diaryOf(store);
    store.resync();
    assert.deepEqual(diary, ['+a@1 was @1', '+b@2 was @2']);
  });

  test('does not call a subscriber that has unsubscribed', () => {
    const store = new ObjectStore();
    const diary: string[] = [];
    const end = store.subscribe({ upserted: (now) => diary.push(now.name), deleted: () => {} });
    store.upsert(object('a', '1'));
    end();
    store.upsert(object('b', '2'));
    assert.deepEqual(diary, ['a']);
  });
});
