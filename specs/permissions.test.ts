import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWorld, rolePath, World } from '../testing/support/world.ts';

const minute = 60_000;

async function attachTo(world: World, csi: object = {}): Promise<void> {
  await world.addNode('n1');
  await world.addVolume('pv1', csi);
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(10);
}

test('the permissions of an attacher’s role are enough for attach, detach, and a volume that goes', async () => {
  await inWorld({ rbac: true }, async (world) => {
    await world.attachOne();
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.equal(await world.attachment('va1'), undefined);
    assert.ok(!world.log.some((line) => line.includes('orbidden')));
  });
});

test('a forbidden status write names the missing rule and does not have the volume published again', async () => {
  await inWorld({ rbac: true }, async (world) => {
    await world.forbid('volumeattachments/status');
    await attachTo(world);
    await world.clock.advance(30 * minute);
    assert.equal(world.calls('ControllerPublishVolume'), 1);
    const rule = 'resources: ["volumeattachments/status"], verbs: ["patch"]';
    const failure = world.log.find((line) => line.startsWith('E') && line.includes('Attach failed'));
    assert.ok(failure?.replaceAll('\\', '').includes(rule), failure);
    const [view] = world.app.attachments();
    const failed = view?.conditions.find(({ type }) => type === 'Failed');
    assert.equal(failed?.reason, 'TimedOut');
    assert.ok(failed?.message.includes(rule), failed?.message);
  });
});

test('a forbidden finalizer write names the missing rule, and the driver is never called', async () => {
  for (const [resource, group] of [
    ['volumeattachments', 'storage.k8s.io'],
    ['persistentvolumes', ''],
  ] as const) {
    await inWorld({ rbac: true }, async (world) => {
      world.fault = ({ method, path }) =>
        method === 'PATCH' && path.includes(`/${resource}/`) && !path.endsWith('/status')
          ? { answer: forbidden(resource, group) }
          : undefined;
      await attachTo(world);
      await world.clock.advance(10 * minute);
      assert.equal(world.calls('ControllerPublishVolume'), 0);
      const rule = `apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["patch"]`;
      assert.ok((await world.attachment('va1'))?.status.attachError.message.includes(rule));
      world.fault = () => undefined;
      await world.clock.advance(6 * minute);
      assert.equal((await world.attachment('va1'))?.status.attached, true);
      assert.equal(world.calls('ControllerPublishVolume'), 1);
    });
  }
});

test('a forbidden list names the missing rule, and the attacher works once it may', async () => {
  const world = new World({ rbac: true });
  const role = await world.request('GET', rolePath);
  await world.forbid('csinodes');
  await world.start();
  await attachTo(world);
  await world.clock.advance(2 * minute);
  assert.equal(world.app.synced, false);
  assert.equal(world.calls('ControllerPublishVolume'), 0);
  const line = world.log.find((one) => one.startsWith('E') && one.includes('Waiting to list and watch csinodes'));
  const rule = 'apiGroups: ["storage.k8s.io"], resources: ["csinodes"], verbs: ["list"] (ClusterRole)';
  assert.ok(line?.replaceAll('\\', '').includes(rule), line);
  await world.merge(rolePath, { rules: (role as unknown as { rules: object[] }).rules });
  await world.clock.advance(minute);
  assert.equal((await world.attachment('va1'))?.status.attached, true);
  await world.stop();
});

test('a secret that may not be read is told with the rule that is missing, in the namespace of the secret', async () => {
  await inWorld({ rbac: true }, async (world) => {
    await world.forbid('secrets');
    await attachTo(world, { controllerPublishSecretRef: { name: 's', namespace: 'storage' } });
    const { attachError } = (await world.attachment('va1'))?.status ?? {};
    const rule = 'resources: ["secrets"], verbs: ["get"] (Role in namespace storage, or ClusterRole)';
    assert.ok(attachError.message.includes(rule), attachError.message);
    assert.equal(world.calls('ControllerPublishVolume'), 0);
  });
});

test('a Role in the namespace of the secret is enough to read it', async () => {
  await inWorld({ rbac: true }, async (world) => {
    await world.forbid('secrets');
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'secrets' };
    await world.request('POST', `${rbac}/roles`, {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'secrets' } },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
    });
    await world.request('POST', `${rbac}/rolebindings`, {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name: 'secrets' }, roleRef },
      subjects: [{ kind: 'ServiceAccount', name: 'csi-attacher', namespace: 'kube-system' }],
    });
    await world.request('POST', '/api/v1/namespaces/default/secrets', {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { key: 'value' } },
    });
    await attachTo(world, { controllerPublishSecretRef: { name: 's', namespace: 'default' } });
    assert.equal((await world.attachment('va1'))?.status.attached, true);
  });
});

test('a driver that cannot publish needs no permissions on volumes, nodes and secrets', async () => {
  await inWorld({ rbac: true, settings: { capabilities: [] } }, async (world) => {
    for (const resource of ['persistentvolumes', 'csinodes', 'secrets', 'events']) await world.forbid(resource);
    await attachTo(world);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    assert.ok(!world.log.some((line) => line.startsWith('E')));
  });
});

test('a write that an admission webhook denies is shown as that, not as a missing rule', async () => {
  await inWorld({ rbac: true }, async (world) => {
    const denial = 'admission webhook "no.example.com" denied the request: volumes of team A only';
    const body = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Forbidden',
      code: 403,
      message: denial,
    };
    const headers = { 'content-type': 'application/json' };
    world.fault = ({ method, path }) =>
      method === 'PATCH' && !path.endsWith('/status')
        ? { answer: { status: 403, headers, body: Buffer.from(JSON.stringify(body)) } }
        : undefined;
    await attachTo(world);
    await world.clock.advance(minute);
    assert.equal((await world.attachment('va1'))?.status.attachError.message, denial);
    assert.ok(world.log.some((line) => line.includes('volumes of team A only')));
    assert.ok(!world.log.some((line) => line.includes('missingRule') || line.includes('missing rule')));
    assert.ok((await world.events()).every(({ message }) => !message.includes('missing rule')));
    assert.equal(world.calls('ControllerPublishVolume'), 0);
  });
});

function forbidden(resource: string, group: string) {
  const body = {
    ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403 },
    message: `${resource}.${group} "va1" is forbidden: User "u" cannot patch resource "${resource}"`,
  };
  return { status: 403, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) };
}
