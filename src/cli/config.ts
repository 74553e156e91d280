import type { VmoduleRule } from '../base/log/vmodule.ts';
import { notParsed, type Parsed, parsed } from '../base/parsed.ts';
import { type ListenAddress, listenAddresses } from './addresses.ts';
import type { Labels } from './flag-types.ts';
import { type DefaultSet, type FeatureGate, featureGates, httpChoices, isFeatureGate } from './flags.ts';
import { brokenRules, socketPath } from './rules.ts';
import type { FlagValues } from './values.ts';

/** The environment variables that are read. */
export interface Environment {
  readonly CSI_ATTACHER_DEFAULTS?: string | undefined;
  readonly POD_NAMESPACE?: string | undefined;
}

/** The effective configuration, one field for each flag that does something. Durations are in milliseconds. */
export interface Config {
  readonly defaults: DefaultSet;
  /** Path of the driver's socket, whichever way it was written. */
  readonly csiAddress: string;
  readonly timeoutMs: number;
  readonly defaultFsType: string;
  /** Longest request or answer in the log, in characters; undefined: no limit. */
  readonly maxGrpcLogLength: number | undefined;

  /** For each lane. */
  readonly workerThreads: number;
  /** 0: an operation is never given up as too late. */
  readonly volumeAttachmentTimeoutMs: number;
  /** More than 0, as the longest one is. */
  readonly retryIntervalStartMs: number;
  readonly retryIntervalMaxMs: number;
  /** 0: never. */
  readonly resyncMs: number;
  readonly reconcileSyncMs: number;
  readonly reconcileTimeoutMs: number;
  /** 0: the driver decides. What is less than that is passed on to it as it is. */
  readonly maxEntries: number;

  readonly leaderElection: boolean;
  /** From the flag or POD_NAMESPACE. Undefined: the service account's, and if there is none the fallback. */
  readonly leaderElectionNamespace: string | undefined;
  readonly leaderElectionNamespaceFallback: string;
  /** Undefined: by the driver's name, as the Go attacher has it. */
  readonly leaderElectionLeaseName: string | undefined;
  readonly leaderElectionLeaseDurationMs: number;
  readonly leaderElectionRenewDeadlineMs: number;
  readonly leaderElectionRetryPeriodMs: number;
  readonly leaderElectionLabels: Labels;

  readonly kubeHttp: (typeof httpChoices)[number];
  /** Undefined: no limit, and then the burst means nothing. */
  readonly kubeApiQps: number | undefined;
  readonly kubeApiBurst: number;
  /** Path of a kubeconfig; undefined: in-cluster. */
  readonly kubeconfig: string | undefined;

  readonly addresses: readonly ListenAddress[];
  readonly metricsPath: string;

  readonly verbosity: number;
  readonly vmodule: readonly VmoduleRule[];
  readonly loggingFormat: 'text' | 'json';
  /** Errors go to stderr and the rest to stdout; else everything goes to stderr. */
  readonly logSplitStream: boolean;

  readonly featureGates: Readonly<Record<FeatureGate, boolean>>;
}

