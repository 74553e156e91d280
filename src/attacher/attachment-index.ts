import type { VolumeAttachment } from '../kube/objects.ts';
import type { Store, StoreListener } from '../kube/store.ts';

/** Names of attachments by the PersistentVolume and by the node that they name. Follows the store, leader or not. */
export class AttachmentIndex implements StoreListener<VolumeAttachment> {
  readonly #byVolume = new Map<string, Set<string>>();
  readonly #byNode = new Map<string, Set<string>>();

  /** Fills itself from the store and subscribes to it, ahead of everybody who reads the index in a listener. */
  constructor(store: Store<VolumeAttachment>) {
    for (const attachment of store.values()) this.upserted(attachment, undefined);
    store.subscribe(this);
  }

  ofVolume(persistentVolumeName: string): Iterable<string> {
    return this.#byVolume.get(persistentVolumeName) ?? [];
  }

  ofNode(nodeName: string): Iterable<string> {
    return this.#byNode.get(nodeName) ?? [];
  }

  upserted(attachment: VolumeAttachment, old: VolumeAttachment | undefined): void {
    // A spec is immutable, and one created anew comes as deleted first.
    if (old !== undefined) return;
    add(this.#byVolume, attachment.persistentVolumeName, attachment.name);
    add(this.#byNode, attachment.nodeName, attachment.name);
  }

  deleted(attachment: VolumeAttachment): void {
    remove(this.#byVolume, attachment.persistentVolumeName, attachment.name);
    remove(this.#byNode, attachment.nodeName, attachment.name);
  }
}

function add(index: Map<string, Set<string>>, key: string | undefined, name: string): void {
  if (key === undefined) return;
  const names = index.get(key);
  if (names === undefined) index.set(key, new Set([name]));
  else names.add(name);
}

function remove(index: Map<string, Set<string>>, key: string | undefined, name: string): void {
  if (key === undefined) return;
  const names = index.get(key);
  names?.delete(name);
  if (names?.size === 0) index.delete(key);
}
