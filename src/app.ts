import { Attach } from './attacher/attach.ts';
import { Controller } from './attacher/controller.ts';
import { Detach } from './attacher/detach.ts';
import { EventHandlers } from './attacher/event-handlers.ts';
import type { Term } from './attacher/leadership.ts';
import { ListMetrics, ListReconcile } from './attacher/list-reconcile.ts';
import { requiredRules } from './attacher/permissions.ts';
import { PvFinalizer } from './attacher/pv-finalizer.ts';
import { Reconciler } from './attacher/reconciler.ts';
import { AssumeCache } from './attacher/state/assume-cache.ts';
import { AttachmentIndex } from './attacher/state/attachment-index.ts';
import { ConsistentReader, currentVersion } from './attacher/state/consistent-read.ts';
import { finalizerName, roleName } from './attacher/state/names.ts';
import { lacksPermission } from './attacher/state/operation-error.ts';
import { BacklogLog } from './attacher/status/backlog-log.ts';
import { AttachmentEvents } from './attacher/status/events.ts';
import { type AttachmentView, inspectAttachments } from './attacher/status/inspect.ts';
import { AttachmentMetrics, showLanes, showStates } from './attacher/status/metrics.ts';
import { NodeIds } from './attacher/volume/node-ids.ts';
import { VolumeSources } from './attacher/volume/source.ts';
import { VolumeController } from './attacher/volume-controller.ts';
import { ownAttachment, ownVolume, Watches } from './attacher/watches.ts';
import { AttachmentWriter } from './attacher/writer.ts';
import { Backoff } from './base/backoff.ts';
import { firstAborted, whenAborted } from './base/when-aborted.ts';
import { type ConnectionOptions, type Connections, connect } from './connections.ts';
import type { DriverInfo } from './csi/capabilities.ts';
import { DriverChanged } from './csi/driver-changed.ts';
import type { PersistentVolume, VolumeAttachment } from './kube/api/objects.ts';
import { compareVersions } from './kube/api/resource-version.ts';
import type { Store } from './kube/cache/store.ts';
import { persistentVolumes, volumeAttachments } from './kube/codec/resources.ts';
import { QueueMetrics } from './queue/queue-metrics.ts';

/** What a replica keeps for as long as it runs, leader or not. */
interface Warm {
  info: DriverInfo;
  watches: Watches;
  index: AttachmentIndex;
}

/** The stores that decisions are made on, and how far they must have come before a new leader may trust them. */
interface Barrier {
  attachments: { store: Store<VolumeAttachment>; barrier: string };
  volumes: { store: Store<PersistentVolume>; barrier: string };
}

/**
 * One replica of the attacher. It connects the rooms and decides nothing: `lead` is the way of a volume, in the
 * direction in which the data flows.
 */
export class App {
  readonly #options: ConnectionOptions;
  readonly #connections: Connections;
  readonly #queueMetrics: { attachments: QueueMetrics; volumes: QueueMetrics };
  readonly #attachmentMetrics: AttachmentMetrics;
  readonly #listMetrics: ListMetrics;
  #warm: Warm | undefined;
  /** What can be seen of the term that this replica leads; undefined for a standby. */
  #leading: { memory: AssumeCache; queue: Controller['queue']; releases: VolumeController['queue'] } | undefined;
  /** To be told that the connection to the driver is lost; another one for each time it was found. */
  #disconnected = (): void => {};

  constructor(options: ConnectionOptions) {
    const { metrics } = options;
    this.#options = { ...options, logger: options.logger.named('app') };
    this.#connections = connect({ ...options, onGranted: () => this.#granted() });
    this.#connections.driver.onDisconnect(() => this.#disconnected());
    this.#connections.campaign.onGoneBack(() => this.#warm?.watches.distrust());
    this.#queueMetrics = {
      attachments: new QueueMetrics(metrics, 'csi-attacher-va'),
      volumes: new QueueMetrics(metrics, 'csi-attacher-pv'),
    };
    this.#attachmentMetrics = new AttachmentMetrics(metrics);
    this.#listMetrics = new ListMetrics(metrics);
    showLanes(metrics, () => this.#leading?.queue);
    showStates(metrics, () => this.attachments());
  }

  /** Runs until `stop` aborts and all is let go. Rejects with DriverChanged or DriverNameError. */
  async run(stop: AbortSignal): Promise<void> {
    const { driver, campaign, close } = this.#connections;
    try {
      while (!stop.aborted) {
        let isLost = false;
        // Not AbortSignal.any: Node keeps such a signal for as long as somebody listens to it, told or not.
        const until = new AbortController();
        const end = (): void => until.abort();
        this.#disconnected = () => {
          isLost = true;
          end();
        };
        stop.addEventListener('abort', end, { once: true });
        await driver.waitReady(stop);
        const warm = this.#warmUp(await driver.handshake(stop));
        await campaign.run(until.signal, warm.info.name, (term) => this.#serve(warm, term));
        stop.removeEventListener('abort', end);
        if (isLost) this.#options.logger.warning('Lost the connection to the CSI driver');
      }
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      await this.#connections.permissions.stop();
      await this.#warm?.watches.stop();
      close();
    }
  }

