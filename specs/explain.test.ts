import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../src/csi/errors.ts';
import { explanationText } from '../src/explain/render.ts';
import { ask, claim, cluster, expectStory, lease, pod } from '../testing/support/stories.ts';
import { attachmentsPath, driverName, finalizer, inWorld, type World } from '../testing/support/world.ts';

const publish = { method: 'ControllerPublishVolume' } as const;
const unpublish = { method: 'ControllerUnpublishVolume' } as const;
const always = 1_000;
const minute = 60_000;

/** One situation: an attacher at work, unless `attacher` is false, and a pod that waits on n1. */
function situation(name: string, body: (world: World) => Promise<void>, flags: readonly string[] = []): void {
  test(name, () =>
    inWorld({ flags }, async (world) => {
      await cluster(world);
      await body(world);
    }),
  );
}

/** An attachment that our attacher leaves alone, to set a scene by hand: only the API is asked. */
async function untouched(world: World, object: object): Promise<void> {
  await world.stop();
  await world.storeAttachment(object as never);
}

const spec = { attacher: driverName, nodeName: 'n1', source: { persistentVolumeName: 'pv1' } };

for (const [kind, code, cause] of [
  ['uncertain', Code.DeadlineExceeded, 'driverUncertain'],
  ['final', Code.FailedPrecondition, 'driverFinal'],
] as const) {
  situation(`a driver's ${kind} error is told with what its code means`, async (world) => {
    world.driver.faults.next(always, { kind: 'error', code, message: 'disk is on i-0abc' }, publish);
    await pod(world, 'db-0', 'n1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(100);
    await expectStory(world, 'pod/db-0', {
      ...{ cause, acts: 'storageAdministrator', exitCode: 4 },
      says: [
        /Pod shop\/db-0 is to run on node n1/,
        /disk is on i-0abc/,
        code === 9 ? /attached elsewhere/ : /still be at it/,
        /log/,
      ],
    });
  });
}

situation('a driver that does not answer', async (world) => {
  world.driver.faults.next(always, { kind: 'error', code: Code.Unavailable, message: 'connection refused' }, publish);
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(100);
  await expectStory(world, 'pvc/data', {
    cause: 'driverDown',
    acts: 'attacherOperator',
    exitCode: 4,
    says: [/does not answer/, /\$ kubectl/],
  });
});

situation('a driver whose container is down, so that nobody leads', async (world) => {
  await lease(world, '');
  const path = '/api/v1/namespaces/kube-system/pods';
  await world.request('POST', path, {
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'ctl-0', namespace: 'kube-system' } },
    spec: {
      containers: [
        { name: 'csi-attacher', image: 'csi-attacher' },
        { name: 'driver', image: driverName },
      ],
    },
  });
  const containerStatuses = [
    { name: 'csi-attacher', ready: true, restartCount: 0, image: 'a', imageID: '', state: { running: {} } },
    {
      name: 'driver',
      ready: false,
      restartCount: 9,
      image: 'd',
      imageID: '',
      state: { waiting: { reason: 'CrashLoopBackOff' } },
    },
  ];
  await world.merge(`${path}/ctl-0/status`, { status: { containerStatuses } });
  await untouched(world, { metadata: { name: 'va1' }, spec });
  await expectStory(world, 'va/va1', {
    ...{ cause: 'driverDown', acts: 'attacherOperator', exitCode: 4 },
    says: [/CrashLoopBackOff/, /\$ kubectl -n kube-system logs ctl-0 -c driver/],
  });
});

situation('a node without CSINode', async (world) => {
  await world.request('DELETE', '/apis/storage.k8s.io/v1/csinodes/n1');
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(100);
  await expectStory(world, 'pv/pv1', {
    cause: 'csiNodeMissing',
    acts: 'clusterAdministrator',
    exitCode: 4,
    says: [/has no CSINode/, /\$ kubectl describe node n1/],
  });
});

situation('a driver that is not on the CSINode', async (world) => {
  await world.merge('/apis/storage.k8s.io/v1/csinodes/n1', { spec: { drivers: [] } });
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(100);
  await expectStory(world, 'pv/pv1', {
    cause: 'driverNotOnNode',
    acts: 'clusterAdministrator',
    exitCode: 4,
    says: [/not registered on node n1/, /spec\.nodeName=n1/],
  });
});

situation('a volume that is gone', async (world) => {
  await world.addAttachment('va1', 'pv9', 'n1');
  await world.clock.advance(100);
  await expectStory(world, 'va/va1', {
    cause: 'volumeGone',
    acts: 'clusterAdministrator',
    exitCode: 4,
    says: [/pv9 does not exist/, /\$ kubectl get pv pv9/],
  });
});

