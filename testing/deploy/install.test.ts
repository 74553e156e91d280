import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { CoreClient } from '../apiserver/core-client.ts';
import { startDriver } from '../csi-driver/index.ts';
import { AttacherProcess } from '../support/attacher-process.ts';
import { attachmentName, csiNode, paths, persistentVolume, volumeAttachment } from '../support/cluster-objects.ts';
import { chart, driverChart, helmWith, withDriver } from './chart.ts';
import { type DeployCluster, startDeployCluster } from './cluster.ts';
import { clientsMissing } from './cluster-tools.ts';
import { containerOf, type Manifest, podsOf } from './manifests.ts';

const skip = clientsMissing ?? false;
const driver = 'installed.csi.example';

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Values by which the attacher can run here, outside of a pod. */
async function placed(cluster: DeployCluster): Promise<object> {
  return {
    socket: { directory: cluster.folder },
    metrics: { port: await freePort() },
    health: { port: await freePort() },
    leaderElection: { leaseDuration: '4s', renewDeadline: '3s', retryPeriod: '500ms' },
  };
}

/** The deployment that was installed, as the API server has it. */
async function installed(cluster: DeployCluster): Promise<Manifest> {
  const text = await cluster.kubectl(['get', 'deployments', '-n', 'storage', '-o', 'yaml']);
  const [list] = parseAllDocuments(text).map((document) => document.toJS() as { items: Manifest[] });
  const [deployment] = list?.items ?? [];
  assert.ok(deployment);
  return deployment;
}

/** Starts the container that was installed, with its arguments, and as its account. The kubeconfig stands for the pod's files. */
async function runInstalled(context: TestContext, cluster: DeployCluster): Promise<AttacherProcess> {
  const [found] = podsOf([await installed(cluster)]);
  assert.ok(found);
  const { args = [], env = [] } = containerOf(found.pod, 'csi-attacher');
  const account = `system:serviceaccount:storage:${found.pod.serviceAccountName}`;
  const kubeconfig = cluster.file('attacher.kubeconfig', cluster.server.kubeconfig(account));
  const variables = Object.fromEntries(env.map(({ name, value = '' }) => [name, value]));
  return new AttacherProcess(context, { args: [...args, `--kubeconfig=${kubeconfig}`], env: variables });
}

/** Attaches one volume and detaches it, and looks at both ends. */
async function attachAndDetach(context: TestContext, cluster: DeployCluster): Promise<AttacherProcess> {
  const csi = await startDriver({ socketPath: join(cluster.folder, 'csi.sock'), name: driver });
  context.after(() => csi.close());
  const attacher = await runInstalled(context, cluster);
  const admin = new CoreClient(cluster.server.core, cluster.server.token('admin'));
  const volume = { name: 'pv-1', driver, handle: 'h-1' };
  admin.create(paths.csiNodes, csiNode('n1', { [driver]: 'id-n1' }));
  admin.create(paths.volumes, persistentVolume(volume));
  admin.create(paths.attachments, volumeAttachment({ ...volume, nodeName: 'n1' }));
  const path = `${paths.attachments}/${attachmentName('h-1', driver, 'n1')}`;
  const attached = (): unknown => (admin.get(path).body as { status?: { attached?: boolean } }).status?.attached;
  await until(() => attached() === true, attacher);
  assert.deepEqual(
    [...csi.core.ledger.entries()].map(({ volumeId, nodeId }) => `${volumeId}@${nodeId}`),
    ['h-1@id-n1'],
  );
  admin.delete(path);
  await until(() => admin.get(path).status === 404, attacher);
  assert.equal(csi.core.ledger.size, 0);
  assert.doesNotMatch(attacher.output, /orbidden/);
  attacher.signal('SIGTERM');
  assert.equal(await attacher.ended, 0);
  return attacher;
}

async function until(condition: () => boolean, attacher: AttacherProcess): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, attacher.output);
    await delay(20);
  }
}

test('helm installs, upgrades and removes the chart, and what it installed attaches and detaches', {
  skip,
}, async (context) => {
  const cluster = await startDeployCluster(context);
  const [namespace, values] = [['--namespace', 'storage'], withDriver(await placed(cluster))];
  await cluster.kubectl(['create', 'namespace', 'storage']);
  await helmWith(cluster, ['install', 'csi-attacher', chart, ...namespace], values);
  const attacher = await attachAndDetach(context, cluster);
  assert.match(attacher.output, /Became leader/);
  const changed = { ...values, timeout: '45s' };
  await helmWith(cluster, ['upgrade', 'csi-attacher', chart, ...namespace], changed);
  const [found] = podsOf([await installed(cluster)]);
  assert.ok(found?.pod.containers[0]?.args?.includes('--timeout=45s'));
  await cluster.helm(['uninstall', 'csi-attacher', ...namespace]);
  const kinds = 'deployments,serviceaccounts,roles,rolebindings,poddisruptionbudgets,networkpolicies,secrets';
  assert.equal(await cluster.kubectl(['get', kinds, ...namespace, '-o', 'name']), '');
});

test('a driver’s chart with this one in it installs, and its attacher attaches and detaches', {
  skip,
}, async (context) => {
  const cluster = await startDeployCluster(context);
  await cluster.kubectl(['create', 'namespace', 'storage']);
  const values = { 'csi-attacher': await placed(cluster) };
  await helmWith(cluster, ['install', 'x', await driverChart(cluster), '--namespace', 'storage'], values);
  await attachAndDetach(context, cluster);
});
