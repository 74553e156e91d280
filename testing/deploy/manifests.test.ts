import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it, type TestContext, test } from 'node:test';
import { parseArgs } from '../../src/cli/parse-args.ts';
import { startKubectl } from '../kubectl/replay/binary.ts';
import { startDeployCluster } from './cluster.ts';
import { clientsMissing, clusterTool } from './cluster-tools.ts';
import { containerOf, deployPath, type Manifest, objectsIn, podsOf } from './manifests.ts';
import { type PodSpec, restrictedProblems } from './pod-security.ts';
import { danglingReferences } from './references.ts';
import { schemaProblems } from './schema.ts';

const skip = clientsMissing ?? false;

const made = new Map<string, Promise<string>>();

/** What kubectl makes of a folder with a kustomization, made once. */
function kustomize(folder: string): Promise<string> {
  const known = made.get(folder) ?? makeAll(folder);
  made.set(folder, known);
  return known;
}

async function makeAll(folder: string): Promise<string> {
  const { exitCode, stdout, stderr } = await startKubectl(clusterTool('kubectl'), '', '/', ['kustomize', folder]).ended;
  assert.equal(exitCode, 0, stderr);
  return stdout;
}

/** What kubectl makes of a kustomization that a user would write in a folder of their own. */
async function kustomizeOwn(context: TestContext, files: Record<string, string>): Promise<Manifest[]> {
  const { folder } = await startDeployCluster(context);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return objectsIn(await kustomize(folder));
}

/** Pods that may not be restricted, each with the reason. */
const mayNot: Readonly<Record<string, string>> = {
  'csi-hostpath': 'the driver mounts volumes on its node, and everything in its pod is root for the sake of its socket',
};

for (const folder of ['base', 'deployment', 'statefulset', 'examples/hostpath']) {
  describe(`deploy/${folder}`, { skip }, () => {
    it('has only fields that Kubernetes knows', async () => {
      const objects = objectsIn(await kustomize(deployPath(folder)));
      assert.ok(objects.length >= 5);
      assert.deepEqual(objects.flatMap(schemaProblems), []);
    });

    it('is taken by an API server, field by field, and again without a change', async (context) => {
      const { folder: own, kubectl } = await startDeployCluster(context);
      const text = await kustomize(deployPath(folder));
      const file = join(own, 'all.yaml');
      writeFileSync(file, text);
      const namespaces = objectsIn(text).filter(({ kind }) => kind === 'Namespace');
      for (const { metadata } of namespaces) await kubectl(['create', 'namespace', metadata.name]);
      const dryRun = await kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', file]);
      assert.equal(dryRun.match(/server dry run/g)?.length, objectsIn(text).length, dryRun);
      await kubectl(['apply', '--server-side', '--force-conflicts', '-f', file]);
      assert.match(await kubectl(['get', 'clusterroles,serviceaccounts', '-A', '-o', 'name']), /\/csi-attacher/);
      assert.equal(await kubectl(['diff', '--server-side', '--force-conflicts', '-f', file]), '');
    });

    it('refers only to what is there', async () => {
      const objects = objectsIn(await kustomize(deployPath(folder)));
      assert.deepEqual(danglingReferences(objects), []);
    });

    it('makes pods that pass the restricted profile', async () => {
      for (const { object, pod } of podsOf(objectsIn(await kustomize(deployPath(folder))))) {
        const found = restrictedProblems(pod);
        if (object.metadata.name in mayNot) {
          // All that the attacher itself does there is to run as the owner of the socket.
          const ofAttacher = found.filter((problem) => problem.startsWith('csi-attacher:'));
          assert.deepEqual(ofAttacher, ['csi-attacher: runAsNonRoot is not true', 'csi-attacher: runAsUser is 0']);
        } else assert.deepEqual(found, [], object.metadata.name);
      }
    });

    it('gives the attacher arguments that it understands, and names its ports as they are', async () => {
      for (const { pod } of podsOf(objectsIn(await kustomize(deployPath(folder))))) {
        const { args = [], ports = [], image } = containerOf(pod, 'csi-attacher');
        assert.equal(image, 'csi-attacher:1.0.0');
        const command = parseArgs(args, {});
        assert.ok(command.kind === 'run', JSON.stringify(command));
        assert.deepEqual(command.warnings, []);
        assert.equal(command.config.csiAddress, '/csi/csi.sock');
        const open = command.config.addresses.map(({ text }) => text);
        assert.deepEqual(
          ports.map(({ containerPort }) => `:${containerPort}`),
          open,
        );
      }
    });
  });
}

test('the StatefulSet is the one that pages about the attacher show, word for word', { skip }, async () => {
  const [found] = podsOf(objectsIn(await kustomize(deployPath('statefulset'))));
  assert.ok(found);
  const container = containerOf(found.pod, 'csi-attacher') as { args?: string[]; resources?: unknown };
  assert.equal(
    container.args?.join(' '),
    '--v=5 --csi-address=/csi/csi.sock --leader-election=true --leader-election-namespace=kube-system --timeout=30s ' +
      '--metrics-addr=:8080 --health-addr=:9808',
  );
  const resources = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } };
  assert.deepEqual(container.resources, resources);
});

