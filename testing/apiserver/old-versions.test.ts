import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../support/fake-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { ApiServer } from './core.ts';
import { CoreClient } from './core-client.ts';
import { featuresOf, nodesOn, type ServerFeatures } from './features.ts';
import { child, text } from './object.ts';

function setUp(features: Partial<ServerFeatures>): { server: ApiServer; admin: CoreClient } {
  const tokens = [{ token: 'admin', user: 'admin', groups: ['system:masters'] }];
  const server = new ApiServer({ clock: new FakeClock(), random: seededRandom(1), tokens, features });
  return { server, admin: new CoreClient(server, 'admin') };
}

function on(minor: number): CoreClient {
  return setUp(featuresOf(minor)).admin;
}

const namespaced = 'namespaces/kube-system/leases';
const paths = {
  lease: `/apis/coordination.k8s.io/v1/${namespaced}`,
  leaseBeta: `/apis/coordination.k8s.io/v1beta1/${namespaced}`,
  node: '/apis/storage.k8s.io/v1/csinodes',
  nodeBeta: '/apis/storage.k8s.io/v1beta1/csinodes',
  nodeInfo: '/apis/csi.storage.k8s.io/v1alpha1/csinodeinfos',
  events: '/apis/events.k8s.io/v1/events',
  attachments: '/apis/storage.k8s.io/v1/volumeattachments',
};

describe('the versions of an old Kubernetes', () => {
  const served: [number, (keyof typeof paths)[]][] = [
    [13, ['leaseBeta', 'nodeInfo', 'attachments']],
    [16, ['lease', 'leaseBeta', 'nodeBeta', 'attachments']],
    [20, ['lease', 'leaseBeta', 'node', 'nodeBeta', 'events', 'attachments']],
    [26, ['lease', 'node', 'events', 'attachments']],
    [36, ['lease', 'node', 'events', 'attachments']],
  ];
  for (const [minor, wanted] of served) {
    it(`are those that 1.${minor} served`, () => {
      const admin = on(minor);
      const found = Object.entries(paths).filter(([, path]) => admin.get(path).status === 200);
      assert.deepEqual(found.map(([name]) => name).sort(), wanted.toSorted());
      assert.equal(admin.get('/version').body.minor, String(minor));
    });
  }

  it('are answered 404: as text where the group has no such version, as a Status where it has', () => {
    const admin = on(13);
    assert.deepEqual(admin.get(paths.lease), { status: 404, body: { text: '404 page not found\n' } });
    const { status, body } = admin.get(paths.node);
    assert.deepEqual([status, body.reason, body.details], [404, 'NotFound', {}]);
  });

  it('stand in discovery, the newest first', () => {
    const admin = on(20);
    const { versions, preferredVersion } = admin.get('/apis/storage.k8s.io').body;
    assert.deepEqual(
      (versions as { version: string }[]).map((each) => each.version),
      ['v1', 'v1beta1'],
    );
    assert.equal((preferredVersion as { version: string }).version, 'v1');
    const beta = admin.get('/apis/storage.k8s.io/v1beta1').body;
    assert.equal(beta.groupVersion, 'storage.k8s.io/v1beta1');
    assert.deepEqual(
      (beta.resources as { name: string }[]).map((each) => each.name),
      ['csinodes'],
    );
    assert.equal(on(26).get('/apis/storage.k8s.io/v1beta1').status, 404);
  });

  it('show the same objects, each under its own version', () => {
    const admin = on(20);
    const drivers = [{ name: 'a.csi', nodeID: 'i-1', topologyKeys: null }];
    assert.equal(admin.create(paths.nodeBeta, { metadata: { name: 'n1' }, spec: { drivers } }).status, 201);
    const seen = [paths.node, paths.nodeBeta].map((path) => admin.get(`${path}/n1`).body);
    assert.deepEqual(
      seen.map(({ apiVersion, kind }) => [apiVersion, kind]),
      [
        ['storage.k8s.io/v1', 'CSINode'],
        ['storage.k8s.io/v1beta1', 'CSINode'],
      ],
    );
    const [uid, betaUid] = seen.map((each) => text(child(each, 'metadata'), 'uid'));
    assert.equal(uid, betaUid);
    const watch = admin.watch(`${paths.nodeBeta}?watch=1`);
    assert.equal(watch.events[0]?.object.apiVersion, 'storage.k8s.io/v1beta1');
  });

  it('take no object of another version', () => {
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: {} };
    const { status, body } = on(13).create(paths.leaseBeta, lease);
    assert.equal(status, 400);
    assert.match(text(body, 'message'), /does not match the expected API version \(coordination\.k8s\.io\/v1beta1\)/);
  });

  it('have CSINodeInfo as JSON only', () => {
    const { server, admin } = setUp(featuresOf(13));
    const { path, apiVersion, kind } = nodesOn(server.features);
    const spec = { drivers: [{ name: 'a.csi', nodeID: 'i-1', topologyKeys: ['zone'] }] };
    assert.equal(admin.create(path, { apiVersion, kind, metadata: { name: 'n1' }, spec }).status, 201);
    assert.deepEqual(admin.get(`${path}/n1`).body.spec, spec);
    const ask = (accept: string) => {
      const headers = { accept, authorization: 'Bearer admin' };
      const answer = server.handle({ method: 'GET', path, headers });
      return answer.kind === 'done' ? [answer.status, answer.headers['content-type']] : [];
    };
    const protobuf = 'application/vnd.kubernetes.protobuf';
    assert.deepEqual(ask(`${protobuf},application/json`), [200, 'application/json']);
    assert.equal(ask(protobuf)[0], 406);
  });

  it('have protobuf for the others', () => {
    const { server, admin } = setUp(featuresOf(16));
    admin.create(paths.nodeBeta, { metadata: { name: 'n1' }, spec: { drivers: [] } });
    const headers = { accept: 'application/vnd.kubernetes.protobuf', authorization: 'Bearer admin' };
    const answer = server.handle({ method: 'GET', path: paths.nodeBeta, headers });
    assert.equal(answer.kind === 'done' && answer.status, 200);
  });
});

describe('a server before resourceVersionMatch', () => {
  it('lists a page at exactly the version that is given, or says that it is too old', () => {
    const { server, admin } = setUp(featuresOf(16));
    const create = (name: string) => admin.create(paths.nodeBeta, { metadata: { name }, spec: { drivers: [] } });
    const version = text(child(create('n1').body, 'metadata'), 'resourceVersion');
    create('n2');
    const query = `limit=500&resourceVersion=${version}&resourceVersionMatch=NotOlderThan`;
    const { items } = admin.get(`${paths.nodeBeta}?${query}`).body;
    assert.equal((items as unknown[]).length, 1);
    server.store.compact();
    assert.equal(admin.get(`${paths.nodeBeta}?${query}`).status, 410);
  });
});