  /** True if the stores have been read in whole: for the readiness check and the metric. */
  get synced(): boolean {
    return this.#warm?.watches.areSynced ?? false;
  }

  /** Every attachment of the driver, as far as this replica knows it. */
  attachments(): Iterable<AttachmentView> {
    return this.#warm === undefined ? [] : inspectAttachments(this.#warm.watches, this.#leading);
  }

  /** Why the lease counts as unhealthy, or undefined. */
  get leaseError(): string | undefined {
    return this.#connections.campaign.healthError;
  }

  /** Fills the caches, which a standby keeps up to date too. Throws DriverChanged. */
  #warmUp(info: DriverInfo): Warm {
    const { platform, config, logger, metrics } = this.#options;
    const { name: driver, version, capabilities } = info;
    if (this.#warm !== undefined && this.#warm.info.name !== driver)
      throw new DriverChanged(this.#warm.info.name, driver);
    logger.info('CSI driver is ready', { driver, version, ...capabilities });
    const { clock, random } = platform;
    const watches =
      this.#warm?.watches ??
      new Watches({
        client: this.#connections.client,
        clock,
        random,
        logger,
        metrics,
        driver,
        resyncMs: config.resyncMs,
      });
    const index = this.#warm?.index ?? new AttachmentIndex(watches.attachments);
    const { permissions, campaign } = this.#connections;
    const { leaseNamespace } = campaign;
    permissions.need(requiredRules({ canPublish: capabilities.publishUnpublish, leaseNamespace }), roleName(driver));
    watches.follow(capabilities.publishUnpublish);
    this.#warm = { info, watches, index };
    return this.#warm;
  }

  /**
   * One term of leadership. If the API server goes back to an earlier moment meanwhile, everything begins anew, with
   * nothing remembered: what was decided on had not happened.
   */
  async #serve(warm: Warm, term: Term): Promise<void> {
    for (;;) {
      const restored = new AbortController();
      const forget = warm.watches.onRestored(() => restored.abort());
      await this.#serveUntil(warm, term, restored.signal);
      forget();
      if (!restored.signal.aborted || term.signal.aborted) return;
    }
  }

