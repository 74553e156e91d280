import { isMigratedDriver } from './attacher/volume/migration/index.ts';
import type { Logger } from './base/log/logger.ts';
import type { Metrics } from './base/metrics.ts';
import { Campaign } from './campaign.ts';
import type { Config } from './cli/config.ts';
import { Driver } from './csi/driver.ts';
import type { Access } from './kube/access/access.ts';
import { KubeClient } from './kube/client/client.ts';
import type { KubeError } from './kube/client/errors.ts';
import { TokenBucket } from './kube/client/token-bucket.ts';
import { EventRecorder } from './kube/event-recorder.ts';
import { PermissionWatch } from './kube/permissions/permission-watch.ts';
import type { Platform } from './platform/platform.ts';

export interface ConnectionOptions {
  /** The release, shown to the API server; `devel` unless told. */
  version?: string | undefined;
  config: Config;
  platform: Platform;
  access: Access;
  logger: Logger;
  metrics: Metrics;
}

/** The two ends between which volumes travel, and the lease. Each connects when it is first used. */
export interface Connections {
  client: KubeClient;
  driver: Driver;
  campaign: Campaign;
  events: EventRecorder;
  permissions: PermissionWatch;
  /** Ends what is under way on all of them. */
  close(): void;
}

export function connect({
  version = 'devel',
  config,
  platform,
  access,
  logger,
  metrics,
  onGranted,
}: ConnectionOptions & { onGranted: () => void }): Connections {
  const { clock, random, hostname } = platform;
  const userAgent = `csi-attacher/${version}`;
  const { credentials } = access;
  const shared = { clock, random, logger, metrics, userAgent };
  const toServer = { access, http: config.kubeHttp, onConnect: connectLog(logger) };
  const volumesTransport = platform.kubeTransport(toServer);
  // The lease has a connection of its own: it must never wait behind the traffic of volumes.
  const leaseTransport = platform.kubeTransport(toServer);
  const driverTransport = platform.csiTransport(config.csiAddress);
  const onRefused = (error: KubeError): void => permissions.refused(error);
  const client = new KubeClient({
    ...{ ...shared, credentials, transport: volumesTransport, onRefused },
    // Without --kube-api-qps the server sets the pace.
    limiter:
      config.kubeApiQps === undefined
        ? undefined
        : new TokenBucket({ clock, qps: config.kubeApiQps, burst: config.kubeApiBurst }),
  });
  const leaseClient = new KubeClient({ ...shared, credentials, transport: leaseTransport, onRefused });
  const events = new EventRecorder({ ...shared, client, controller: 'external-attacher', instance: hostname });
  const permissions = new PermissionWatch({
    // Its questions must not use up --kube-api-qps.
    ...{ client: leaseClient, clock, logger, onGranted },
    // The event recorder does without, and says so.
    ignore: ({ resource }) => resource === 'events',
  });
  return {
    client,
    driver: new Driver({
      ...{ clock, metrics, transport: driverTransport, timeoutMs: config.timeoutMs },
      logger,
      maxGrpcLogLength: config.maxGrpcLogLength ?? -1,
      withMigratedLabel: isMigratedDriver,
    }),
    campaign: new Campaign({
      ...{ ...shared, config, hostname, client: leaseClient },
      namespace: config.leaderElectionNamespace ?? access.namespace ?? config.leaderElectionNamespaceFallback,
    }),
    events,
    permissions,
    close: () => {
      events.close();
      for (const transport of [volumesTransport, leaseTransport, driverTransport]) transport.close();
    },
  };
}

/** Says which version of HTTP the server speaks: once, and again when that has changed. */
function connectLog(parent: Logger): (version: string) => void {
  const logger = parent.named('connections');
  let said: string | undefined;
  return (version) => {
    if (version === said) return;
    said = version;
    logger.info(`Connected to the API server over HTTP/${version}`);
  };
}
