import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from './config.ts';
import { parseArgs } from './parse-args.ts';

/** A container's arguments as they stand in a public manifest, after the kubelet has filled in its variables. */
interface Manifest {
  readonly driver: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** What must come out where it is not upstream's default. */
  readonly expected: Partial<Config>;
  readonly listens?: string;
  readonly warnings?: number;
}

const manifests: Manifest[] = [
  {
    driver: 'AWS EBS',
    args: ['--csi-address=/var/lib/csi/sockets/pluginproxy/csi.sock', '--v=2', '--leader-election=true'],
    expected: { csiAddress: '/var/lib/csi/sockets/pluginproxy/csi.sock', verbosity: 2, leaderElection: true },
  },
  {
    driver: 'AWS EBS on OpenShift',
    args: [
      '--csi-address=/var/lib/csi/sockets/pluginproxy/csi.sock',
      '--http-endpoint=localhost:8204',
      '--leader-election',
      '--leader-election-lease-duration=137s',
      '--leader-election-renew-deadline=107s',
      '--leader-election-retry-period=26s',
      '--leader-election-namespace=openshift-cluster-csi-drivers',
      '--v=2',
      '--timeout=60s',
    ],
    expected: {
      csiAddress: '/var/lib/csi/sockets/pluginproxy/csi.sock',
      leaderElection: true,
      leaderElectionLeaseDurationMs: 137_000,
      leaderElectionRenewDeadlineMs: 107_000,
      leaderElectionRetryPeriodMs: 26_000,
      leaderElectionNamespace: 'openshift-cluster-csi-drivers',
      verbosity: 2,
      timeoutMs: 60_000,
      reconcileTimeoutMs: 60_000,
    },
    listens: 'localhost:8204',
  },
  {
    driver: 'Azure Disk',
    args: ['-v=2', '-csi-address=/csi/csi.sock', '-timeout=600s', '-leader-election', '-worker-threads=500'],
    expected: {
      verbosity: 2,
      csiAddress: '/csi/csi.sock',
      timeoutMs: 600_000,
      reconcileTimeoutMs: 600_000,
      leaderElection: true,
      workerThreads: 500,
    },
  },
  {
    driver: 'GCE PD',
    args: [
      '--v=5',
      '--csi-address=/csi/csi.sock',
      '--http-endpoint=:22012',
      '--leader-election',
      '--leader-election-namespace=gce-pd-csi-driver',
      '--timeout=250s',
    ],
    expected: {
      verbosity: 5,
      csiAddress: '/csi/csi.sock',
      leaderElection: true,
      leaderElectionNamespace: 'gce-pd-csi-driver',
      timeoutMs: 250_000,
      reconcileTimeoutMs: 250_000,
    },
    listens: ':22012',
  },
  {
    driver: 'vSphere',
    args: [
      '--v=4',
      '--timeout=300s',
      '--csi-address=/csi/csi.sock',
      '--leader-election',
      '--kube-api-qps=100',
      '--kube-api-burst=100',
    ],
    expected: {
      verbosity: 4,
      timeoutMs: 300_000,
      reconcileTimeoutMs: 300_000,
      csiAddress: '/csi/csi.sock',
      leaderElection: true,
      kubeApiQps: 100,
      kubeApiBurst: 100,
    },
  },
  {
    driver: 'Longhorn',
    args: [
      '--v=2',
      '--csi-address=/csi/csi.sock',
      '--timeout=1m50s',
      '--retry-interval-max=1m',
      '--leader-election',
      '--leader-election-namespace=longhorn-system',
      '--kube-api-qps=50',
      '--kube-api-burst=100',
      '--http-endpoint=:8000',
    ],
    env: { POD_NAMESPACE: 'other' },
    expected: {
      verbosity: 2,
      csiAddress: '/csi/csi.sock',
      timeoutMs: 110_000,
      reconcileTimeoutMs: 110_000,
      retryIntervalMaxMs: 60_000,
      leaderElection: true,
      leaderElectionNamespace: 'longhorn-system',
      kubeApiQps: 50,
      kubeApiBurst: 100,
    },
    listens: ':8000',
  },
  {
    driver: 'Longhorn of 2018, with a flag that is gone',
    args: [
      '--v=5',
      '--csi-address=/csi/csi.sock',
      '--leader-election',
      '--leader-election-namespace=longhorn-system',
      '--leader-election-identity=csi-attacher-0',
    ],
    expected: {
      verbosity: 5,
      csiAddress: '/csi/csi.sock',
      leaderElection: true,
      leaderElectionNamespace: 'longhorn-system',
    },
    warnings: 1,
  },
  {
    driver: 'Ceph RBD in an IPv6 cluster',
    args: [
      '--v=1',
      '--csi-address=/csi/csi-provisioner.sock',
      '--leader-election=true',
      '--retry-interval-start=500ms',
      '--default-fstype=ext4',
      '--http-endpoint=fd00:10:244::12:8093',
    ],
    expected: {
      verbosity: 1,
      csiAddress: '/csi/csi-provisioner.sock',
      leaderElection: true,
      retryIntervalStartMs: 500,
      defaultFsType: 'ext4',
    },
    listens: 'fd00:10:244::12:8093',
  },
  {
    driver: 'Ceph file system by Rook, with a flag that is gone',
    args: [
      '--v=5',
      '--csi-address=/csi/csi-provisioner.sock',
      '--leader-election=true',
      '--leader-election-type=leases',
      '--leader-election-namespace=rook-ceph',
    ],
    expected: {
      verbosity: 5,
      csiAddress: '/csi/csi-provisioner.sock',
      leaderElection: true,
      leaderElectionNamespace: 'rook-ceph',
    },
    warnings: 1,
  },
  {
    driver: 'OpenStack Cinder',
    args: ['--v=5', '--csi-address=/var/lib/csi/sockets/pluginproxy/csi.sock'],
    expected: { verbosity: 5, csiAddress: '/var/lib/csi/sockets/pluginproxy/csi.sock' },
  },
  { driver: 'Hetzner Cloud', args: ['--default-fstype=ext4'], expected: { defaultFsType: 'ext4' } },
  {
    driver: 'DigitalOcean',
    args: ['--csi-address=/var/lib/csi/sockets/pluginproxy/csi.sock', '--v=5', '--reconcile-sync=30m', '--timeout=2m'],
    expected: {
      csiAddress: '/var/lib/csi/sockets/pluginproxy/csi.sock',
      verbosity: 5,
      reconcileSyncMs: 1_800_000,
      timeoutMs: 120_000,
      reconcileTimeoutMs: 120_000,
    },
  },
  {
    driver: 'Dell PowerStore',
    args: [
      '--csi-address=/var/run/csi/csi.sock',
      '--v=5',
      '--leader-election',
      '--worker-threads=130',
      '--resync=10s',
      '--timeout=130s',
    ],
    env: { POD_NAMESPACE: 'csi-powerstore' },
    expected: {
      csiAddress: '/var/run/csi/csi.sock',
      verbosity: 5,
      leaderElection: true,
      leaderElectionNamespace: 'csi-powerstore',
      workerThreads: 130,
      resyncMs: 10_000,
      timeoutMs: 130_000,
      reconcileTimeoutMs: 130_000,
    },
  },
  {
    driver: 'a driver whose manifest kept klog’s output flags',
    args: ['--csi-address=/csi/csi.sock', '--logtostderr', '-stderrthreshold=INFO', '--log_dir=/tmp', '-v', '4'],
    expected: { csiAddress: '/csi/csi.sock', verbosity: 4 },
    warnings: 3,
  },
];

for (const { driver, args, env, expected, listens, warnings } of manifests) {
  test(`the arguments of ${driver} start with upstream’s defaults, by flag or by environment`, () => {
    const plain = parseArgs(['--defaults=upstream'], {});
    const byFlag = parseArgs([...args, '--defaults=upstream'], env ?? {});
    const byEnvironment = parseArgs(args, { ...env, CSI_ATTACHER_DEFAULTS: 'upstream' });
    assert.ok(plain.kind === 'run' && byFlag.kind === 'run', JSON.stringify(byFlag));
    assert.deepEqual(byEnvironment, byFlag);
    const { addresses, ...rest } = byFlag.config;
    const { addresses: none, ...defaults } = plain.config;
    assert.deepEqual(none, []);
    assert.deepEqual(rest, { ...defaults, ...expected });
    assert.deepEqual(
      addresses.map((address) => [address.text, address.fatalIfInUse]),
      listens === undefined ? [] : [[listens, true]],
    );
    assert.equal(byFlag.warnings.length, warnings ?? 0, byFlag.warnings.join('; '));
  });
}
