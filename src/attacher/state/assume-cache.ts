import type { VolumeAttachment } from '../../kube/api/objects.ts';
import { compareVersions } from '../../kube/api/resource-version.ts';
import { AttachmentRecord } from './attachment-record.ts';
import { NameIndex } from './name-index.ts';

/**
 * The records of one term of leadership. A new term begins with none, since another leader acted in between; and a
 * server that goes back to a backup ends them all.
 */
export class AssumeCache {
  readonly #records = new Map<string, AttachmentRecord>();
  readonly #byVolume = new NameIndex();
  /** By key: attachments that went away by force with our finalizer on them, whose volumes may be published. */
  readonly #orphans = new Map<string, VolumeAttachment>();
  /** Keys of orphans by the name that they had. */
  readonly #orphanKeys = new NameIndex();

  get(name: string): AttachmentRecord | undefined {
    return this.#records.get(name);
  }

  /** The record for the object, which a watch (or the store that it fills) told of; a new one if its UID is new. */
  watched(object: VolumeAttachment): AttachmentRecord {
    const known = this.#records.get(object.name);
    if (known?.uid !== object.uid) return this.#begin(object, known);
    known.apply({ type: 'watched', object });
    return known;
  }

  /** The same for one that the server itself answered with. `asked`: what was known of it when the question was sent. */
  read(object: VolumeAttachment, asked: VolumeAttachment | undefined): AttachmentRecord {
    const known = this.#records.get(object.name);
    if (known?.uid !== object.uid) return this.#begin(object, known);
    known.apply({ type: 'read', object, asked });
    return known;
  }

  #begin(object: VolumeAttachment, former: AttachmentRecord | undefined): AttachmentRecord {
    if (former !== undefined) this.forget(former.name);
    const record = new AttachmentRecord(object);
    this.#records.set(object.name, record);
    this.#byVolume.add(object.persistentVolumeName, object.name);
    return record;
  }

  /** The newest that is known of the attachment, here or as `stored` in the store; undefined if neither has it. */
  newest(name: string, stored: VolumeAttachment | undefined): VolumeAttachment | undefined {
    const known = this.#records.get(name);
    if (known === undefined || known.isGone) return stored;
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

  records(): Iterable<AttachmentRecord> {
    return this.#records.values();
  }

  /** Keeps what vanished with its volume published, until `removeOrphan`. Returns the key under which it is served. */
  addOrphan(attachment: VolumeAttachment): string {
    const key = orphanKey(attachment.uid);
    this.#orphans.set(key, attachment);
    this.#orphanKeys.add(attachment.name, key);
    return key;
  }

  /** The orphan of that key; undefined if the key is not an orphan's, or it was served. */
  orphan(key: string): VolumeAttachment | undefined {
    return this.#orphans.get(key);
  }

  /** True if volumes of former attachments of that name may still be published. */
  hasOrphans(name: string): boolean {
    for (const _ of this.#orphanKeys.of(name)) return true;
    return false;
  }

  removeOrphan({ name, uid }: VolumeAttachment): void {
    this.#orphanKeys.remove(name, orphanKey(uid));
    this.#orphans.delete(orphanKey(uid));
  }

  /**
   * Drops everything: the server has gone back to an earlier moment, and what was learned after that did not happen.
   * Gives the attachments whose volumes may be published, as last seen. They are no orphans: pods may be using them.
   */
  reset(): VolumeAttachment[] {
    const exposed = [...this.#orphans.values()];
    for (const record of this.#records.values()) {
      if (record.mayBePublished) exposed.push(record.newest);
      // A run that is under way ends at its next write.
      record.apply({ type: 'vanished' });
    }
    this.#records.clear();
    this.#byVolume.clear();
    this.#orphans.clear();
    this.#orphanKeys.clear();
    return exposed;
  }
}

/** A blank is in no object's name. */
const orphanPrefix = 'orphan ';

function orphanKey(uid: string): string {
  return `${orphanPrefix}${uid}`;
}

export function isOrphanKey(key: string): boolean {
  return key.startsWith(orphanPrefix);
}
