import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { requiredRules } from '../../src/attacher/permissions.ts';
import { leaseName } from '../../src/attacher/state/names.ts';
import { Code } from '../../src/csi/errors.ts';
import { attachmentsPath, driverName, World } from '../support/world.ts';
import { objectsIn, permissionsIn, type Rule, rulesOf } from './manifests.ts';

const rules = [...rulesOf('base/rbac.yaml'), ...rulesOf('secrets/rbac.yaml')];
const granted = permissionsIn(rules);

const flags = ['--leader-election=true', '--leader-election-namespace=kube-system'];

/** What the API server was asked for, as `verb resource`, but for reviews, which everybody may ask for. */
async function asked(world: World): Promise<string[]> {
  const samples = await world.metric('csi_attacher_api_requests_total');
  const labels = samples.map((sample) => ({
    verb: /verb="(\w+)"/.exec(sample)?.[1] ?? '',
    resource: /resource="([\w/]+)"/.exec(sample)?.[1] ?? '',
  }));
  return [...new Set(labels.map(({ verb, resource }) => `${verb.toLowerCase()} ${resource}`))].filter(
    (right) => !/selfsubject/.test(right),
  );
}

/** A leader from the start: with a secret, an event that repeats, a node made anew, a volume that goes. */
async function leads(): Promise<string[]> {
  const world = new World({ rbac: true, flags });
  await world.start();
  await world.clock.advance(60_000);
  world.driver.faults.next(10, { kind: 'error', code: Code.Internal });
  await world.request('POST', '/api/v1/namespaces/default/secrets', {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { key: 'value' } },
  });
  await world.addNode('n1');
  await world.addVolume('pv1', { controllerPublishSecretRef: { name: 's', namespace: 'default' } });
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(1_800_000);
  await world.renameNode('n1', 'id-again');
  await world.merge(`${attachmentsPath}/va1/status`, { status: { attached: false } });
  await world.clock.advance(600_000);
  assert.equal((await world.attachment('va1'))?.status.attached, true);
  await world.request('DELETE', '/api/v1/persistentvolumes/pv1');
  await world.deleteAttachment('va1');
  await world.clock.advance(120_000);
  assert.equal(await world.attachment('va1'), undefined);
  const permissions = await asked(world);
  await world.stop();
  return permissions;
}

/** A standby that takes over while what it watches lags behind, so that it has to ask the server itself. */
async function takesOver(): Promise<string[]> {
  const world = new World({ rbac: true, flags });
  const renewTime = new Date(world.clock.now()).toISOString().replace('Z', '000Z');
  await world.request('POST', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases', {
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: leaseName(driverName) } },
    spec: { holderIdentity: 'another', leaseDurationSeconds: 15, acquireTime: renewTime, renewTime },
  });
  await world.start();
  await world.clock.advance(1_000);
  world.fault = ({ path }) =>
    /\/(volumeattachments|persistentvolumes)\?watch/.test(path) ? { answerDelayMs: 60_000 } : undefined;
  world.server.endWatches();
  await world.clock.advance(1_000);
  await world.addNode('n1');
  await world.addVolume('pv1');
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(120_000);
  assert.equal((await world.attachment('va1'))?.status.attached, true);
  const permissions = await asked(world);
  await world.stop();
  return permissions;
}

test('the roles of deploy/ grant each verb that the attacher uses, and no other', async () => {
  const used = new Set([...(await leads()), ...(await takesOver())]);
  assert.deepEqual([...used].sort(), [...new Set(granted.map(({ verb, resource }) => `${verb} ${resource}`))].sort());
});

/** What it works without as well. `secrets` is missed only where a volume names one. */
const optionalRules = [
  { group: '', resource: 'events', verbs: ['create', 'patch'] },
  { group: 'events.k8s.io', resource: 'events', verbs: ['create', 'patch'] },
  { group: '', resource: 'secrets', verbs: ['get'] },
] as const;

test('what the attacher asks for at its start is what deploy/ grants, in the same words', () => {
  const needed = [...requiredRules({ canPublish: true, leaseNamespace: 'kube-system' }), ...optionalRules];
  const asInRoles = needed.map(({ group, resource, verbs }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: [...verbs],
  }));
  const inOrder = (all: Rule[]): string[] => all.map((rule) => JSON.stringify(sorted(rule))).sort();
  assert.deepEqual(inOrder(asInRoles), inOrder(rules));
});

function sorted({ apiGroups = [], resources = [], verbs = [] }: Rule): object {
  return { apiGroups, resources, verbs: [...verbs].sort() };
}

test('the README shows the permissions that deploy/ grants', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const shown = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, text = '']) => objectsIn(text));
  const inOrder = (rules: Rule[]): string[] =>
    permissionsIn(rules)
      .map((right) => JSON.stringify(right))
      .sort();
  assert.deepEqual(inOrder(shown.flatMap(({ rules = [] }) => rules)), inOrder(rules));
});
