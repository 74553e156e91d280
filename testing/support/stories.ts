/** Volumes that hang, and what `explain` says of them. */
import assert from 'node:assert/strict';
import { noLogger } from '../../src/base/log/logger.ts';
import { ApiReader } from '../../src/explain/api/reader.ts';
import { type Explanation, explain } from '../../src/explain/explain.ts';
import { explanationText } from '../../src/explain/render.ts';
import type { Actor, Cause } from '../../src/explain/story/finding.ts';
import { parseTarget } from '../../src/explain/story/target.ts';
import { Requester } from '../../src/kube/client/requester.ts';
import { MemoryTransport } from '../apiserver/memory.ts';
import { staticToken } from './fake-transport.ts';
import { seededRandom } from './seeded-random.ts';
import { driverName, type World } from './world.ts';

export async function ask(world: World, name: string, token = 'admin'): Promise<Explanation> {
  const { clock, server } = world;
  const transport = new MemoryTransport({ server, clock });
  const credentials = staticToken(token);
  const requester = new Requester({ transport, clock, random: seededRandom(1), logger: noLogger, credentials });
  const target = parseTarget([name]);
  assert.ok(typeof target !== 'string');
  const answer = explain({ target, namespace: 'shop', reader: new ApiReader(requester), nowMs: clock.now() });
  await clock.advance(20);
  const explanation = await answer;
  transport.close();
  return explanation;
}

interface Expected {
  cause: Cause;
  acts: Actor;
  /** In the text, next step and command among them. */
  says: readonly RegExp[];
  exitCode: 0 | 3 | 4;
}

export async function expectStory(
  world: World,
  name: string,
  { cause, acts, says, exitCode }: Expected,
): Promise<void> {
  const explanation = await ask(world, name);
  const text = explanationText(explanation, { language: 'en', colour: false });
  const findings = explanation.stories.flatMap(({ chapters }) => chapters.map(({ finding }) => finding));
  const found = findings.find((finding) => finding.cause === cause);
  assert.ok(found, `not ${cause}:\n${text}`);
  assert.equal(found.acts, acts, text);
  assert.equal(explanation.exitCode, exitCode, text);
  for (const pattern of says) assert.match(text, pattern);
  assert.doesNotMatch(text, /\{\w+\}/, 'a value is missing');
}

/** A namespace with a claim that is bound to pv1, and the node, driver and lease of a cluster that is well. */
export async function cluster(world: World): Promise<void> {
  await world.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
  });
  await world.request('POST', '/apis/storage.k8s.io/v1/csidrivers', {
    ...{ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: driverName } },
    spec: { attachRequired: true },
  });
  for (const name of ['n1', 'n2'])
    await world.request('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name } });
  await world.addNode('n1');
  await world.addNode('n2');
  await world.addVolume(
    'pv1',
    {},
    { claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' } },
  );
  await claim(world, 'pv1', 'Bound');
}

export async function claim(world: World, volumeName: string | undefined, phase: string): Promise<void> {
  const path = '/api/v1/namespaces/shop/persistentvolumeclaims';
  await world.request('POST', path, {
    ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'shop' } },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...(volumeName === undefined ? {} : { volumeName }),
    },
  });
  await world.merge(`${path}/data/status`, { status: { phase } });
}

export async function pod(world: World, name: string, nodeName: string, phase = 'Pending'): Promise<void> {
  const path = '/api/v1/namespaces/shop/pods';
  await world.request('POST', path, {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' } },
    spec: {
      ...(nodeName === '' ? {} : { nodeName }),
      containers: [{ name: 'app', image: 'app' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
    },
  });
  await world.merge(`${path}/${name}/status`, { status: { phase } });
}

/** As an attacher with leader election leaves it; `ageMs` since the last renewal. */
export async function lease(world: World, holderIdentity: string, ageMs = 0): Promise<void> {
  await world.request('POST', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases', {
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
    metadata: { name: 'external-attacher-leader-test-csi-example', namespace: 'kube-system' },
    spec: {
      ...{ holderIdentity, leaseDurationSeconds: 15 },
      renewTime: new Date(world.clock.now() - ageMs).toISOString().replace('Z', '000Z'),
    },
  });
}
