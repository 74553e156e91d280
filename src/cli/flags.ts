import { type Flag, row } from './flag-row.ts';
import * as types from './flag-types.ts';
import { ignoredFlags } from './ignored-flags.ts';

const second = 1_000;
const minute = 60 * second;

/** The names that `--defaults` takes. */
export const defaultSets = ['documented', 'upstream'] as const;
export type DefaultSet = (typeof defaultSets)[number];

const generalFlags = {
  defaults: row(
    types.string,
    'documented',
    'Which defaults apply: documented, or upstream for those of the Go external-attacher, so that a manifest written ' +
      'for it behaves as before. Overrides the environment variable CSI_ATTACHER_DEFAULTS.',
  ),
  kubeconfig: row(types.string, '', "Path of a kubeconfig file; without it the pod's service account is used."),
  'feature-gates': row(types.gates, {}, 'Features to turn on or off; see the list of gates below.', {
    shown: 'ReleaseLeaderElectionOnExit=true,MutableCSINodeAllocatableCount=true',
  }),
  version: row(types.boolean, false, 'Print the version and exit.'),
  'print-config': row(types.boolean, false, 'Print the effective configuration as JSON and exit.'),
} as const;

const driverFlags = {
  'csi-address': row(
    types.string,
    '/var/lib/csi/sockets/pluginproxy/csi.sock',
    'Unix socket of the CSI driver: /path, unix:///path or unix:/path.',
    { upstream: '/run/csi/socket' },
  ),
  timeout: row(types.duration, minute, 'Longest wait for one call to the driver.', { upstream: 15 * second }),
  'default-fstype': row(types.string, '', 'File system to publish a volume with when its PersistentVolume names none.'),
  'max-grpc-log-length': row(
    types.integer,
    -1,
    'Longest gRPC request or answer in the log, in characters; -1: no limit.',
  ),
} as const;

const workFlags = {
  'worker-threads': row(types.unsigned, 100, 'Operations at once, for attach and for detach each.', { upstream: 10 }),
  'volume-attachment-timeout': row(
    types.duration,
    15 * minute,
    'An attach or detach that takes longer than this altogether is reported as failed (and still retried); 0: never.',
    { upstream: 0 },
  ),
  'retry-interval-start': row(types.duration, second, 'Wait after the first failure; doubles with each further one.'),
  'retry-interval-max': row(types.duration, 5 * minute, 'Longest wait between two tries.'),
  resync: row(types.duration, 10 * minute, 'How often everything is looked at again without an event; 0: never.'),
  'reconcile-sync': row(types.duration, minute, "How often the driver's list of volumes is compared, if it has one."),
  'reconcile-timeout': row(types.optional(types.duration), undefined, 'Longest wait for one page of that list.', {
    shown: 'as --timeout',
  }),
  'max-entries': row(types.integer, 0, 'Volumes in one page of that list; 0: the driver decides.'),
} as const;

const electionFlags = {
  'leader-election': row(types.boolean, true, 'Let one replica of several work; without it, run one only.', {
    upstream: false,
  }),
  'leader-election-namespace': row(types.string, '', 'Namespace of the lease.', {
    shown: "the pod's, else kube-system (upstream: default)",
  }),
  'leader-election-lease-name': row(types.string, '', 'Name of the lease; the same for all replicas.', {
    shown: 'external-attacher-leader-<driver>',
  }),
  'leader-election-lease-duration': row(
    types.duration,
    15 * second,
    'How long others wait before they take a lease over.',
  ),
  'leader-election-renew-deadline': row(
    types.duration,
    10 * second,
    'How long a leader tries to renew before it stops.',
  ),
  'leader-election-retry-period': row(types.duration, 5 * second, 'Wait between two tries to get or renew the lease.'),
  'leader-election-labels': row(types.labels, {}, 'Labels that the leader puts on its lease.'),
} as const;

/** The values that `--kube-http` takes. */
export const httpChoices = ['auto', '2', '1.1'] as const;

const apiFlags = {
  'kube-http': row(
    types.string,
    'auto',
    'Version of HTTP to the API server: 2, 1.1, or auto for HTTP/2 where the server has it.',
  ),
  'kube-api-qps': row(types.optional(types.float), undefined, 'Requests a second to the API server.', {
    shown: 'no limit',
  }),
  'kube-api-burst': row(types.optional(types.integer), undefined, 'Requests above --kube-api-qps for a short time.', {
    shown: 'the larger of 10 and --kube-api-qps',
  }),
} as const;

const httpFlags = {
  'metrics-addr': row(types.string, ':8080', 'Address for metrics (and health); empty: off.', { upstream: '' }),
  'health-addr': row(types.string, ':9808', 'Address for health alone; empty: off.', { upstream: '' }),
  'http-endpoint': row(
    types.string,
    '',
    'One address for everything. With it, --metrics-addr and --health-addr open only if they are given too.',
  ),
  'metrics-address': row(types.string, '', 'The older name of --http-endpoint; only one of the two can be given.'),
  'metrics-path': row(types.string, '/metrics', 'Path of the metrics.'),
} as const;

const loggingFlags = {
  v: row(types.level, 0, 'Verbosity of the log.'),
  vmodule: row(
    types.vmodule,
    [],
    'More verbosity for some places, by file (reflector=4) or path (kube/*=6); never less than --v.',
  ),
  'logging-format': row(types.string, 'text', 'Format of the log: text or json.'),
  'log-flush-frequency': row(types.duration, 5 * second, 'No effect: every line is written at once.'),
  'log-text-split-stream': row(types.boolean, false, 'In text format, errors go to stderr and the rest to stdout.'),
  'log-json-split-stream': row(types.boolean, false, 'In JSON format, errors go to stderr and the rest to stdout.'),
  'log-text-info-buffer-size': row(types.size, '0', 'No effect: every line is written at once.'),
  'log-json-info-buffer-size': row(types.size, '0', 'No effect: every line is written at once.'),
} as const;

/** Every flag there is, in the order in which the usage text shows them. */
export const flags = {
  ...driverFlags,
  ...workFlags,
  ...electionFlags,
  ...apiFlags,
  ...httpFlags,
  ...loggingFlags,
  ...generalFlags,
  ...ignoredFlags,
} as const;

export type FlagName = keyof typeof flags;
export type FlagValue<N extends FlagName> = (typeof flags)[N] extends Flag<infer T> ? T : never;

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(flags, name);
}

/** The feature gates that exist, with what they are by default. */
export const featureGates = {
  ReleaseLeaderElectionOnExit: { value: true, help: 'give the lease back at the end, so that another replica goes on' },
  MutableCSINodeAllocatableCount: {
    value: true,
    help: "write the gRPC code of a failure into the attachment's status",
  },
} as const;
export type FeatureGate = keyof typeof featureGates;

export function isFeatureGate(name: string): name is FeatureGate {
  return Object.hasOwn(featureGates, name);
}