test('a claim that has no volume', () =>
  inWorld({}, async (world) => {
    await world.request('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop' },
    });
    await claim(world, undefined, 'Pending');
    await pod(world, 'db-0', '');
    await expectStory(world, 'pod/db-0', {
      cause: 'claimPending',
      acts: 'nobody',
      exitCode: 3,
      says: [/Claim shop\/data has no volume/, /describe pvc data/, /provisioner/],
    });
  }));

situation('a secret that is missing', async (world) => {
  await world.addVolume('pv2', { controllerPublishSecretRef: { name: 'keys', namespace: 'shop' } });
  await world.addAttachment('va2', 'pv2', 'n1');
  await world.clock.advance(100);
  await expectStory(world, 'pv/pv2', {
    cause: 'secretMissing',
    acts: 'storageAdministrator',
    exitCode: 4,
    says: [/secret shop\/keys/, /\$ kubectl -n shop get secret keys/],
  });
});

test('a permission that is missing', () =>
  inWorld({ rbac: true }, async (world) => {
    await cluster(world);
    await world.forbid('secrets');
    await world.addVolume('pv2', { controllerPublishSecretRef: { name: 'keys', namespace: 'shop' } });
    await world.addAttachment('va2', 'pv2', 'n1');
    await world.clock.advance(100);
    await expectStory(world, 'pv/pv2', {
      cause: 'permissionMissing',
      acts: 'clusterAdministrator',
      exitCode: 4,
      says: [/resources: \["secrets"\], verbs: \["get"\]/],
    });
  }));

situation("somebody else's finalizer", async (world) => {
  await world.addAttachment('va1', 'pv1', 'n1', { finalizers: ['example.com/hold'] });
  await world.clock.advance(100);
  await world.deleteAttachment('va1');
  await world.clock.advance(100);
  await expectStory(world, 'va/va1', {
    cause: 'foreignFinalizer',
    acts: 'finalizerOwner',
    exitCode: 4,
    says: [/example\.com\/hold/, /volume itself is detached/],
  });
});

situation('an attach that is refused because the volume is being deleted', async (world) => {
  await world.merge('/api/v1/persistentvolumes/pv1', { metadata: { finalizers: ['example.com/hold'] } });
  await world.request('DELETE', '/api/v1/persistentvolumes/pv1');
  await pod(world, 'db-0', 'n1');
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(100);
  await expectStory(world, 'pv/pv1', {
    cause: 'volumeDeleting',
    acts: 'podOwner',
    exitCode: 4,
    says: [/marked for deletion/, /\$ kubectl -n shop delete pod db-0/],
  });
});

situation(
  'an attach that has timed out, and its last cause',
  async (world) => {
    world.driver.faults.next(always, { kind: 'error', code: Code.Internal, message: 'backend sick' }, publish);
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(5 * minute);
    await expectStory(world, 'va/va1', {
      cause: 'driverFinal',
      acts: 'storageAdministrator',
      exitCode: 4,
      says: [/timed out after 2m0s/, /backend sick/, /is still tried/],
    });
  },
  ['--volume-attachment-timeout=2m'],
);

situation('nobody leads', async (world) => {
  await lease(world, 'ctl-1', 5 * minute);
  await untouched(world, { metadata: { name: 'va1' }, spec });
  await expectStory(world, 'va/va1', {
    cause: 'noLeader',
    acts: 'attacherOperator',
    exitCode: 4,
    says: [/nobody has renewed lease kube-system\/external-attacher-leader-test-csi-example since 6m ago/, /get lease/],
  });
});

situation('an attachment for an attacher that nobody knows', async (world) => {
  await untouched(world, {
    metadata: { name: 'va1' },
    spec: { ...spec, attacher: 'typo.example', source: { persistentVolumeName: 'pv7' } },
  });
  await expectStory(world, 'va/va1', {
    cause: 'unknownAttacher',
    acts: 'clusterAdministrator',
    exitCode: 4,
    says: [/typo\.example/, /\$ kubectl get csidrivers/],
  });
});

situation('an attachment that Kubernetes has not made yet', async (world) => {
  await pod(world, 'db-0', 'n1');
  await expectStory(world, 'pod/db-0', {
    cause: 'notYetMade',
    acts: 'nobody',
    exitCode: 3,
    says: [/attach\/detach controller/],
  });
  await world.clock.advance(10 * minute);
  await expectStory(world, 'pod/db-0', {
    cause: 'notMade',
    acts: 'clusterAdministrator',
    exitCode: 4,
    says: [/kube-controller-manager/],
  });
});

situation('a volume that other pods hold on another node', async (world) => {
  await pod(world, 'old-0', 'n2', 'Running');
  await world.addAttachment('va2', 'pv1', 'n2');
  await world.clock.advance(100);
  await pod(world, 'new-0', 'n1');
  await expectStory(world, 'pod/new-0', {
    cause: 'multiAttach',
    acts: 'podOwner',
    exitCode: 4,
    says: [/n2: shop\/old-0 \(Running\)/, /Multi-Attach/, /describe pod old-0/],
  });
});

