import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { attachmentsPath, inWorld, rolePath, type World } from '../testing/support/world.ts';

const usual = [
  {
    apiGroups: ['storage.k8s.io'],
    resources: ['volumeattachments'],
    verbs: ['get', 'list', 'watch', 'update', 'patch'],
  },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'create', 'update'] },
];
const flags = ['--leader-election=true', '--leader-election-namespace=kube-system'];

const messages = (world: World): string[] => world.log.filter((line) => /permissions? (is|are) missing;/.test(line));
const reviewCount = async (world: World): Promise<number> => {
  const samples = await world.metric('csi_attacher_api_requests_total');
  return samples
    .filter((sample) => sample.includes('selfsubject'))
    .reduce((sum, sample) => sum + Number(sample.split(' ').at(-1)), 0);
};

/** The manifest in a message of the log. */
function manifestIn(line: string): { items: { kind: string; metadata: { namespace?: string } }[] } {
  return parse(/allThatIsNeeded="([^"]*)"/.exec(line)?.[1] ?? '');
}

test('all permissions that are missing are told in one message; once they are there work goes on within 5 s', async () => {
  await inWorld({ rbac: true, flags }, async (world) => {
    await world.merge(rolePath, { rules: usual });
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(5 * 60_000);
    const [message = '', ...others] = messages(world);
    assert.deepEqual(others, []);
    const missing = /missing="([^"]*)"/.exec(message)?.[1]?.split(', ').sort();
    assert.deepEqual(missing, [
      ...['get csinodes.storage.k8s.io', 'get persistentvolumes', 'list csinodes.storage.k8s.io'],
      ...['list persistentvolumes', 'patch persistentvolumes', 'patch volumeattachments.storage.k8s.io/status'],
      ...[
        'watch csinodes.storage.k8s.io',
        'watch leases.coordination.k8s.io in kube-system',
        'watch persistentvolumes',
      ],
    ]);
    for (const item of manifestIn(message).items) {
      const { namespace } = item.metadata;
      const where = namespace === undefined ? '' : `/namespaces/${namespace}`;
      await world.request('POST', `/apis/rbac.authorization.k8s.io/v1${where}/${item.kind.toLowerCase()}s`, item);
    }
    await world.clock.advance(5_000);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    assert.ok(world.log.some((line) => line.includes('All permissions are there')));
  });
});

test('a permission that is taken away is told, and what was refused goes on within 5 s of its return', async () => {
  await inWorld({ rbac: true }, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    const role = await world.request('GET', rolePath);
    await world.forbid('volumeattachments/status');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(20 * 60_000);
    assert.equal((await world.attachment('va1'))?.status?.attached, false);
    assert.equal(messages(world).length, 1);
    const asked = await reviewCount(world);
    await world.clock.advance(60_000);
    assert.ok(
      (await reviewCount(world)) - asked < 30 * 10,
      `${(await reviewCount(world)) - asked} questions in a minute`,
    );
    await world.merge(rolePath, { rules: (role as unknown as { rules: object[] }).rules });
    await world.clock.advance(5_000);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
  });
});

test('a driver that does not publish needs neither nodes nor volumes, and events are nobody’s need', async () => {
  await inWorld({ rbac: true, settings: { controllerService: false } }, async (world) => {
    for (const resource of ['csinodes', 'persistentvolumes', 'events', 'secrets']) await world.forbid(resource);
    await world.request('POST', attachmentsPath, {
      ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: 'va1' } },
      spec: { attacher: 'test.csi.example', nodeName: 'n1', source: { persistentVolumeName: 'pv1' } },
    });
    await world.clock.advance(60_000);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    assert.deepEqual(messages(world), []);
  });
});

test('a server that refuses everything for the first seconds after its start is not told as a missing role', async () => {
  await inWorld({ rbac: true }, async (world) => {
    const role = await world.request('GET', rolePath);
    await world.merge(rolePath, { rules: [] });
    world.fault = ({ path }) => (path.endsWith('reviews') ? { refuse: { kind: 'broken' } } : undefined);
    world.server.endWatches();
    await world.clock.advance(8_000);
    await world.merge(rolePath, { rules: (role as unknown as { rules: object[] }).rules });
    world.fault = () => undefined;
    await world.clock.advance(60_000);
    assert.deepEqual(messages(world), []);
    await world.attachOne();
  });
});
