import type { Term } from './attacher/leadership.ts';
import { leaseName } from './attacher/state/names.ts';
import type { Clock } from './base/clock.ts';
import type { Logger } from './base/log/logger.ts';
import type { Metrics } from './base/metrics.ts';
import type { Random } from './base/random.ts';
import type { Config } from './cli/config.ts';
import type { KubeClient } from './kube/client/client.ts';
import { LeaderElector } from './kube/leader-election/election.ts';

export interface CampaignOptions {
  config: Config;
  client: KubeClient;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  namespace: string;
  hostname: string;
}

/** Terms of leadership for one driver: from the lease, or for as long as the process runs if there is no election. */
export class Campaign {
  readonly #options: CampaignOptions;
  /** Two replicas on one host, or two containers of one pod, must not take each other for themselves. */
  readonly #identity: string;
  #elector: LeaderElector | undefined;
  #goneBack = (): void => {};

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#identity = `${options.hostname}_${options.random.uuid()}`;
  }

  /** Calls `listener` when the API server answers with an older lease than it did before. */
  onGoneBack(listener: () => void): void {
    this.#goneBack = listener;
  }

  /** Where the lease is; undefined without election. */
  get leaseNamespace(): string | undefined {
    return this.#options.config.leaderElection ? this.#options.namespace : undefined;
  }

  /** Hands each term that is won to `lead`, until `until` aborts; then the lease is given back. */
  async run(until: AbortSignal, driver: string, lead: (term: Term) => Promise<void>): Promise<void> {
    const { config, client, clock, random, logger, metrics, namespace } = this.#options;
    if (until.aborted) return;
    if (!config.leaderElection) return lead({ signal: until, held: () => true });
    const name = config.leaderElectionLeaseName ?? leaseName(driver);
    const elector = new LeaderElector({
      ...{ client, clock, random, logger, metrics },
      lease: { namespace, name, identity: this.#identity, labels: config.leaderElectionLabels },
      leaseDurationMs: config.leaderElectionLeaseDurationMs,
      renewDeadlineMs: config.leaderElectionRenewDeadlineMs,
      retryPeriodMs: config.leaderElectionRetryPeriodMs,
      onGoneBack: () => this.#goneBack(),
      releaseOnStop: config.featureGates.ReleaseLeaderElectionOnExit,
    });
    this.#elector = elector;
    const stop = (): void => void elector.stop();
    until.addEventListener('abort', stop, { once: true });
    try {
      await elector.run(lead);
    } finally {
      until.removeEventListener('abort', stop);
      this.#elector = undefined;
    }
  }

  /** Why the lease counts as unhealthy: held, and not renewed for too long. Undefined for a standby. */
  get healthError(): string | undefined {
    return this.#elector?.healthError;
  }
}
