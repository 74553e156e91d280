import type { PersistentVolume, VolumeAttachment } from '../../kube/api/objects.ts';
import { compareVersions } from '../../kube/api/resource-version.ts';
import { NameIndex } from './name-index.ts';

/** What this process knows of one attachment beside what the API has. Keyed by UID: a name can be used again. */
export interface AttachmentRecord {
  readonly name: string;
  readonly uid: string;
  /** The newest version known, which after our own write may be ahead of the store. */
  newest: VolumeAttachment;
  /** What the current run decides on: `newest` when it began, moved on by its own writes but by nobody else's. */
  base: VolumeAttachment;
  /** Set while a publish has succeeded that the API does not show yet: the write is repeated, not the publish. */
  published: { context: Readonly<Record<string, string>> } | undefined;
  /** A publish may have been done under this object: it carried our finalizer once, or this process called. */
  exposed: boolean;
  /** An unpublish has succeeded since the deletion mark: only the finalizer is left to be taken off. */
  unpublished: boolean;
  /** The object is no more, whatever the store still shows. */
  gone: boolean;
  /** Publish is to be called although the attachment is shown as attached. */
  forced: boolean;
  /** It was shown as timed out, and has not succeeded since. */
  timedOut: boolean;
  /** Monotonic time and text of the last error that was written to the API. */
  errorWritten: { atMs: number; text: string } | undefined;
  /** For the conditions and the log: the last failure of this process, gone after a success. */
  lastFailure: { message: string; code: number | undefined; reason: string; atMs: number } | undefined;
}

/** The records of one term of leadership. A new term begins with none, since another leader acted in between. */
export class AssumeCache {
  readonly #records = new Map<string, AttachmentRecord>();
  readonly #byVolume = new NameIndex();
  /** Attachments that went away by force with our finalizer on them, as last seen: their volumes may be published. */
  readonly #orphans = new Map<string, VolumeAttachment[]>();

  get(name: string): AttachmentRecord | undefined {
    return this.#records.get(name);
  }

  /** The record for the object, with `newest` moved on if `object` is newer; a new one if its UID is new. */
  observe(object: VolumeAttachment): AttachmentRecord {
    const known = this.#records.get(object.name);
    if (known !== undefined && known.uid === object.uid) {
      // A version that cannot be compared is taken as newer: the server's later word stands. The same version is the
      // same object, and must not look like a change.
      if (!(compareVersions(object.resourceVersion, known.newest.resourceVersion) <= 0)) known.newest = object;
      return known;
    }
    if (known !== undefined) this.forget(known.name);
    const record: AttachmentRecord = {
      name: object.name,
      uid: object.uid,
      newest: object,
      base: object,
      published: undefined,
      exposed: false,
      unpublished: false,
      gone: false,
      forced: false,
      timedOut: false,
      errorWritten: undefined,
      lastFailure: undefined,
    };
    this.#records.set(object.name, record);
    this.#byVolume.add(object.persistentVolumeName, object.name);
    return record;
  }

  /** The newest that is known of the attachment, here or as `stored` in the store; undefined if neither has it. */
  newest(name: string, stored: VolumeAttachment | undefined): VolumeAttachment | undefined {
    const known = this.#records.get(name);
    if (known === undefined || known.gone) return stored;
    // Of versions that cannot be compared, ours is what the server itself has told us.
    if (stored === undefined || !(compareVersions(stored.resourceVersion, known.newest.resourceVersion) > 0)) {
      return known.newest;
    }
    return stored;
  }

  /** Records of attachments that name the PersistentVolume. */
  *ofVolume(persistentVolumeName: string): Iterable<AttachmentRecord> {
    for (const name of this.#byVolume.of(persistentVolumeName)) {
      const record = this.#records.get(name);
      if (record !== undefined) yield record;
    }
  }

  forget(name: string): void {
    this.#byVolume.remove(this.#records.get(name)?.newest.persistentVolumeName, name);
    this.#records.delete(name);
  }

  addOrphan(attachment: VolumeAttachment): void {
    const orphans = this.orphans(attachment.name);
    if (orphans.some((orphan) => orphan.uid === attachment.uid)) return;
    this.#orphans.set(attachment.name, [...orphans, attachment]);
  }

  /** In the order in which they went. */
  orphans(name: string): readonly VolumeAttachment[] {
    return this.#orphans.get(name) ?? [];
  }

  removeOrphan(attachment: VolumeAttachment): void {
    const left = this.orphans(attachment.name).filter((orphan) => orphan.uid !== attachment.uid);
    if (left.length === 0) this.#orphans.delete(attachment.name);
    else this.#orphans.set(attachment.name, left);
  }

  /**
   * Drops everything: the server has gone back to an earlier moment, and what was learned after that did not happen.
   * Gives the attachments whose volumes may be published, as last seen. They are no orphans: pods may be using them.
   */
  reset(): VolumeAttachment[] {
    const exposed = [...this.#orphans.values()].flat();
    for (const record of this.#records.values()) {
      if (record.exposed && !record.unpublished && !record.gone) exposed.push(record.newest);
      // A run that is under way ends at its next write.
      record.gone = true;
    }
    this.#records.clear();
    this.#byVolume.clear();
    this.#orphans.clear();
    return exposed;
  }

  records(): Iterable<AttachmentRecord> {
    return this.#records.values();
  }
}

/**
 * True if a change may change what is to be done. Our own error texts, managedFields and resourceVersion do not count:
 * else each error that we write would end the backoff that it belongs to.
 */
export function attachmentChanged(before: VolumeAttachment, after: VolumeAttachment): boolean {
  return (
    before.uid !== after.uid ||
    before.deletionMs !== after.deletionMs ||
    before.attached !== after.attached ||
    before.attacher !== after.attacher ||
    before.nodeName !== after.nodeName ||
    before.persistentVolumeName !== after.persistentVolumeName ||
    !sameList(before.finalizers, after.finalizers) ||
    !sameRecord(before.annotations, after.annotations)
  );
}

/** The same for a PersistentVolume; what is compared is what a publish or the finalizer depends on. */
export function volumeChanged(before: PersistentVolume, after: PersistentVolume): boolean {
  return (
    before.uid !== after.uid ||
    before.deletionMs !== after.deletionMs ||
    !sameRecord(before.annotations, after.annotations) ||
    JSON.stringify(before.spec) !== JSON.stringify(after.spec)
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}

function sameRecord(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
