import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseArgs } from '../../src/cli/parse-args.ts';
import { chart, driverChart, helmWith, template, withDriver } from './chart.ts';
import { startDeployCluster } from './cluster.ts';
import { clientsMissing } from './cluster-tools.ts';
import { containerOf, type Manifest, permissionsIn, podsOf, rulesOf } from './manifests.ts';
import { restrictedProblems } from './pod-security.ts';
import { danglingReferences } from './references.ts';
import { schemaProblems } from './schema.ts';

const skip = clientsMissing ?? false;

const everything = {
  image: { repository: 'registry.example/csi-attacher', tag: '1.2.3-upstream', pullSecrets: ['pull'] },
  ...{ defaults: 'upstream', logLevel: 5, logFormat: 'json', timeout: '1m30s', workerThreads: 50, kubeApiQps: 20.5 },
  ...{ defaultFsType: 'xfs', extraArgs: ['--max-entries=100'], extraEnv: [{ name: 'TZ', value: 'UTC' }] },
  socket: { directory: '/run/csi/', file: 'driver.sock', volume: 'sockets' },
  leaderElection: { namespace: 'leases', leaseDuration: '30s', renewDeadline: '20s', retryPeriod: '5s' },
  metrics: { port: 9090, podMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '15s' } },
  ...{ health: { port: 9091 }, fullnameOverride: 'attacher', serviceAccount: { annotations: { a: 'b' } } },
  ...{ rbac: { secretNamespaces: ['one', '*'] }, networkPolicy: { metricsFrom: [] } },
};
const pods = {
  ...{ replicas: 3, podLabels: { team: 'storage' }, podAnnotations: { a: 'b' }, priorityClassName: 'high' },
  ...{ nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }], annotations: { a: 'b' }, labels: { c: 'd' } },
  affinity: { nodeAffinity: {} },
};

const valueSets: Readonly<Record<string, object>> = {
  'little more than a driver': withDriver(),
  'every value': withDriver(everything, pods),
  'one replica without election': withDriver({ leaderElection: { enabled: false } }, { replicas: 1 }),
  'permissions alone': { deployment: { create: false } },
  'nothing but pods': withDriver({
    ...{ rbac: { create: false }, serviceAccount: { create: false, name: 'there-already' } },
    ...{ podDisruptionBudget: { create: false }, networkPolicy: { create: false } },
  }),
};

/** The attacher's arguments, understood. */
function configOf(objects: readonly Manifest[]) {
  const [found] = podsOf(objects);
  assert.ok(found);
  const command = parseArgs(containerOf(found.pod, 'csi-attacher').args ?? [], {});
  assert.ok(command.kind === 'run', JSON.stringify(command));
  assert.deepEqual(command.warnings, []);
  return command.config;
}

for (const [name, values] of Object.entries(valueSets)) {
  test(`the chart with ${name} is whole, and its pods pass the restricted profile`, { skip }, async (context) => {
    const cluster = await startDeployCluster(context);
    await helmWith(cluster, ['lint', chart, '--strict'], values);
    const objects = await template(cluster, values);
    const ofKubernetes = objects.filter(({ apiVersion }) => !apiVersion.startsWith('monitoring.coreos.com/'));
    assert.deepEqual(ofKubernetes.flatMap(schemaProblems), []);
    const missing = danglingReferences(objects);
    assert.deepEqual(missing, name === 'nothing but pods' ? ['there-already'] : []);
    for (const { pod } of podsOf(objects)) {
      assert.deepEqual(restrictedProblems(pod), []);
      configOf(objects);
    }
  });
}