situation("two drivers' attachments of one volume", async (world) => {
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.storeAttachment({
    metadata: { name: 'other' },
    spec: { ...spec, nodeName: 'n2', attacher: 'old.example' },
  } as never);
  await world.clock.advance(100);
  await expectStory(world, 'pv/pv1', {
    cause: 'mixedAttachers',
    acts: 'clusterAdministrator',
    exitCode: 4,
    says: [/other \(old\.example\)/, /get volumeattachment other/],
  });
  await expectStory(world, 'pv/pv1', {
    cause: 'wrongAttacher',
    acts: 'clusterAdministrator',
    exitCode: 4,
    says: [/belongs to driver "test\.csi\.example"/],
  });
});

situation('a webhook that denies', async (world) => {
  await untouched(world, {
    ...{ metadata: { name: 'va1', finalizers: [finalizer] }, spec },
    status: {
      attached: false,
      attachError: {
        time: '2026-01-01T00:00:00Z',
        message: 'admission webhook "guard.example.com" denied the request: no',
      },
    },
  });
  await expectStory(world, 'va/va1', {
    cause: 'webhookDenies',
    acts: 'webhookOwner',
    exitCode: 4,
    says: [/guard\.example\.com/, /webhookconfigurations/],
  });
});

for (const [name, change, cause, exitCode] of [
  ['gone', undefined, 'nodeGone', 3],
  ['down', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }, 'nodeDown', 4],
  [
    'out of service',
    { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } },
    'nodeOutOfService',
    3,
  ],
] as const) {
  situation(`a node that is ${name}`, async (world) => {
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(100);
    if (change === undefined) await world.request('DELETE', '/api/v1/nodes/n1');
    else await world.merge(`/api/v1/nodes/n1${'status' in change ? '/status' : ''}`, change);
    const acts = cause === 'nodeDown' ? 'clusterAdministrator' : 'nobody';
    await expectStory(world, 'pv/pv1', {
      cause,
      acts,
      exitCode,
      says: [cause === 'nodeDown' ? /\$ kubectl taint nodes n1/ : /attach\/detach controller/],
    });
  });
}

situation('a detach that never succeeds', async (world) => {
  world.driver.faults.next(always, { kind: 'error', code: Code.Internal, message: 'will not let go' }, unpublish);
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(100);
  await world.deleteAttachment('va1');
  await world.clock.advance(30 * minute);
  await expectStory(world, 'va/va1', {
    cause: 'detachFails',
    acts: 'storageAdministrator',
    exitCode: 4,
    says: [/for 30m by now/, /will not let go/, /Never remove the finalizer by hand/],
  });
});

situation('an attach that waits behind a full backlog', async (world) => {
  await world.stop();
  await lease(world, 'host');
  for (let index = 0; index < 30; index++) {
    await world.storeAttachment({
      metadata: { name: `va-${index}` },
      spec: { ...spec, source: { persistentVolumeName: `p${index}` } },
    } as never);
  }
  await world.storeAttachment({ metadata: { name: 'last' }, spec } as never);
  await expectStory(world, 'va/last', {
    cause: 'behindBacklog',
    acts: 'nobody',
    exitCode: 3,
    says: [/30 others/, /--worker-threads/],
  });
});

situation('all is well, and kubelet is the one who is waited for', async (world) => {
  await pod(world, 'db-0', 'n1');
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(100);
  await expectStory(world, 'pod/db-0', {
    cause: 'kubeletWaits',
    acts: 'nobody',
    exitCode: 3,
    says: [/The volume is attached to node n1/, /describe pod db-0/],
  });
  await world.merge('/api/v1/namespaces/shop/pods/db-0/status', { status: { phase: 'Running' } });
  await expectStory(world, 'pod/db-0', { cause: 'allWell', acts: 'nobody', exitCode: 0, says: [/All is well/] });
  await expectStory(world, 'data', { cause: 'allWell', acts: 'nobody', exitCode: 0, says: [/Claim shop\/data/] });
});

situation('what may not be read is said, and gone on without', async (world) => {
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(100);
  const explanation = await ask(world, 'va/va1', 'attacher');
  const text = explanationText(explanation, { language: 'en', colour: false });
  assert.ok(explanation.found, text);
  assert.match(text, /leases: this account may not read them/);
  assert.match(text, /attached to node n1/);
});

test('what does not exist', () =>
  inWorld({}, async (world) => {
    const explanation = await ask(world, `pv/nothing`);
    assert.deepEqual([explanation.found, explanation.exitCode], [false, 1]);
    assert.equal(await world.tryRequest('GET', `${attachmentsPath}/nothing`), undefined);
  }));
