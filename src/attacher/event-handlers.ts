import type { Logger } from '../base/log/logger.ts';
import type { CSINode, PersistentVolume, VolumeAttachment } from '../kube/api/objects.ts';
import type { Store } from '../kube/cache/store.ts';
import type { PvFinalizer } from './pv-finalizer.ts';
import type { AssumeCache } from './state/assume-cache.ts';
import type { AttachmentIndex } from './state/attachment-index.ts';
import { attachmentChanged, sameRecord } from './state/attachment-record.ts';

/** What a change can do to a queue. */
export interface Wakeable {
  wake(key: string): void;
  add(key: string): void;
  isRunning(key: string): boolean;
}

export interface EventHandlersOptions {
  driver: string;
  attachments: Store<VolumeAttachment>;
  /** Absent if the driver cannot publish: then neither volumes nor nodes are watched. */
  volumes: Store<PersistentVolume> | undefined;
  nodes: Store<CSINode> | undefined;
  index: AttachmentIndex;
  memory: AssumeCache;
  attachmentQueue: Wakeable;
  volumeQueue: Wakeable;
  pvFinalizer: PvFinalizer;
  logger: Logger;
  /** Told of each attachment that is there at the start, is new, or has changed. */
  seen(attachment: VolumeAttachment): void;
  /** Told of an attachment that is no longer there, while nobody works on it. */
  vanished(attachment: VolumeAttachment): void;
}

/** Turns changes in the stores into keys to be worked on: everything once at the start, then what may matter. */
export class EventHandlers {
  readonly #options: EventHandlersOptions;
  readonly #subscriptions: (() => void)[] = [];
  /**
   * By UID, from when the server was found to have gone back until all is listed: attachments whose volumes may be
   * published.
   */
  #exposed: Map<string, VolumeAttachment> | undefined;

  constructor(options: EventHandlersOptions) {
    this.#options = { ...options, logger: options.logger.named('attacher/event-handlers') };
  }

  start(): void {
    const { attachments, volumes, nodes, attachmentQueue, volumeQueue } = this.#options;
    this.#subscriptions.push(
      attachments.subscribe({
        upserted: (object, old) => this.#attachmentUpserted(object, old),
        deleted: (object) => this.#attachmentDeleted(object),
        listed: () => this.#attachmentsListed(),
        restored: () => this.#restored(),
      }),
    );
    for (const attachment of attachments.values()) {
      this.#options.seen(attachment);
      attachmentQueue.wake(attachment.name);
    }
    if (volumes !== undefined) {
      this.#subscriptions.push(
        volumes.subscribe({
          upserted: (volume, old) => this.#volumeUpserted(volume, old),
          deleted: (volume) => this.#options.pvFinalizer.forget(volume),
          restored: () => this.#options.pvFinalizer.reset(),
        }),
      );
      for (const volume of volumes.values()) if (this.#mayRelease(volume)) volumeQueue.wake(volume.name);
    }
    if (nodes !== undefined) {
      this.#subscriptions.push(
        nodes.subscribe({ upserted: (node, old) => this.#nodeUpserted(node, old), deleted: () => {} }),
      );
    }
  }

  stop(): void {
    for (const unsubscribe of this.#subscriptions.splice(0)) unsubscribe();
  }

  #attachmentUpserted(object: VolumeAttachment, old: VolumeAttachment | undefined): void {
    const { memory, attachmentQueue } = this.#options;
    if (object === old) {
      attachmentQueue.add(object.name);
      return;
    }
    this.#options.seen(object);
    const record = memory.get(object.name);
    if (record === undefined || record.uid !== object.uid) {
      attachmentQueue.wake(object.name);
      return;
    }
    const before = record.newest;
    memory.watched(object);
    // A run that is under way compares at its end: until then nobody knows which changes are its own.
    if (attachmentQueue.isRunning(object.name)) return;
    if (record.newest !== object) return;
    if (attachmentChanged(before, object)) attachmentQueue.wake(object.name);
    // An error that came after the success is to be cleared; one that belongs to a backoff does not end it.
    else if (object.attached && object.attachError !== undefined) attachmentQueue.add(object.name);
  }

