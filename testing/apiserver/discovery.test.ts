import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { withServiceAccounts } from '../conformance/differences.ts';
import { answerDiscovery, onlyServed } from './discovery.ts';
import type { JsonObject } from './object.ts';
import { servedResources } from './schema/resources.ts';

const steps = JSON.parse(readFileSync(new URL('../recordings/leases-and-the-rest.json', import.meta.url), 'utf8')) as {
  name: string;
  request: { path: string };
  response: { body: JsonObject };
}[];

const kubectlAccepts =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

interface Aggregated {
  items: { metadata: { name?: string }; versions: { resources: JsonObject[] }[] }[];
}

describe('discovery', () => {
  for (const name of ['groups', 'core resources', 'storage resources', 'coordination resources']) {
    it(`answers like a real API server, but for what is not served here: ${name}`, () => {
      const step = steps.find((each) => each.name === name);
      assert.ok(step);
      const answer = answerDiscovery(step.request.path, 'application/json');
      assert.equal(answer?.contentType, 'application/json');
      assert.deepEqual(answer?.body, withServiceAccounts(onlyServed(step.response.body)));
    });
  }

  it('names the versions of the core group and of each other group', () => {
    assert.deepEqual(answerDiscovery('/api', '*/*')?.body.versions, ['v1']);
    const version = { groupVersion: 'storage.k8s.io/v1', version: 'v1' };
    assert.deepEqual(answerDiscovery('/apis/storage.k8s.io', '*/*')?.body, {
      kind: 'APIGroup',
      apiVersion: 'v1',
      name: 'storage.k8s.io',
      versions: [version],
      preferredVersion: version,
    });
  });

  it('knows nothing of other paths', () => {
    for (const path of [
      '/',
      '/apis/x',
      '/apis/storage.k8s.io/v2',
      '/apis/storage.k8s.io/v1/csinodes',
      '/api/v1/pods',
    ]) {
      assert.equal(answerDiscovery(path, '*/*'), undefined, path);
    }
  });

  it('leaves out what a server does not serve', () => {
    const some = servedResources.filter((resource) => resource.group !== 'coordination.k8s.io');
    assert.equal(answerDiscovery('/apis/coordination.k8s.io/v1', '*/*', some), undefined);
    const groups = answerDiscovery('/apis', '*/*', some)?.body.groups as { name: string }[];
    assert.ok(!groups.some((group) => group.name === 'coordination.k8s.io'));
    const all = answerDiscovery('/apis', kubectlAccepts, some);
    assert.ok(all);
    assert.equal((all.body as unknown as Aggregated).items.length, groups.length);
  });

  it('answers all at once to clients that ask for it, in the newest version they know', () => {
    const answer = answerDiscovery('/apis', kubectlAccepts);
    assert.equal(answer?.contentType, 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    const { items } = answer.body as unknown as Aggregated;
    assert.equal(items[0]?.metadata.name, 'apps');
    const storage = items.find((item) => item.metadata.name === 'storage.k8s.io');
    const attachments = storage?.versions[0]?.resources.find((each) => each.resource === 'volumeattachments');
    const responseKind = { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment' };
    assert.deepEqual(attachments, {
      resource: 'volumeattachments',
      responseKind,
      scope: 'Cluster',
      singularResource: 'volumeattachment',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      subresources: [{ subresource: 'status', responseKind, verbs: ['get', 'patch', 'update'] }],
    });
    const older = answerDiscovery('/api', kubectlAccepts.slice(kubectlAccepts.indexOf(',') + 1));
    assert.equal(older?.body.apiVersion, 'apidiscovery.k8s.io/v2beta1');
    assert.equal((older.body as unknown as Aggregated).items.length, 1);
  });
});
