import type { StoreEvent } from '../../apiserver/storage/store.ts';
import type { Chance } from '../chance.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { type Cluster, driverName, type Plural, type SimVolume, specOf, statusOf } from './cluster.ts';

const finalizer = 'guard.example/hold';
/** How long it waits for a detach, in milliseconds. */
const patienceMs = 60_000;

/**
 * Another controller that looks after some volumes: puts a finalizer of its own on each attachment and its volume, at
 * about the time at which the attacher does, and takes it off when the attachment is shown as detached.
 */
export class Guard {
  readonly #cluster: Cluster;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  /** By UID: when it first saw that an attachment is to go. */
  readonly #goingMs = new Map<string, number>();

  constructor(options: { cluster: Cluster; time: VirtualTime; chance: Chance }) {
    this.#cluster = options.cluster;
    this.#time = options.time;
    this.#chance = options.chance;
  }

  start(): void {
    if (!this.#cluster.volumes.some(({ guarded }) => guarded)) return;
    this.#cluster.collection('volumeattachments').subscribe((event) => this.#heard(event));
    this.#look();
  }

  #heard({ type, version: { object } }: StoreEvent): void {
    const { attacher, source } = specOf(object);
    const volume = this.#cluster.volumeNamed(source.persistentVolumeName);
    if (type !== 'ADDED' || attacher !== driverName || volume?.guarded !== true) return;
    const soonMs = (): number => 10 ** this.#chance.between(-1, 2);
    this.#time.schedule(soonMs(), () => this.#hold('volumeattachments', object.metadata.name));
    this.#time.schedule(soonMs(), () => this.#hold('persistentvolumes', volume.pv));
  }

  #look(): void {
    this.#time.schedule(this.#chance.between(500, 3_000), () => {
      for (const volume of this.#cluster.volumes) if (volume.guarded) this.#letGo(volume);
      this.#look();
    });
  }

  #letGo(volume: SimVolume): void {
    const attachments = this.#cluster.attachmentsOf(volume.pv);
    if (attachments.length === 0) this.#release('persistentvolumes', volume.pv);
    for (const object of attachments) {
      const { name, uid, deletionTimestamp } = object.metadata;
      if (deletionTimestamp === undefined) continue;
      const sinceMs = this.#goingMs.get(uid) ?? this.#time.nowMs;
      this.#goingMs.set(uid, sinceMs);
      if (statusOf(object).attached && this.#time.nowMs - sinceMs < patienceMs) continue;
      this.#release('volumeattachments', name);
    }
  }

  #hold(plural: Plural, name: string): void {
    const object = this.#cluster.get(plural, name);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    const { finalizers = [] } = object.metadata;
    if (finalizers.includes(finalizer)) return;
    this.#cluster.patch('guard', plural, name, { metadata: { finalizers: [...finalizers, finalizer] } });
  }

  #release(plural: Plural, name: string): void {
    const { finalizers = [] } = this.#cluster.get(plural, name)?.metadata ?? {};
    if (!finalizers.includes(finalizer)) return;
    const left = finalizers.filter((each) => each !== finalizer);
    this.#cluster.patch('guard', plural, name, { metadata: { finalizers: left } });
  }
}
