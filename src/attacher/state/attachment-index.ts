import type { VolumeAttachment } from '../../kube/api/objects.ts';
import type { Store, StoreListener } from '../../kube/cache/store.ts';
import { NameIndex } from './name-index.ts';

/** Names of attachments by the PersistentVolume and by the node that they name. Follows the store, leader or not. */
export class AttachmentIndex implements StoreListener<VolumeAttachment> {
  readonly #byVolume = new NameIndex();
  readonly #byNode = new NameIndex();

  /** Fills itself from the store and subscribes to it, ahead of everybody who reads the index in a listener. */
  constructor(store: Store<VolumeAttachment>) {
    for (const attachment of store.values()) this.upserted(attachment, undefined);
    store.subscribe(this);
  }

  ofVolume(persistentVolumeName: string): Iterable<string> {
    return this.#byVolume.of(persistentVolumeName);
  }

  ofNode(nodeName: string): Iterable<string> {
    return this.#byNode.of(nodeName);
  }

  upserted(attachment: VolumeAttachment, old: VolumeAttachment | undefined): void {
    // A spec is immutable, and one created anew comes as deleted first.
    if (old !== undefined) return;
    this.#byVolume.add(attachment.persistentVolumeName, attachment.name);
    this.#byNode.add(attachment.nodeName, attachment.name);
  }

  deleted(attachment: VolumeAttachment): void {
    this.#byVolume.remove(attachment.persistentVolumeName, attachment.name);
    this.#byNode.remove(attachment.nodeName, attachment.name);
  }
}