/** Works the configuration out. The error has one line for each broken rule. */
export function makeConfig(values: FlagValues, env: Environment): Parsed<Config> {
  const addresses = listenAddresses(values);
  const csiAddress = socketPath(values.get('csi-address'));
  const problems = brokenRules(values);
  if (!addresses.ok) problems.push(addresses.error);
  if (!csiAddress.ok) problems.push(csiAddress.error);
  if (!addresses.ok || !csiAddress.ok || problems.length > 0) return notParsed(problems.join('\n'));

  const json = values.get('logging-format') === 'json';
  const grpcLog = values.get('max-grpc-log-length');
  return parsed({
    defaults: values.defaults,
    csiAddress: csiAddress.value,
    timeoutMs: values.get('timeout'),
    defaultFsType: values.get('default-fstype'),
    maxGrpcLogLength: grpcLog < 0 ? undefined : grpcLog,

    workerThreads: values.get('worker-threads'),
    volumeAttachmentTimeoutMs: values.get('volume-attachment-timeout'),
    ...retryIntervals(values),
    resyncMs: resyncMs(values),
    reconcileSyncMs: Math.max(leastMs, values.get('reconcile-sync')),
    reconcileTimeoutMs: reconcileTimeoutMs(values),
    maxEntries: values.get('max-entries'),

    leaderElection: values.get('leader-election'),
    leaderElectionNamespace: leaseNamespace(values, env),
    leaderElectionNamespaceFallback: namespaceFallback(values),
    leaderElectionLeaseName: values.get('leader-election-lease-name') || undefined,
    leaderElectionLeaseDurationMs: values.get('leader-election-lease-duration'),
    leaderElectionRenewDeadlineMs: values.get('leader-election-renew-deadline'),
    leaderElectionRetryPeriodMs: values.get('leader-election-retry-period'),
    leaderElectionLabels: values.get('leader-election-labels'),

    kubeHttp: httpChoices.find((known) => known === values.get('kube-http')) ?? 'auto',
    ...apiLimit(values),
    kubeconfig: values.get('kubeconfig') || undefined,

    addresses: addresses.value,
    metricsPath: values.get('metrics-path'),

    verbosity: values.get('v'),
    vmodule: values.get('vmodule'),
    loggingFormat: json ? 'json' : 'text',
    logSplitStream: values.get(json ? 'log-json-split-stream' : 'log-text-split-stream'),

    featureGates: gatesOf(values),
  });
}

/** What stands for "no pause at all": a timer of its own, so that everything else has its turn. */
const leastMs = 1;
/** client-go's shortest resync. */
const leastResyncMs = 1_000;

/** No interval, be it the first or the longest, is no backoff: the next try follows at once, however many failed. */
function retryIntervals(values: FlagValues): { retryIntervalStartMs: number; retryIntervalMaxMs: number } {
  const [startMs, maxMs] = [values.get('retry-interval-start'), values.get('retry-interval-max')];
  if (startMs <= 0 || maxMs <= 0) return { retryIntervalStartMs: leastMs, retryIntervalMaxMs: leastMs };
  return { retryIntervalStartMs: startMs, retryIntervalMaxMs: maxMs };
}

function resyncMs(values: FlagValues): number {
  const ms = values.get('resync');
  return ms === 0 ? 0 : Math.max(leastResyncMs, ms);
}

/** `--reconcile-timeout`, which is `--timeout` unless it is given. */
export function reconcileTimeoutMs(values: FlagValues): number {
  return values.get('reconcile-timeout') ?? values.get('timeout');
}

/** The lease's namespace, as far as flags and environment tell it. */
export function leaseNamespace(values: FlagValues, env: Environment): string | undefined {
  return values.get('leader-election-namespace') || env.POD_NAMESPACE || undefined;
}

/** The lease's namespace if nothing tells it. */
export function namespaceFallback(values: FlagValues): string {
  return values.defaults === 'upstream' ? 'default' : 'kube-system';
}

/** As client-go reads them: a rate of 0 or less is no limit here, a burst of 0 the default one. */
export function apiLimit(values: FlagValues): { kubeApiQps: number | undefined; kubeApiBurst: number } {
  const qps = values.get('kube-api-qps') ?? 0;
  return {
    kubeApiQps: qps > 0 ? qps : undefined,
    kubeApiBurst: values.get('kube-api-burst') || Math.max(10, Math.ceil(qps)),
  };
}

/** Every gate with its effective value. */
export function gatesOf(values: FlagValues): Record<FeatureGate, boolean> {
  const { ReleaseLeaderElectionOnExit: release, MutableCSINodeAllocatableCount: codes } = featureGates;
  return {
    ReleaseLeaderElectionOnExit: release.value,
    MutableCSINodeAllocatableCount: codes.value,
    ...Object.fromEntries(Object.entries(values.get('feature-gates')).filter(([name]) => isFeatureGate(name))),
  };
}
