import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { attacherUser, seedAttacherRole } from '../../../testing/apiserver/attacher-role.ts';
import { ApiServer } from '../../../testing/apiserver/core.ts';
import { CoreClient } from '../../../testing/apiserver/core-client.ts';
import { featuresOf, nodesOn, type ServerFeatures } from '../../../testing/apiserver/features.ts';
import { type Fault, MemoryTransport } from '../../../testing/apiserver/memory.ts';
import { FakeClock } from '../../../testing/support/fake-clock.ts';
import { staticToken } from '../../../testing/support/fake-transport.ts';
import { RecordingLogger } from '../../../testing/support/recording-logger.ts';
import { seededRandom } from '../../../testing/support/seeded-random.ts';
import { csiNodes, leases } from '../codec/resources.ts';
import { KubeClient } from './client.ts';
import { isNotFound, isUnknownResource, KubeError, missingRule } from './errors.ts';
import type { HttpRequest } from './transport.ts';

const namespace = 'kube-system';
const storage = { apiGroups: ['storage.k8s.io'], resources: ['csinodes'], verbs: ['list', 'watch'] };
const infos = { apiGroups: ['csi.storage.k8s.io'], resources: ['csinodeinfos'], verbs: ['list', 'watch'] };

interface Setup {
  client: KubeClient;
  logger: RecordingLogger;
  admin: CoreClient;
  /** Requests that were sent, as `GET /path`, without query. */
  sent: string[];
  answerWith(fault: (request: HttpRequest) => Fault | undefined): void;
}

/** A client with the permissions of `rules`, or all if there are none. */
function setup(features: Partial<ServerFeatures>, rules?: readonly object[]): Setup {
  const clock = new FakeClock();
  const random = seededRandom(1);
  const tokens = [
    { token: 'admin', user: 'admin', groups: ['system:masters'] },
    { token: 'attacher', user: attacherUser, groups: ['system:serviceaccounts', 'system:authenticated'] },
  ];
  const server = new ApiServer({ clock, random, tokens, features });
  const admin = new CoreClient(server, 'admin');
  if (rules !== undefined) {
    seedAttacherRole(server, 'admin');
    admin.patch('/apis/rbac.authorization.k8s.io/v1/clusterroles/csi-attacher', { rules });
  }
  const sent: string[] = [];
  let fault: (request: HttpRequest) => Fault | undefined = () => undefined;
  const intercept = (request: HttpRequest): Fault | undefined => {
    sent.push(`${request.method} ${request.path.replace(/\?.*/, '')}`);
    return fault(request);
  };
  const transport = new MemoryTransport({ server, clock, intercept });
  const credentials = staticToken(rules === undefined ? 'admin' : 'attacher');
  const logger = new RecordingLogger();
  const client = new KubeClient({ transport, clock, random, logger, credentials });
  const answerWith: Setup['answerWith'] = (given) => {
    fault = given;
  };
  return { client, logger, admin, sent, answerWith };
}

function addNode(admin: CoreClient, features: ServerFeatures): void {
  const { path, apiVersion, kind } = nodesOn(features);
  const spec = { drivers: [{ name: 'a.csi', nodeID: 'i-1', topologyKeys: [] }] };
  assert.equal(admin.create(path, { apiVersion, kind, metadata: { name: 'n1' }, spec }).status, 201);
}

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KubeError, String(error));
  return error;
}

