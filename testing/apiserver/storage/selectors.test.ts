import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../object.ts';
import { resources } from '../registry.ts';
import { readSelector } from './selectors.ts';

const pods = resources.find((resource) => resource.plural === 'pods') ?? assert.fail('no pods');

function labelled(labels: Record<string, string>): KubeObject {
  const metadata = { name: 'p', namespace: 'n', uid: '', resourceVersion: '', creationTimestamp: '', labels };
  return { kind: 'Pod', apiVersion: 'v1', metadata, spec: { nodeName: 'n1' } };
}

function matches(parameter: string, selector: string, labels: Record<string, string>): boolean {
  const { matches: test } = readSelector(pods, new URLSearchParams({ [parameter]: selector }));
  return test?.(labelled(labels)) ?? true;
}

describe('a label selector', () => {
  const cases: [string, Record<string, string>, boolean][] = [
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['!a', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a==b,c!=d', { a: 'b' }, true],
    ['a!=b', { a: 'b' }, false],
    ['a in (b, c)', { a: 'c' }, true],
    ['a in (b, c)', {}, false],
    ['a notin (b,c)', {}, true],
    ['example.com/a=b', { 'example.com/a': 'b' }, true],
    ['a>1', { a: '2' }, true],
    ['a<1', { a: '2' }, false],
    ['a=', { a: '' }, true],
  ];
  for (const [selector, labels, expected] of cases) {
    it(`${selector} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(labels)}`, () =>
      assert.equal(matches('labelSelector', selector, labels), expected));
  }

  for (const selector of ['a b', 'a in b', 'a,', '=a', 'a in (b']) {
    it(`${selector} is refused`, () => assert.throws(() => matches('labelSelector', selector, {})));
  }
});

describe('a field selector', () => {
  it('knows name, namespace and the fields of the kind', () => {
    assert.equal(matches('fieldSelector', 'metadata.name=p,metadata.namespace=n,spec.nodeName!=n2', {}), true);
    assert.equal(matches('fieldSelector', 'spec.nodeName=n2', {}), false);
  });

  it('refuses what it does not know', () => {
    assert.throws(() => matches('fieldSelector', 'spec.hostname=x', {}), /is not a known field selector/);
    assert.throws(() => matches('fieldSelector', 'x', {}), /can't understand/);
  });
});
