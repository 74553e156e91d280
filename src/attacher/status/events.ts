import type { ObjectReference, PersistentVolume, VolumeAttachment } from '../../kube/api/objects.ts';
import type { Store } from '../../kube/cache/store.ts';
import type { EventSink } from '../../kube/event-recorder.ts';
import type { Failure } from '../state/operation-error.ts';
import type { OperationKind } from '../state/outcome.ts';

/**
 * Says what went wrong where people look: on the attachment, and on the claim of its volume (or on the volume itself
 * if no claim has it), since a user who waits for a pod sees claims and not attachments.
 */
export class AttachmentEvents {
  readonly #events: EventSink;
  readonly #volumes: Store<PersistentVolume>;

  constructor(options: { events: EventSink; volumes: Store<PersistentVolume> }) {
    this.#events = options.events;
    this.#volumes = options.volumes;
  }

  failed(attachment: VolumeAttachment, operation: OperationKind, failure: Failure): void {
    const timedOut = failure.reason === 'TimedOut';
    const reason =
      operation === 'attach'
        ? timedOut
          ? 'AttachTimedOut'
          : 'FailedAttachVolume'
        : timedOut
          ? 'DetachTimedOut'
          : 'FailedDetachVolume';
    this.#record(attachment, operation, reason, failure.message);
  }

  /** The volume is detached by what the attachment remembers, its PersistentVolume being gone. */
  detachedWithoutVolume(attachment: VolumeAttachment, note: string): void {
    this.#record(attachment, 'detach', 'DetachedWithoutPersistentVolume', note);
  }

  #record(attachment: VolumeAttachment, operation: OperationKind, reason: string, note: string): void {
    const action = operation === 'attach' ? 'Attach' : 'Detach';
    const text = `${note} (volume attachment ${attachment.name}, node ${attachment.nodeName})`;
    for (const regarding of this.#regarding(attachment)) {
      this.#events.record({ regarding, type: 'Warning', reason, action, note: text });
    }
  }

  *#regarding(attachment: VolumeAttachment): Iterable<ObjectReference> {
    const { name, uid, persistentVolumeName } = attachment;
    yield { kind: 'VolumeAttachment', apiVersion: 'storage.k8s.io/v1', name, uid };
    const volume = persistentVolumeName === undefined ? undefined : this.#volumes.get(persistentVolumeName);
    if (volume === undefined) return;
    const { claimRef } = volume;
    if (claimRef === undefined)
      yield { kind: 'PersistentVolume', apiVersion: 'v1', name: volume.name, uid: volume.uid };
    else yield { ...claimRef, kind: claimRef.kind || 'PersistentVolumeClaim', apiVersion: claimRef.apiVersion ?? 'v1' };
  }
}