describe('a resource of which the server has another version', () => {
  for (const [minor, path] of [
    [13, '/apis/csi.storage.k8s.io/v1alpha1/csinodeinfos'],
    [16, '/apis/storage.k8s.io/v1beta1/csinodes'],
    [36, '/apis/storage.k8s.io/v1/csinodes'],
  ] as const) {
    test(`reads the same from 1.${minor}, in lists and watches`, async () => {
      const features = featuresOf(minor);
      const { client, admin, sent } = setup(features);
      addNode(admin, features);
      const { items, resourceVersion } = await client.list(csiNodes, { limit: 500 });
      assert.deepEqual(
        items.map(({ name, nodeIds }) => ({ name, nodeIds })),
        [{ name: 'n1', nodeIds: { 'a.csi': 'i-1' } }],
      );
      assert.equal(sent.at(-1), `GET ${path}`);
      const stop = new AbortController();
      const names: string[] = [];
      const watched = client.watch(
        csiNodes,
        { resourceVersion: '0', timeoutSeconds: 60, signal: stop.signal },
        { changed: ({ name }) => names.push(name), deleted: () => {}, bookmark: () => {} },
      );
      await new Promise(setImmediate);
      stop.abort();
      await failure(watched);
      assert.deepEqual(names, ['n1']);
      assert.equal(sent.at(-1), `GET ${path}`);
      assert.ok(Number(resourceVersion) > 0);
    });
  }

  test('is asked for once, and then known; objects are written in its version', async () => {
    const { client, sent, logger } = setup(featuresOf(13));
    assert.ok(isNotFound(await failure(client.get(leases, 'l', { namespace }))));
    const lease = await client.create(
      leases,
      { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } },
      { namespace },
    );
    sent.length = 0;
    const { metadata, spec } = lease.sent;
    await client.update(leases, 'l', { metadata, spec: { ...spec, holderIdentity: 'b' } }, { namespace });
    assert.equal((await client.get(leases, 'l', { namespace })).holderIdentity, 'b');
    const path = '/apis/coordination.k8s.io/v1beta1/namespaces/kube-system/leases/l';
    assert.deepEqual(sent, [`PUT ${path}`, `GET ${path}`]);
    assert.equal(logger.lines.filter((line) => line.message.includes('another version')).length, 1);
  });

  test('is not looked for because an object is missing, or the server fails', async () => {
    const { client, sent, answerWith } = setup(featuresOf(36));
    assert.ok(isNotFound(await failure(client.get(leases, 'l', { namespace }))));
    answerWith(() => ({ refuse: { kind: 'broken', sent: true } }));
    await failure(client.get(leases, 'l', { namespace }));
    answerWith(() => ({ answer: { status: 500, headers: {}, body: Buffer.from('no') } }));
    await failure(client.list(csiNodes, { limit: 1 }));
    assert.equal(sent.length, 3);
  });

  test('is looked for again with each list, so that a newer one is found after an upgrade', async () => {
    const { client, sent, answerWith } = setup(featuresOf(20));
    const hidden = { answer: { status: 404, headers: {}, body: Buffer.from('404 page not found\n') } };
    answerWith(({ path }) => (path.includes('/v1/') ? hidden : undefined));
    await client.list(csiNodes, { limit: 1 });
    answerWith(() => undefined);
    sent.length = 0;
    await client.list(csiNodes, { limit: 1 });
    assert.deepEqual(sent, ['GET /apis/storage.k8s.io/v1/csinodes']);
  });

  test('and that has none of them is an error that names them all, and no object’s 404', async () => {
    const { client } = setup({ ...featuresOf(36), csiNodeV1: false });
    const error = await failure(client.list(csiNodes, { limit: 1 }));
    assert.equal(
      error.message,
      'the API server serves none of storage.k8s.io/v1 csinodes, storage.k8s.io/v1beta1 csinodes, csi.storage.k8s.io/v1alpha1 csinodeinfos',
    );
    assert.deepEqual([isUnknownResource(error), isNotFound(error)], [true, false]);
  });
});

describe('a role that grants only one version', () => {
  test('that the server has, although an older one, is enough', async () => {
    const { client, sent } = setup(featuresOf(13), [infos]);
    await client.list(csiNodes, { limit: 1 });
    assert.equal(sent.at(-1), 'GET /apis/csi.storage.k8s.io/v1alpha1/csinodeinfos');
  });

  test('that the server does not have leads to the rule that is missing', async () => {
    for (const [minor, rules, missing] of [
      [13, [storage], /apiGroups: \["csi\.storage\.k8s\.io"\], resources: \["csinodeinfos"\], verbs: \["list"\]/],
      [36, [infos], /apiGroups: \["storage\.k8s\.io"\], resources: \["csinodes"\], verbs: \["list"\]/],
    ] as const) {
      const { client } = setup(featuresOf(minor), rules);
      assert.match(missingRule(await failure(client.list(csiNodes, { limit: 1 }))) ?? '', missing);
    }
  });

  test('is not stepped past to an old collection that is still there', async () => {
    const { client, sent } = setup({ ...featuresOf(36), csiNodeInfo: true }, [infos]);
    const error = await failure(client.list(csiNodes, { limit: 1 }));
    assert.match(missingRule(error) ?? '', /"csinodes"/);
    assert.ok(!sent.some((request) => request.includes('csinodeinfos')));
  });

  test('is believed where discovery does not tell', async () => {
    const { client, answerWith } = setup(featuresOf(13), [infos]);
    answerWith(({ path }) => (path === '/apis/storage.k8s.io/v1' ? { refuse: { kind: 'broken' } } : undefined));
    assert.match(missingRule(await failure(client.list(csiNodes, { limit: 1 }))) ?? '', /"csinodes"/);
  });

  test('of a lease is asked for nothing more: permissions are by group', async () => {
    const { client, sent } = setup(featuresOf(36), []);
    assert.ok(missingRule(await failure(client.get(leases, 'l', { namespace }))));
    assert.equal(sent.length, 1);
  });
});
