import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { Rig, until } from './rig.ts';

test('an attacher under a role that is incomplete tells all that is missing at once, and attaches within 5 s of the rest', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const { cluster } = rig;
  cluster.setRole([
    { apiGroups: ['storage.k8s.io'], resources: ['volumeattachments'], verbs: allButDelete },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'create', 'update'] },
  ]);
  cluster.addNodes('n1');
  cluster.attach(cluster.addVolumes(1), 'n1');
  const attacher = rig.attacher();
  const [, yaml = ''] = await attacher.until(/permissions are missing; .* allThatIsNeeded="([^"]*)"/);
  assert.equal(attacher.output.match(/permissions are missing/g)?.length, 1);
  const { items } = parse(yaml) as { items: { kind: string; metadata: { namespace?: string } }[] };
  for (const item of items) {
    const { namespace } = item.metadata;
    const where = namespace === undefined ? '' : `/namespaces/${namespace}`;
    cluster.create(`/apis/rbac.authorization.k8s.io/v1${where}/${item.kind.toLowerCase()}s`, item);
  }
  await until('attached within 5 s', () => cluster.attached === 1, 5_000);
});

const allButDelete = ['get', 'list', 'watch', 'create', 'update', 'patch'];