  /** From the first look at everything to the end of the last operation. */
  async #serveUntil(warm: Warm, term: Term, restored: AbortSignal): Promise<void> {
    const { clock } = this.#options.platform;
    const { timeoutMs } = this.#options.config;
    const ending = firstAborted(term.signal, restored);
    const ended = whenAborted(ending);
    const barrier = await Promise.race([ended, this.#barrier(warm, ending)]);
    if (barrier === undefined || ending.aborted) return;
    const calls = new AbortController();
    const held = (): boolean => !restored.aborted && term.held();
    const { memory, controller, releases, sources } = this.#lead(warm, { signal: calls.signal, held }, barrier);
    this.#leading = { memory, queue: controller.queue, releases: releases.queue };
    for (const source of sources) source.start();
    await ended;
    for (const source of sources) source.stop();
    // At an orderly end what runs may finish and be written. Without the lease it may not: what is still going on in
    // the driver is uncertain, and the next leader finds out.
    const limit = held() ? clock.schedule(timeoutMs, () => calls.abort()) : undefined;
    if (limit === undefined) calls.abort();
    await Promise.all([controller.stop(), releases.queue.stop()]);
    limit?.cancel();
    // The next leader's calls must not overtake those that were given up here.
    if (term.held()) await this.#connections.driver.settled();
    this.#leading = undefined;
  }

  /** What the role did not allow is tried again, whatever its backoff was. */
  #granted(): void {
    this.#warm?.watches.retry();
    if (this.#leading === undefined) return;
    const { memory, queue, releases } = this.#leading;
    for (const { name, failures } of memory.records()) {
      if (failures?.last !== undefined && lacksPermission(failures.last)) queue.wake(name);
    }
    for (const { name } of this.#warm?.watches.volumes.values() ?? [])
      if (releases.failures(name) > 0) releases.wake(name);
  }

  /** How far the stores must have come before a new leader may trust them: as far as the server is now. */
  async #barrier({ watches, info }: Warm, signal: AbortSignal): Promise<Barrier> {
    const { logger, platform } = this.#options;
    const ask = { client: this.#connections.client, clock: platform.clock, logger, signal };
    await watches.synced();
    const known = { attachments: watches.attachments.resourceVersion, volumes: watches.volumes.resourceVersion };
    const canPublish = info.capabilities.publishUnpublish;
    const [attachments, volumes] = await Promise.all([
      currentVersion({
        ...ask,
        resource: volumeAttachments,
        store: watches.attachments,
        keep: ownAttachment(info.name),
      }),
      canPublish
        ? currentVersion({ ...ask, resource: persistentVolumes, store: watches.volumes, keep: ownVolume(info.name) })
        : '',
    ]);
    // Stores that were ahead of the server before it was asked show a moment which it does not know any more.
    const isAhead = compareVersions(attachments, known.attachments) < 0 || compareVersions(volumes, known.volumes) < 0;
    if (isAhead) watches.distrust();
    return {
      attachments: { store: watches.attachments, barrier: attachments },
      volumes: { store: watches.volumes, barrier: volumes },
    };
  }

  /** The way of a volume. Read from below: a change wakes a key, a queue serves it, a reconciler acts on it. */
  #lead(warm: Warm, term: Term, barrier: Barrier) {
    const { config, platform, logger } = this.#options;
    const { clock, random } = platform;
    const { watches, index, info } = warm;
    const { name: driverName, capabilities } = info;
    const { client, driver } = this.#connections;
    const canPublish = capabilities.publishUnpublish;
    const errorCodes = config.featureGates.MutableCSINodeAllocatableCount;
    const finalizer = finalizerName(driverName);
    const backoff = new Backoff({ startMs: config.retryIntervalStartMs, maxMs: config.retryIntervalMaxMs, random });

    // Facts: stores that can be trusted, what this term knows beside them, volumes and node ids.
    const attachments = new ConsistentReader({ client, resource: volumeAttachments, ...barrier.attachments });
    const volumes = new ConsistentReader({ client, resource: persistentVolumes, ...barrier.volumes });
    const memory = new AssumeCache();
    const sources = new VolumeSources({ driver: driverName, volumes });
    const nodes = new NodeIds({ client, driver: driverName, nodes: watches.nodes });

    // Effects: the only writers, and the two operations.
    const writer = new AttachmentWriter({ client, term, finalizer, errorCodes });
    const pvFinalizer = new PvFinalizer({ client, term, finalizer, driver: driverName });
    const events = new AttachmentEvents({ events: this.#connections.events, volumes: watches.volumes });
    const shared = { client, driver, driverName, term, memory, volumes: sources, nodes, writer, events, logger };
    const attach = new Attach({ ...shared, capabilities, pvFinalizer, defaultFsType: config.defaultFsType });
    const detach = new Detach(shared);

    // Work: facts to plan to effect, served by key.
    const reconciler = new Reconciler({
      ...{ clock, backoff, term, attachments, memory },
      ...{ writer, attach, detach, canPublish },
    });
    const controller = new Controller({
      ...{ clock, logger, backoff, memory, reconciler, writer, events },
      store: watches.attachments,
      metrics: this.#attachmentMetrics,
      queueMetrics: this.#queueMetrics.attachments,
      workers: config.workerThreads,
      operationTimeoutMs: config.volumeAttachmentTimeoutMs,
    });
    const releases = new VolumeController({
      ...{ clock, logger, backoff, term, driver: driverName, attachments, volumes, index, memory, pvFinalizer },
      queueMetrics: this.#queueMetrics.volumes,
      workers: config.workerThreads,
    });

    // Events: what changes in the stores wakes the keys that it may matter to.
    const handlers = new EventHandlers({
      ...{ driver: driverName, index, memory, pvFinalizer, logger, volumeQueue: releases.queue },
      attachments: watches.attachments,
      volumes: canPublish ? watches.volumes : undefined,
      nodes: canPublish ? watches.nodes : undefined,
      attachmentQueue: controller.queue,
      seen: (attachment) => controller.seen(attachment),
      vanished: (attachment) => controller.vanished(attachment),
    });
    const list = new ListReconcile({
      ...{ clock, logger, driver, driverName, term, memory, volumes: sources, nodes },
      metrics: this.#listMetrics,
      attachments: watches.attachments,
      queue: controller.queue,
      intervalMs: capabilities.listVolumes && capabilities.listVolumesPublishedNodes ? config.reconcileSyncMs : 0,
      pageTimeoutMs: config.reconcileTimeoutMs,
      maxEntries: config.maxEntries,
    });
    const backlog = new BacklogLog({ clock, logger, lanes: controller.queue, workers: config.workerThreads });
    return { memory, controller, releases, sources: [handlers, list, backlog] };
  }
}
