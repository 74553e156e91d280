import type { PersistentVolume } from '../kube/api/objects.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { isConflict, isInvalid, isNotFound } from '../kube/client/errors.ts';
import { persistentVolumes } from '../kube/codec/resources.ts';
import { assertLeading, type Term, underLease } from './leadership.ts';
import { volumeDeleting, volumeGone } from './volume/errors.ts';
import { shouldReleaseFinalizer } from './volume/migration/index.ts';

/** How often a write is decided anew after a conflict before it counts as failed. */
const conflictTriesMax = 5;

/**
 * Puts our finalizer on PersistentVolumes and takes it off: the only one who writes them. What it wrote in this term is
 * remembered until the store shows it, so that a burst of attachments of one volume writes once.
 */
export class PvFinalizer {
  readonly #client: KubeClient;
  readonly #term: Term;
  readonly #finalizer: string;
  readonly #driver: string;
  /** Writes under way, and those done that the store may not show yet; keyed by UID. */
  readonly #protected = new Map<string, Promise<void>>();
  /** UIDs of volumes whose finalizer was taken off: whatever a cache says, they must not be attached again. */
  readonly #released = new Set<string>();

  constructor(options: { client: KubeClient; term: Term; finalizer: string; driver: string }) {
    this.#client = options.client;
    this.#term = options.term;
    this.#finalizer = options.finalizer;
    this.#driver = options.driver;
  }

  has(volume: PersistentVolume): boolean {
    return volume.finalizers.includes(this.#finalizer);
  }

  /** True if the volume is to lose our finalizer once no attachment names it. */
  mayRelease(volume: PersistentVolume): boolean {
    return this.has(volume) && (volume.deletionMs !== undefined || shouldReleaseFinalizer(volume, this.#driver));
  }

  /** True if our finalizer was taken off this very volume in this term. */
  released(volume: PersistentVolume): boolean {
    return this.#released.has(volume.uid);
  }

  /** Makes our finalizer durable on the volume. Rejects with OperationError if it is being deleted, or KubeError. */
  protect(volume: PersistentVolume): Promise<void> {
    if (this.has(volume)) {
      this.#protected.delete(volume.uid);
      return Promise.resolve();
    }
    const underWay = this.#protected.get(volume.uid);
    if (underWay !== undefined) return underWay;
    const write = this.#write(volume, (current) => {
      if (current.deletionMs !== undefined) throw volumeDeleting(current.name);
      return this.has(current) ? undefined : [...current.finalizers, this.#finalizer];
    }).then((found) => {
      if (!found) throw volumeGone(volume.name);
    });
    this.#protected.set(volume.uid, write);
    // A failed write must not stand in the way of the next try.
    write.catch(() => this.#protected.delete(volume.uid));
    return write;
  }

  /** Takes our finalizer off. Rejects with KubeError or NotLeading. */
  async release(volume: PersistentVolume): Promise<void> {
    this.#released.add(volume.uid);
    this.#protected.delete(volume.uid);
    await this.#write(volume, (current) =>
      this.has(current) ? current.finalizers.filter((finalizer) => finalizer !== this.#finalizer) : undefined,
    );
  }

  /** Drops what is remembered of a volume that has gone. */
  forget(volume: PersistentVolume): void {
    this.#protected.delete(volume.uid);
    this.#released.delete(volume.uid);
  }

  /** Drops what is remembered of all volumes: the server has gone back to an earlier moment. */
  reset(): void {
    this.#protected.clear();
    this.#released.clear();
  }

  /** Writes the list that `change` gives, if any. False if the volume, or this one of its name, is not there. */
  async #write(
    volume: PersistentVolume,
    change: (current: PersistentVolume) => readonly string[] | undefined,
  ): Promise<boolean> {
    let current = volume;
    for (let tries = 1; ; tries++) {
      const finalizers = change(current);
      if (finalizers === undefined) return true;
      assertLeading(this.#term);
      const { name, uid, resourceVersion } = current;
      const body = { metadata: { uid, resourceVersion, finalizers: finalizers.length > 0 ? finalizers : null } };
      try {
        await this.#client.patch(persistentVolumes, name, body, underLease(this.#term));
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        if (!(isConflict(error) || isInvalid(error)) || tries === conflictTriesMax) throw error;
        const latest = await this.#client.find(persistentVolumes, name);
        if (latest === undefined || latest.uid !== uid) return false;
        if (latest.resourceVersion === resourceVersion) throw error;
        current = latest;
      }
    }
  }
}
