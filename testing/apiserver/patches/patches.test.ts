import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '../errors.ts';
import { messageNamed } from '../schema/message.ts';
import { jsonPatch } from './json.ts';
import { mergePatch } from './merge.ts';
import { strategicMergePatch } from './strategic.ts';

describe('a merge patch', () => {
  it('merges objects, removes what is null and replaces the rest', () => {
    const target = { a: { b: 1, c: 2 }, d: [1, 2], e: 'x' };
    assert.deepEqual(mergePatch(target, { a: { b: null, f: 3 }, d: [3], e: { g: null } }), {
      a: { c: 2, f: 3 },
      d: [3],
      e: {},
    });
    assert.deepEqual(target, { a: { b: 1, c: 2 }, d: [1, 2], e: 'x' });
  });
});

describe('a JSON patch', () => {
  it('adds, removes, replaces, moves, copies and tests', () => {
    const target = { list: ['a', 'b'], map: { 'x/y': 1 } };
    const patch = [
      { op: 'test', path: '/list/0', value: 'a' },
      { op: 'add', path: '/list/1', value: 'between' },
      { op: 'replace', path: '/map/x~1y', value: 2 },
      { op: 'copy', from: '/list', path: '/copy' },
      { op: 'move', from: '/map', path: '/moved' },
      { op: 'remove', path: '/list/0' },
    ];
    assert.deepEqual(jsonPatch(target, patch), {
      list: ['between', 'b'],
      copy: ['a', 'between', 'b'],
      moved: { 'x/y': 2 },
    });
    assert.deepEqual(target, { list: ['a', 'b'], map: { 'x/y': 1 } });
  });

  const refused: [string, object][] = [
    ['an unknown operation', { op: 'swap', path: '/a' }],
    ['a parent that is not there', { op: 'add', path: '/no/a', value: 1 }],
    ['an index beyond the end', { op: 'add', path: '/list/9', value: 1 }],
    ['a replacement of nothing', { op: 'replace', path: '/no', value: 1 }],
    ['a test of another value', { op: 'test', path: '/list', value: [] }],
    ['a path without slash', { op: 'remove', path: 'list' }],
  ];
  for (const [name, operation] of refused) {
    it(`is refused for ${name}`, () =>
      assert.throws(
        () => jsonPatch({ list: [1] }, [operation]),
        (error) => error instanceof ApiError && error.code === 422,
      ));
  }
});

describe('a strategic merge patch', () => {
  const pod = messageNamed('core.Pod');

  it('merges lists by their key, and deletes from them', () => {
    const target = {
      spec: {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '1' },
        ],
      },
    };
    const containers = [
      { name: 'a', image: '2' },
      { name: 'b', $patch: 'delete' },
      { name: 'c', image: '1' },
    ];
    assert.deepEqual(strategicMergePatch(pod, target, { spec: { containers } }), {
      spec: {
        containers: [
          { name: 'a', image: '2' },
          { name: 'c', image: '1' },
        ],
      },
    });
  });

  it('orders lists as it is told', () => {
    const target = { metadata: { finalizers: ['a/1', 'a/2'] } };
    const patch = { metadata: { finalizers: ['a/3'], '$setElementOrder/finalizers': ['a/2', 'a/3', 'a/1'] } };
    assert.deepEqual(strategicMergePatch(pod, target, patch), { metadata: { finalizers: ['a/2', 'a/3', 'a/1'] } });
  });

  it('replaces an object, or keeps only some of its fields', () => {
    const target = { metadata: { labels: { a: '1', b: '2' }, annotations: { c: '3' } } };
    const replace = { metadata: { labels: { $patch: 'replace', d: '4' } } };
    assert.deepEqual(strategicMergePatch(pod, target, replace), {
      metadata: { labels: { d: '4' }, annotations: { c: '3' } },
    });
    const retain = { metadata: { $retainKeys: ['labels'], labels: { a: null } } };
    assert.deepEqual(strategicMergePatch(pod, target, retain), { metadata: { labels: { b: '2' } } });
  });

  it('replaces lists that have no key', () => {
    const target = { spec: { tolerations: [{ key: 'a' }] } };
    const patch = { spec: { tolerations: [{ key: 'b' }] } };
    assert.deepEqual(strategicMergePatch(pod, target, patch), patch);
  });
});
