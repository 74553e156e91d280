import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { CSINode, ObjectMeta, PersistentVolume, VolumeAttachment } from '../kube/api/objects.ts';
import { Reflector } from '../kube/cache/reflector.ts';
import type { Store } from '../kube/cache/store.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { csiNodes, persistentVolumes, type Resource, volumeAttachments } from '../kube/codec/resources.ts';
import { finalizerName } from './state/names.ts';
import { migratedDriver } from './volume/migration/index.ts';

export interface WatchesOptions {
  client: KubeClient;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  driver: string;
  resyncMs: number;
}

/** A reflector of whatever kind. */
interface Followed {
  readonly store: { readonly synced: boolean; whenSynced(): Promise<void> };
  start(): void;
  distrust(): Promise<void>;
  retry(): void;
  stop(): Promise<void>;
}

/**
 * The stores that this replica follows, leader or not, and the reflectors that fill them. Objects of other drivers are
 * dropped while they are decoded.
 */
export class Watches {
  readonly attachments: Store<VolumeAttachment>;
  readonly volumes: Store<PersistentVolume>;
  readonly nodes: Store<CSINode>;
  readonly #options: WatchesOptions;
  readonly #attachments: Reflector<VolumeAttachment>;
  readonly #volumes: Reflector<PersistentVolume>;
  readonly #nodes: Reflector<CSINode>;
  #following: Followed[] = [];
  readonly #onRestored = new Set<() => void>();
  /** Settles when all that is followed has been listed anew; undefined unless the server has gone back. */
  #startingOver: Promise<unknown> | undefined;

  constructor(options: WatchesOptions) {
    this.#options = options;
    this.#attachments = this.#reflector(volumeAttachments, ownAttachment(options.driver));
    this.#volumes = this.#reflector(persistentVolumes, ownVolume(options.driver));
    // Without them no volume can be attached, but what is attached can still be detached.
    this.#nodes = this.#reflector(csiNodes, () => true, { optional: true });
    this.attachments = this.#attachments.store;
    this.volumes = this.#volumes.store;
    this.nodes = this.#nodes.store;
    this.attachments.subscribe(new LostAttachments(options));
    for (const store of [this.volumes, this.nodes, this.attachments] as const) {
      store.subscribe({ upserted: () => {}, deleted: () => {}, restored: () => this.distrust() });
    }
  }

  /**
   * Calls `listener` when the API server is found to have gone back to an earlier moment (etcd was restored from a
   * backup): nothing that is remembered beside the stores survives it. Returns the way to end that.
   */
  onRestored(listener: () => void): () => void {
    this.#onRestored.add(listener);
    return () => void this.#onRestored.delete(listener);
  }

  /** The server has gone back: all that is followed is listed anew. */
  distrust(): void {
    for (const listener of this.#onRestored) listener();
    this.#startingOver ??= Promise.all(this.#following.map((reflector) => reflector.distrust())).then(() => {
      this.#startingOver = undefined;
    });
  }

  /**
   * Begins to follow what is not followed yet. A driver that cannot publish needs neither volumes nor nodes, and its
   * role may not even let us read them.
   */
  follow(canPublish: boolean): void {
    const wanted: Followed[] = canPublish ? [this.#attachments, this.#volumes, this.#nodes] : [this.#attachments];
    for (const reflector of wanted) {
      if (this.#following.includes(reflector)) continue;
      this.#following.push(reflector);
      reflector.start();
    }
  }

  /** What waits for its next try has it now. */
  retry(): void {
    for (const reflector of this.#following) reflector.retry();
  }

  /** Resolves once all that is followed has been read in whole. */
  async synced(): Promise<void> {
    await this.#startingOver;
    await Promise.all(this.#following.map((reflector) => reflector.store.whenSynced()));
  }

  /** True if all that is followed has been read in whole. */
  get areSynced(): boolean {
    return this.#following.length > 0 && this.#following.every((reflector) => reflector.store.synced);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#following.splice(0).map((reflector) => reflector.stop()));
  }

  #reflector<T extends ObjectMeta>(
    resource: Resource<T>,
    keep: (object: T) => boolean,
    { optional }: { optional?: boolean } = {},
  ): Reflector<T> {
    const { client, clock, random, logger, metrics, resyncMs } = this.#options;
    return new Reflector({ client, resource, clock, random, logger, metrics, keep, resyncMs, optional });
  }
}

/**
 * Names the attachments that are gone because the server has gone back to before them, once each. They are no orphans to
 * be unpublished: a pod may still be using the volume.
 */
class LostAttachments {
  readonly #logger: Logger;
  readonly #finalizer: string;
  /** From when the server was found to have gone back until the list that showed it is taken in. */
  #isRestored = false;

  constructor({ logger, driver }: Pick<WatchesOptions, 'logger' | 'driver'>) {
    this.#logger = logger.named('attacher/watches');
    this.#finalizer = finalizerName(driver);
  }

  upserted(): void {}

  restored(): void {
    this.#isRestored = true;
  }

  deleted({ name, nodeName, persistentVolumeName, attached, finalizers }: VolumeAttachment): void {
    if (!this.#isRestored || !(attached || finalizers.includes(this.#finalizer))) return;
    const fields = { attachment: name, node: nodeName, volume: persistentVolumeName };
    const message =
      'The API server has gone back to before this attachment; its volume may stay published, and is left alone';
    this.#logger.warning(message, fields);
  }

  listed(): void {
    this.#isRestored = false;
  }
}

/** True for attachments that this driver serves. */
export function ownAttachment(driver: string): (attachment: VolumeAttachment) => boolean {
  return (attachment) => attachment.attacher === driver;
}

/** Volumes that are ours, or were: those that carry our finalizer are kept whatever their source. */
export function ownVolume(driver: string): (volume: PersistentVolume) => boolean {
  const finalizer = finalizerName(driver);
  return ({ spec, finalizers }) =>
    spec.csi?.driver === driver ||
    (spec.inTree !== undefined && migratedDriver(spec.inTree.plugin) === driver) ||
    finalizers.includes(finalizer);
}