test('images, namespace and the permission for secrets are set in a kustomization of one’s own', {
  skip,
}, async (context) => {
  const { folder } = await startDeployCluster(context);
  const path = (name: string): string => relative(folder, deployPath(name));
  const objects = await kustomizeOwn(context, {
    'kustomization.yaml': `
namespace: storage
resources: [${path('deployment')}]
components: [${path('secrets')}]
images:
  - { name: csi-attacher, newName: registry.example/csi-attacher, newTag: "1.2" }
  - { name: csi-driver, newName: registry.example/driver, newTag: "3" }
`,
  });
  const [found] = podsOf(objects);
  assert.deepEqual(
    found?.pod.containers.map(({ image }) => image),
    ['registry.example/csi-attacher:1.2', 'registry.example/driver:3'],
  );
  assert.ok(objects.some(({ metadata }) => metadata.name === 'csi-attacher-secrets'));
  for (const { subjects = [] } of objects) for (const subject of subjects) assert.equal(subject.namespace, 'storage');
  assert.deepEqual(danglingReferences(objects), []);
});

test('the exchange puts the attacher’s image into a driver’s manifest and changes nothing else', {
  skip,
}, async (context) => {
  const { folder } = await startDeployCluster(context);
  const driver = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ebs-csi-controller, namespace: kube-system }
spec:
  selector: { matchLabels: { app: ebs-csi-controller } }
  template:
    metadata: { labels: { app: ebs-csi-controller } }
    spec:
      containers:
        - { name: ebs-plugin, image: "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1.40.0" }
        - name: csi-attacher
          image: public.ecr.aws/csi-components/csi-attacher:v4.8.1
          args: [--csi-address=/csi/csi.sock, --leader-election=true]
        - { name: csi-provisioner, image: "registry.k8s.io/sig-storage/csi-provisioner:v5.2.0" }
`;
  const component = relative(folder, deployPath('exchange'));
  const kustomization = `resources: [driver.yaml]\ncomponents: [${component}]\n`;
  const after = await kustomizeOwn(context, { 'driver.yaml': driver, 'kustomization.yaml': kustomization });
  const wanted = objectsIn(driver.replace(/image: public.*csi-attacher:.*/, 'image: csi-attacher:1.0.0-upstream'));
  assert.deepEqual(after, wanted);
});

describe('the check of the restricted profile', () => {
  const securityContext = {
    ...{ allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const good: PodSpec = { containers: [{ name: 'c', image: 'i', securityContext }] };
  const withContext = (change: object): PodSpec => ({
    containers: [{ name: 'c', image: 'i', securityContext: { ...securityContext, ...change } }],
  });

  it('passes a pod that keeps to it', () => assert.deepEqual(restrictedProblems(good), []));

  for (const [pod, problem] of [
    [{ containers: [{ name: 'c', image: 'i' }] }, 'c: runAsNonRoot is not true'],
    [{ ...good, hostNetwork: true }, 'pod: hostNetwork'],
    [{ ...good, volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'pod: volume v is a hostPath'],
    [{ ...good, securityContext: { runAsUser: 0 } }, 'pod: runAsUser is 0'],
    [withContext({ privileged: true }), 'c: privileged'],
    [withContext({ allowPrivilegeEscalation: undefined }), 'c: allowPrivilegeEscalation is not false'],
    [withContext({ runAsUser: 0 }), 'c: runAsUser is 0'],
    [withContext({ seccompProfile: { type: 'Unconfined' } }), 'c: seccompProfile is Unconfined'],
    [withContext({ capabilities: { drop: ['NET_RAW'] } }), 'c: does not drop ALL capabilities'],
    [withContext({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }), 'c: adds SYS_ADMIN'],
    [withContext({ procMount: 'Unmasked' }), 'c: procMount is Unmasked'],
  ] as const) {
    it(`finds: ${problem}`, () => assert.ok(restrictedProblems(pod as PodSpec).includes(problem)));
  }
});

test('the check of fields finds a field that no kind has, and a value of another type', () => {
  const wrong = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: '2', templte: {} } };
  assert.deepEqual(schemaProblems(wrong), [
    'Deployment.spec.replicas is not a number: "2"',
    'Deployment.spec has no field templte (V1DeploymentSpec)',
  ]);
});

test('the pod that is there to try the example out keeps to all of this, too', () => {
  const objects = objectsIn(readFileSync(deployPath('examples/hostpath/try.yaml'), 'utf8'));
  assert.deepEqual(objects.flatMap(schemaProblems), []);
  for (const { pod } of podsOf(objects)) assert.deepEqual(restrictedProblems(pod), []);
});
