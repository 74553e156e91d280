import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { parseArgs } from '../src/cli/parse-args.ts';
import { Code } from '../src/csi/errors.ts';
import { rolePath, World } from '../testing/support/world.ts';

interface Manifest {
  kind?: string;
  rules?: object[];
  containers?: { args: string[] }[];
}

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const manifests = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)]
  .flatMap(([, text = '']) => parseAllDocuments(text))
  .map((document) => document.toJS() as Manifest);

test('the permissions in the README are all that an attacher needs, with a secret, an event and an election', async () => {
  const rules = manifests.flatMap((manifest) => manifest.rules ?? []);
  assert.ok(rules.length >= 6);
  const world = new World({
    rbac: true,
    flags: ['--leader-election=true', '--leader-election-namespace=kube-system'],
  });
  await world.merge(rolePath, { rules });
  await world.start();
  await world.clock.advance(60_000);
  world.driver.faults.next(1, { kind: 'error', code: Code.Internal });
  await world.request('POST', '/api/v1/namespaces/default/secrets', {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { key: 'value' } },
  });
  await world.addNode('n1');
  await world.addVolume('pv1', { controllerPublishSecretRef: { name: 's', namespace: 'default' } });
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(5_000);
  assert.equal((await world.attachment('va1'))?.status.attached, true);
  await world.request('DELETE', '/api/v1/persistentvolumes/pv1');
  await world.deleteAttachment('va1');
  await world.clock.advance(120_000);
  assert.equal(await world.attachment('va1'), undefined);
  assert.ok((await world.events()).length > 0);
  await world.stop();
  assert.deepEqual(
    world.log.filter((line) => line.includes('orbidden')),
    [],
  );
});

test('the arguments in the README are understood', () => {
  const [args = []] = manifests.flatMap(({ containers }) => containers ?? []).map((container) => container.args);
  assert.ok(args.length > 0);
  const command = parseArgs(args, {});
  assert.equal(command.kind, 'run', JSON.stringify(command));
});
