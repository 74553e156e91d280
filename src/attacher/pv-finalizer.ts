import type { PersistentVolume } from '../kube/api/objects.ts';
import { compareVersions } from '../kube/api/resource-version.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { persistentVolumes } from '../kube/codec/resources.ts';
import { type Change, conditionalPatch, finalizerLost, ObjectGone } from './conditional-patch.ts';
import type { Term } from './leadership.ts';
import { volumeDeleting, volumeGone } from './volume/errors.ts';
import { shouldReleaseFinalizer } from './volume/migration/index.ts';

type Decide = (current: PersistentVolume) => readonly string[] | undefined;

/**
 * Puts our finalizer on PersistentVolumes and takes it off: the only one who writes them. All that is remembered is keyed
 * by UID, and ends when the volume goes (`forget`), or the server goes back to a backup (`reset`).
 */
export class PvFinalizer {
  readonly #client: KubeClient;
  readonly #term: Term;
  readonly #finalizer: string;
  readonly #driver: string;
  /** Writes under way, one for each volume: a burst of attachments of one volume writes once. Until it ends. */
  readonly #writes = new Map<string, Promise<void>>();
  /** What the last write returned; until the store shows that version, or a later one. */
  readonly #written = new Map<string, PersistentVolume>();
  /**
   * Volumes that are to go and whose finalizer was taken off: whatever a cache says, they must not be attached again.
   * Until they have gone, since a deletion is never taken back.
   */
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

  /** True if the volume is being deleted, and our finalizer was taken off this very volume in this term. */
  released(volume: PersistentVolume): boolean {
    return this.#released.has(volume.uid);
  }

  /** Makes our finalizer durable on the volume. Rejects with OperationError if it is being deleted, or KubeError. */
  async protect(volume: PersistentVolume): Promise<void> {
    // Of a write that is under way nobody knows yet what the volume will have: the finalizer may be on its way off.
    for (let write = this.#writes.get(volume.uid); write !== undefined; write = this.#writes.get(volume.uid)) {
      await write.catch(() => {});
    }
    if (this.has(this.#newest(volume))) return;
    const found = await this.#write(volume, (current) => {
      if (current.deletionMs !== undefined) throw volumeDeleting(current.name);
      return this.has(current) ? undefined : [...current.finalizers, this.#finalizer];
    });
    if (!found) throw volumeGone(volume.name);
  }

  /** Takes our finalizer off. Rejects with KubeError or NotLeading. */
  async release(volume: PersistentVolume): Promise<void> {
    if (volume.deletionMs !== undefined) this.#released.add(volume.uid);
    await this.#write(volume, (current) =>
      this.has(current) ? current.finalizers.filter((finalizer) => finalizer !== this.#finalizer) : undefined,
    );
  }

  /** To be told of what the store shows: our own writes need not be remembered any longer once they are in it. */
  seen(volume: PersistentVolume): void {
    const written = this.#written.get(volume.uid);
    if (written === undefined || compareVersions(volume.resourceVersion, written.resourceVersion) < 0) return;
    this.#written.delete(volume.uid);
  }

  /** Drops what is remembered of a volume that has gone. */
  forget(volume: PersistentVolume): void {
    this.#written.delete(volume.uid);
    this.#released.delete(volume.uid);
  }

  /** Drops what is remembered of all volumes: the server has gone back to an earlier moment. */
  reset(): void {
    this.#written.clear();
    this.#released.clear();
  }

  /** `volume`, or what our last write to it returned if that is later. */
  #newest(volume: PersistentVolume): PersistentVolume {
    const written = this.#written.get(volume.uid);
    if (written === undefined) return volume;
    return compareVersions(volume.resourceVersion, written.resourceVersion) >= 0 ? volume : written;
  }

  /** Writes the list that `decide` gives, if any. False if the volume, or this one of its name, is not there. */
  #write(volume: PersistentVolume, decide: Decide): Promise<boolean> {
    const write = this.#patch(volume, decide);
    const ended = write.then(() => {}).finally(() => this.#writes.delete(volume.uid));
    this.#writes.set(volume.uid, ended);
    // Whoever asked hears of a failure by `write`.
    ended.catch(() => {});
    return write;
  }

  async #patch(volume: PersistentVolume, decide: Decide): Promise<boolean> {
    let current = this.#newest(volume);
    const change = (object: PersistentVolume): Change<PersistentVolume> | undefined => {
      const finalizers = decide(object);
      if (finalizers === undefined) return undefined;
      const wanted = finalizers.includes(this.#finalizer);
      return {
        body: { metadata: { finalizers: finalizers.length > 0 ? finalizers : null } },
        lost: (answer) => finalizerLost(answer.finalizers, this.#finalizer, wanted),
      };
    };
    try {
      await conditionalPatch<PersistentVolume>({
        client: this.#client,
        term: this.#term,
        resource: persistentVolumes,
        newest: () => current,
        change,
        written: (object) => void this.#written.set(volume.uid, object),
        read: (object) => {
          current = object;
        },
      });
      return true;
    } catch (error) {
      if (error instanceof ObjectGone) return false;
      throw error;
    }
  }
}
