import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../support/fake-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { ApiServer } from './core.ts';
import { CoreClient } from './core-client.ts';
import { child, type JsonObject, text } from './object.ts';

const attachments = '/apis/storage.k8s.io/v1/volumeattachments';
const volumes = '/api/v1/persistentvolumes';
const secrets = '/api/v1/namespaces/default/secrets';

function setUp(): { server: ApiServer; admin: CoreClient } {
  const tokens = [{ token: 'admin', user: 'admin', groups: ['system:masters'] }];
  const server = new ApiServer({ clock: new FakeClock(), random: seededRandom(1), tokens });
  return { server, admin: new CoreClient(server, 'admin') };
}

const attachmentSpec = { attacher: 'a.csi', nodeName: 'n1', source: { persistentVolumeName: 'pv' } };
const volumeSpec = {
  capacity: { storage: '1Gi' },
  accessModes: ['ReadWriteOnce'],
  csi: { driver: 'a.csi', volumeHandle: 'h' },
};

function metadataOf(body: JsonObject): JsonObject {
  return child(body, 'metadata');
}

describe('create', () => {
  it('makes up the rest of a name', () => {
    const { admin } = setUp();
    const { status, body } = admin.create(attachments, { metadata: { generateName: 'va-' }, spec: attachmentSpec });
    assert.equal(status, 201);
    assert.match(text(metadataOf(body), 'name'), /^va-[a-z0-9]{5}$/);
  });

  it('stores nothing in a dry run', () => {
    const { admin } = setUp();
    const object = { metadata: { name: 'va1' }, spec: attachmentSpec };
    const { status, body } = admin.create(`${attachments}?dryRun=All`, object);
    assert.deepEqual([status, metadataOf(body).resourceVersion], [201, undefined]);
    assert.equal(admin.get(`${attachments}/va1`).status, 404);
  });

  it('refuses unknown fields if it is to be strict', () => {
    const { admin } = setUp();
    const object = { metadata: { name: 'va1' }, spec: { ...attachmentSpec, nope: 1 } };
    const { status, body } = admin.create(`${attachments}?fieldValidation=Strict`, object);
    assert.equal(status, 400);
    assert.match(text(body, 'message'), /strict decoding error: unknown field "spec\.nope"$/);
  });

  it('refuses a value of the wrong type', () => {
    const { admin } = setUp();
    const { status } = admin.create(attachments, {
      metadata: { name: 'va1' },
      spec: { ...attachmentSpec, attacher: 5 },
    });
    assert.equal(status, 400);
  });

  it('turns stringData of a secret into data', () => {
    const { admin } = setUp();
    const { body } = admin.create(secrets, { metadata: { name: 's' }, stringData: { user: 'ann' } });
    assert.deepEqual([body.data, body.stringData], [{ user: 'YW5u' }, undefined]);
  });
});

describe('update', () => {
  it('conflicts if the object has changed', () => {
    const { admin } = setUp();
    const { body } = admin.create(attachments, { metadata: { name: 'va1' }, spec: attachmentSpec });
    admin.patch(`${attachments}/va1`, { metadata: { labels: { a: 'b' } } });
    assert.equal(admin.update(`${attachments}/va1`, body).status, 409);
  });

  it('does not touch the status, and a status update nothing else', () => {
    const { admin } = setUp();
    const { body } = admin.create(attachments, { metadata: { name: 'va1' }, spec: attachmentSpec });
    const changed = { ...body, metadata: { ...metadataOf(body), labels: { a: 'b' } }, status: { attached: true } };
    const status = admin.update(`${attachments}/va1/status`, changed).body;
    assert.deepEqual([metadataOf(status).labels, status.status], [undefined, { attached: true }]);
    const resourceVersion = metadataOf(status).resourceVersion;
    const again = { ...changed, metadata: { ...changed.metadata, resourceVersion }, status: { attached: false } };
    const updated = admin.update(`${attachments}/va1`, again).body;
    assert.deepEqual([metadataOf(updated).labels, updated.status], [{ a: 'b' }, { attached: true }]);
  });

  it('without a version overwrites the kinds that allow it, and creates leases that are not there', () => {
    const { admin } = setUp();
    admin.create(volumes, { metadata: { name: 'pv' }, spec: volumeSpec });
    const object = { metadata: { name: 'pv', labels: { a: 'b' } }, spec: volumeSpec };
    assert.equal(admin.update(`${volumes}/pv`, object).status, 200);
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    assert.equal(admin.update(`${leases}/l`, { metadata: { name: 'l' }, spec: {} }).status, 201);
    assert.equal(admin.update(`${attachments}/va1`, { metadata: { name: 'va1' }, spec: attachmentSpec }).status, 404);
  });
});