  #attachmentDeleted(object: VolumeAttachment): void {
    const { memory, attachmentQueue, volumeQueue } = this.#options;
    // After a restore it is no orphan: a pod may be using its volume. The watches name it.
    if (this.#exposed !== undefined) this.#exposed.delete(object.uid);
    // A run that is under way finds out by itself.
    else if (!attachmentQueue.isRunning(object.name)) this.#options.vanished(object);
    if (memory.get(object.name)?.uid === object.uid) memory.forget(object.name);
    if (object.persistentVolumeName !== undefined) volumeQueue.wake(object.persistentVolumeName);
  }

  /** The server has gone back: what this term knows beside the stores did not happen. */
  #restored(): void {
    const { memory } = this.#options;
    this.#exposed ??= new Map();
    for (const attachment of memory.reset()) this.#exposed.set(attachment.uid, attachment);
  }

  /** After a restore everything is looked at anew; what is no more there is named, since nobody may unpublish it. */
  #lookAtAll(exposed: ReadonlyMap<string, VolumeAttachment>): void {
    const { attachments, volumes, attachmentQueue, volumeQueue, logger } = this.#options;
    for (const { name, uid, nodeName, persistentVolumeName } of exposed.values()) {
      if (attachments.get(name)?.uid === uid) continue;
      const fields = { attachment: name, volume: persistentVolumeName, node: nodeName };
      logger.warning('The API server has gone back to before this attachment: its volume may stay published', fields);
    }
    for (const attachment of attachments.values()) attachmentQueue.wake(attachment.name);
    for (const volume of volumes?.values() ?? []) if (this.#mayRelease(volume)) volumeQueue.wake(volume.name);
  }

  /** What only the server itself has told of may have gone without a word: the store never had it. */
  #attachmentsListed(): void {
    const { memory, attachments, attachmentQueue } = this.#options;
    const exposed = this.#exposed;
    if (exposed !== undefined) {
      this.#exposed = undefined;
      this.#lookAtAll(exposed);
    }
    for (const { name, uid, isGone } of memory.records()) {
      if (!isGone && attachments.get(name)?.uid !== uid) attachmentQueue.add(name);
    }
  }

  #volumeUpserted(volume: PersistentVolume, old: PersistentVolume | undefined): void {
    const { index, volumeQueue, pvFinalizer } = this.#options;
    pvFinalizer.seen(volume);
    if (volume === old) {
      if (this.#mayRelease(volume)) volumeQueue.add(volume.name);
      return;
    }
    if (old !== undefined && !volumeChanged(old, volume)) return;
    for (const name of index.ofVolume(volume.name)) this.#wakeUnsettled(name);
    if (this.#mayRelease(volume)) volumeQueue.wake(volume.name);
  }

  #nodeUpserted(node: CSINode, old: CSINode | undefined): void {
    const { driver, index } = this.#options;
    if (old !== undefined && node.nodeIds[driver] === old.nodeIds[driver]) return;
    for (const name of index.ofNode(node.name)) this.#wakeUnsettled(name);
  }

  /** An attachment that is attached, or gone, has nothing to gain from a change around it. */
  #wakeUnsettled(name: string): void {
    const { memory, attachments, attachmentQueue } = this.#options;
    const object = memory.newest(name, attachments.get(name));
    if (object === undefined || (object.attached && object.deletionMs === undefined)) return;
    attachmentQueue.wake(name);
  }

  #mayRelease(volume: PersistentVolume): boolean {
    return this.#options.pvFinalizer.mayRelease(volume);
  }
}

/** What a publish or the finalizer of a volume depends on. */
function volumeChanged(before: PersistentVolume, after: PersistentVolume): boolean {
  return (
    before.uid !== after.uid ||
    before.deletionMs !== after.deletionMs ||
    !sameRecord(before.annotations, after.annotations) ||
    JSON.stringify(before.spec) !== JSON.stringify(after.spec)
  );
}
