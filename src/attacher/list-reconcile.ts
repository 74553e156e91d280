import type { Clock, Timer } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import type { Logger } from '../base/log/logger.ts';
import type { Counter, Metrics } from '../base/metrics.ts';
import type { Driver } from '../csi/driver.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import type { Store } from '../kube/cache/store.ts';
import type { Wakeable } from './event-handlers.ts';
import type { Term } from './leadership.ts';
import type { AssumeCache } from './state/assume-cache.ts';
import { nodeIdAnnotation } from './state/names.ts';
import { describeFailure } from './state/operation-error.ts';
import { repairVolumeHandle, TranslationError } from './volume/migration/index.ts';
import type { NodeIds } from './volume/node-ids.ts';
import type { VolumeSources } from './volume/source.ts';

export interface ListReconcileOptions {
  clock: Clock;
  logger: Logger;
  metrics: ListMetrics;
  driver: Driver;
  driverName: string;
  term: Term;
  attachments: Store<VolumeAttachment>;
  memory: AssumeCache;
  volumes: VolumeSources;
  nodes: NodeIds;
  queue: Wakeable;
  /** From the end of one round to the start of the next. 0 and below: never. */
  intervalMs: number;
  /** Longest wait for one page. */
  pageTimeoutMs: number;
  /** Volumes on a page; 0 leaves it to the driver. */
  maxEntries: number;
}

/** Counted for as long as the process runs, whoever leads. */
export class ListMetrics {
  readonly rounds: Counter<'result'>;
  readonly mismatches: Counter;

  constructor(metrics: Metrics) {
    this.rounds = metrics.counter({
      name: 'csi_attacher_list_rounds_total',
      help: "Comparisons with the driver's list of volumes, by result: ok, or failed (a page could not be had).",
      labels: ['result'],
    });
    this.mismatches = metrics.counter({
      name: 'csi_attacher_list_mismatches_total',
      help: 'Attachments that were attached anew because two lists in a row disagreed with them.',
    });
  }
}

/** Which volumes the driver says are published, and to which nodes. */
type Published = Map<string, ReadonlySet<string>>;

interface Round {
  listed: number;
  compared: number;
  mismatched: number;
  redriven: number;
  skipped: number;
}

/**
 * Finds volumes that somebody else detached: lists what the driver says is published, compares that with the
 * attachments, and has those re-driven that disagree in two lists in a row. A list is old by the time it has come, so
 * what is in flight, or has changed since the list began, is left to the next round.
 */
export class ListReconcile {
  readonly #options: ListReconcileOptions;
  /** UIDs of attachments that the last list disagreed with. */
  #suspects = new Set<string>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: ListReconcileOptions) {
    this.#options = { ...options, logger: options.logger.named('attacher/list-reconcile') };
  }

  start(): void {
    const { clock, intervalMs } = this.#options;
    if (intervalMs <= 0 || this.#stopped) return;
    // The next round is planned when the last one has ended: two never overlap, however slow the driver is.
    this.#timer = clock.schedule(intervalMs, () => void this.round().finally(() => this.start()));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** One comparison. Never rejects. */
  async round(): Promise<void> {
    const { clock, logger, metrics, attachments, term } = this.#options;
    const startMs = clock.monotonic();
    const versions = new Map<string, string>();
    for (const attachment of attachments.values()) versions.set(attachment.uid, attachment.resourceVersion);
    let published: Published;
    try {
      published = await this.#list();
    } catch (error) {
      if (this.#stopped || term.signal.aborted) return;
      metrics.rounds.inc({ result: 'failed' });
      logger.error(describeFailure(error).message, 'Could not list volumes, this comparison is given up');
      return;
    }
    if (this.#stopped || !term.held()) return;
    const round = this.#compare(published, versions);
    metrics.rounds.inc({ result: 'ok' });
    const fields = { ...round, took: formatDuration(Math.round(clock.monotonic() - startMs)) };
    if (round.mismatched > 0) logger.warning('Attachments disagree with the volumes that the driver lists', fields);
    else logger.debug(2, 'Compared attachments with the volumes that the driver lists', fields);
  }

  async #list(): Promise<Published> {
    const { driver, term, pageTimeoutMs, maxEntries } = this.#options;
    const published: Published = new Map();
    const tokens = new Set<string>();
    let startingToken = '';
    do {
      const request = { maxEntries, startingToken };
      const page = await driver.listVolumes(request, term.signal, { timeoutMs: pageTimeoutMs });
      for (const { volumeId, publishedNodeIds } of page.entries) published.set(volumeId, new Set(publishedNodeIds));
      startingToken = page.nextToken;
      // A driver that gives the same token again would have us list for ever.
      if (tokens.has(startingToken)) throw new Error(`the driver gave next_token "${startingToken}" twice in one list`);
      tokens.add(startingToken);
    } while (startingToken !== '');
    return published;
  }

  #compare(published: Published, versions: ReadonlyMap<string, string>): Round {
    const { attachments, queue, memory, metrics } = this.#options;
    const round: Round = { listed: published.size, compared: 0, mismatched: 0, redriven: 0, skipped: 0 };
    const suspects = new Set<string>();
    for (const stored of attachments.values()) {
      const record = memory.get(stored.name);
      if (record === undefined || record.uid !== stored.uid) continue;
      // By version: what our own write returned is another object than what the watch brought, and the same one.
      const { resourceVersion } = stored;
      const unchanged =
        versions.get(stored.uid) === resourceVersion && record.newest.resourceVersion === resourceVersion;
      // A detach goes on by itself until it has succeeded.
      if (!unchanged || stored.deletionMs !== undefined || queue.isRunning(stored.name)) continue;
      const found = this.#isPublished(stored, published);
      if (found === undefined) {
        round.skipped++;
        continue;
      }
      round.compared++;
      if (found === stored.attached) continue;
      round.mismatched++;
      suspects.add(stored.uid);
      if (!this.#suspects.has(stored.uid)) continue;
      suspects.delete(stored.uid);
      round.redriven++;
      metrics.mismatches.inc();
      if (stored.attached) record.apply({ type: 'found-missing' });
      // One that waits for its retry is driven already, and keeps its backoff.
      queue.add(stored.name);
    }
    this.#suspects = suspects;
    return round;
  }

  /** Undefined if it cannot be told: the volume or the node is not known. */
  #isPublished(attachment: VolumeAttachment, published: Published): boolean | undefined {
    const { volumes, nodes, driverName } = this.#options;
    // Under either: a driver may write the ids of its nodes in another form since the volume was published.
    const nodeIds = [attachment.annotations[nodeIdAnnotation], nodes.find(attachment.nodeName)];
    const volume = volumes.peek(attachment);
    if (volume === undefined) return undefined;
    const { volumeHandle } = volume.csi;
    const translated = volume.migrated || volume.pv === undefined;
    let found: boolean | undefined;
    for (const nodeId of nodeIds) {
      if (nodeId === undefined || nodeId === '') continue;
      const listedAs = translated ? repairVolumeHandle(driverName, volumeHandle, nodeId) : volumeHandle;
      if (listedAs instanceof TranslationError) continue;
      if (published.get(listedAs)?.has(nodeId)) return true;
      found = false;
    }
    return found;
  }
}