test('every value arrives at the attacher', { skip }, async (context) => {
  const objects = await template(await startDeployCluster(context), withDriver(everything, pods));
  const config = configOf(objects);
  assert.equal(config.csiAddress, '/run/csi/driver.sock');
  assert.deepEqual(
    config.addresses.map(({ text }) => text),
    [':9090', ':9091'],
  );
  const { timeoutMs, workerThreads, kubeApiQps, defaultFsType, verbosity, loggingFormat, maxEntries } = config;
  assert.deepEqual(
    { timeoutMs, workerThreads, kubeApiQps, defaultFsType, verbosity, loggingFormat, maxEntries },
    {
      ...{ timeoutMs: 90_000, workerThreads: 50, kubeApiQps: 20.5, defaultFsType: 'xfs', verbosity: 5 },
      ...{ loggingFormat: 'json', maxEntries: 100 },
    },
  );
  const { leaderElectionNamespace, leaderElectionLeaseDurationMs, leaderElectionRenewDeadlineMs } = config;
  assert.deepEqual(
    { leaderElectionNamespace, leaderElectionLeaseDurationMs, leaderElectionRenewDeadlineMs },
    {
      ...{ leaderElectionNamespace: 'leases', leaderElectionLeaseDurationMs: 30_000 },
      leaderElectionRenewDeadlineMs: 20_000,
    },
  );
  const lease = objects.find(({ kind, rules }) => kind === 'Role' && rules?.[0]?.resources.includes('leases'));
  assert.equal(lease?.metadata.namespace, 'leases');
  assert.equal(podsOf(objects)[0]?.pod.containers[0]?.image, 'registry.example/csi-attacher:1.2.3-upstream');
});

test('the chart grants the permissions that deploy/ grants, and that for secrets only where it is asked for', {
  skip,
}, async (context) => {
  const cluster = await startDeployCluster(context);
  const granted = async (values: object): Promise<string[]> => {
    const rules = (await template(cluster, values)).flatMap(({ rules = [] }) => rules);
    return permissionsIn(rules).map((permission) => JSON.stringify(permission));
  };
  const [base, secrets] = ['base/rbac.yaml', 'secrets/rbac.yaml'].map((path) =>
    permissionsIn(rulesOf(path)).map((permission) => JSON.stringify(permission)),
  );
  assert.ok(base && secrets);
  assert.deepEqual((await granted(withDriver())).sort(), base.sort());
  const withSecrets = await granted(withDriver({ rbac: { secretNamespaces: ['*'] } }));
  assert.deepEqual(withSecrets.sort(), [...base, ...secrets].sort());
});

for (const [what, values, message] of [
  ['two replicas without election', withDriver({ leaderElection: { enabled: false } }), /work on the same volumes/],
  ['no driver', {}, /deployment\.driverContainers is empty: .*List the driver’?'?s containers/],
  ['an account that is not named', withDriver({ serviceAccount: { create: false } }), /serviceAccount\.name must be/],
  ['a value that there is not', withDriver({ worker: 5 }), /worker/],
  ['a duration without a unit', withDriver({ timeout: '30' }), /timeout/],
  ['defaults that there are not', withDriver({ defaults: 'mine' }), /defaults/],
  ['a monitor of pods that are not its own', podMonitorOnly(), /podMonitor\.enabled needs deployment\.create/],
] as const) {
  test(`the chart refuses ${what}, and says so`, { skip }, async (context) => {
    await assert.rejects(template(await startDeployCluster(context), values), message);
  });
}

function podMonitorOnly(): object {
  return { deployment: { create: false }, metrics: { podMonitor: { enabled: true } } };
}

async function dependency(context: TestContext): Promise<Manifest[]> {
  const cluster = await startDeployCluster(context);
  return template(cluster, {}, await driverChart(cluster));
}

test('a driver’s chart that has this one as a dependency gets the container, the volume and the permissions', {
  skip,
}, async (context) => {
  const objects = await dependency(context);
  assert.deepEqual(objects.map(({ kind }) => kind).sort(), [
    ...['ClusterRole', 'ClusterRoleBinding', 'Deployment', 'Role', 'RoleBinding', 'ServiceAccount'],
  ]);
  assert.deepEqual(objects.flatMap(schemaProblems), []);
  assert.deepEqual(danglingReferences(objects), []);
  const [found] = podsOf(objects);
  assert.deepEqual(
    found?.pod.containers.map(({ name, image }) => [name, image]),
    [
      ['csi-attacher', 'registry.example/csi-attacher:1.0.0'],
      ['driver', 'registry.example/some-driver:1'],
    ],
  );
  assert.equal(configOf(objects).csiAddress, '/csi/csi.sock');
  assert.equal(configOf(objects).leaderElectionNamespace, 'storage');
});