describe('a server without an extension', () => {
  it('refuses server-side apply, and has no OpenAPI documents', () => {
    const { admin } = setUp();
    const config = { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', spec: attachmentSpec };
    assert.equal(admin.patch(`${attachments}/va1?fieldManager=one`, config, 'apply').status, 415);
    assert.equal(admin.get('/openapi/v2').status, 404);
  });
});

describe('delete', () => {
  it('takes a namespace away with all that is in it, once nothing holds that', () => {
    const { admin } = setUp();
    admin.create('/api/v1/namespaces', { metadata: { name: 'n' } });
    admin.create('/api/v1/namespaces/n/secrets', { metadata: { name: 'free' } });
    admin.create('/api/v1/namespaces/n/secrets', { metadata: { name: 'held', finalizers: ['a/b'] } });
    assert.equal(admin.delete('/api/v1/namespaces/n').status, 200);
    assert.equal(child(admin.get('/api/v1/namespaces/n').body, 'status').phase, 'Terminating');
    assert.equal(admin.get('/api/v1/namespaces/n/secrets/free').status, 404);
    assert.equal(admin.create('/api/v1/namespaces/n/secrets', { metadata: { name: 'new' } }).status, 403);
    admin.patch('/api/v1/namespaces/n/secrets/held', { metadata: { finalizers: null } });
    assert.equal(admin.get('/api/v1/namespaces/n').status, 404);
  });

  it('of a collection deletes what the selector chooses', () => {
    const { admin } = setUp();
    for (const [name, color] of Object.entries({ a: 'red', b: 'blue', c: 'red' })) {
      admin.create(attachments, { metadata: { name, labels: { color } }, spec: attachmentSpec });
    }
    const { status, body } = admin.delete(`${attachments}?labelSelector=color%20in%20(red)`);
    assert.deepEqual([status, (body.items as unknown[]).length], [200, 2]);
    assert.equal((admin.get(attachments).body.items as unknown[]).length, 1);
  });

  it('checks the version that is given as a precondition', () => {
    const { admin } = setUp();
    const { body } = admin.create(attachments, { metadata: { name: 'va1' }, spec: attachmentSpec });
    const resourceVersion = text(metadataOf(body), 'resourceVersion');
    admin.patch(`${attachments}/va1`, { metadata: { labels: { a: 'b' } } });
    assert.equal(admin.delete(`${attachments}/va1`, { preconditions: { resourceVersion } }).status, 409);
    assert.equal(admin.delete(`${attachments}/va1`).status, 200);
  });

  it('answers with a Status where the kind has it so', () => {
    const { admin } = setUp();
    admin.create(secrets, { metadata: { name: 's' } });
    const { body } = admin.delete(`${secrets}/s`);
    assert.deepEqual([body.kind, body.status, child(body, 'details').name], ['Status', 'Success', 's']);
  });
});

describe('events', () => {
  it('are the same objects in both groups', () => {
    const { admin } = setUp();
    admin.create('/apis/events.k8s.io/v1/namespaces/default/events', {
      metadata: { name: 'e' },
      eventTime: '2026-01-02T03:04:05.5Z',
      reportingController: 'c',
      reportingInstance: 'i',
      action: 'Attach',
      reason: 'Failed',
      type: 'Warning',
      note: 'full',
      regarding: { kind: 'VolumeAttachment', name: 'va1' },
    });
    const { body } = admin.get('/api/v1/namespaces/default/events/e');
    assert.deepEqual(
      [body.apiVersion, body.message, child(body, 'involvedObject').name, body.reportingComponent, body.eventTime],
      ['v1', 'full', 'va1', 'c', '2026-01-02T03:04:05.500000Z'],
    );
    const selected = admin.get('/api/v1/events?fieldSelector=involvedObject.name=va1,type=Warning').body;
    assert.equal((selected.items as unknown[]).length, 1);
    const watch = admin.watch('/apis/events.k8s.io/v1/events?watch=1');
    assert.equal(watch.events[0]?.object.note, 'full');
  });
});

describe('lists', () => {
  it('of all namespaces come in pages that go on from the last name', () => {
    const { admin } = setUp();
    for (const namespace of ['default', 'kube-system']) {
      for (const name of ['a', 'b']) admin.create(`/api/v1/namespaces/${namespace}/secrets`, { metadata: { name } });
    }
    const first = admin.get('/api/v1/secrets?limit=3').body;
    const token = text(metadataOf(first), 'continue');
    const second = admin.get(`/api/v1/secrets?limit=3&continue=${token}`).body;
    const names = [first, second].flatMap((page) => page.items as JsonObject[]).map((item) => metadataOf(item));
    assert.deepEqual(
      names.map(({ namespace, name }) => `${namespace}/${name}`),
      ['default/a', 'default/b', 'kube-system/a', 'kube-system/b'],
    );
  });

  it('refuse parameters that contradict each other', () => {
    const { admin } = setUp();
    assert.equal(admin.get(`${attachments}?resourceVersionMatch=Exact`).status, 422);
    assert.equal(admin.get(`${attachments}?resourceVersion=0&resourceVersionMatch=Exact`).status, 422);
  });
});

it('a namespaced object is not found without its namespace, nor a cluster-scoped one in one', () => {
  const { admin } = setUp();
  assert.equal(admin.get('/api/v1/namespaces/default/persistentvolumes').status, 404);
  assert.equal(admin.create('/api/v1/secrets', { metadata: { name: 's' } }).status, 405);
});

it('the same requests get the same answers', () => {
  const run = (): string => {
    const { admin } = setUp();
    admin.create(attachments, { metadata: { generateName: 'va-' }, spec: attachmentSpec });
    return JSON.stringify(admin.get(attachments).body);
  };
  assert.equal(run(), run());
});
