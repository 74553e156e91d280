import type { PersistentVolume, VolumeAttachment } from '../../kube/api/objects.ts';
import type { Store } from '../../kube/cache/store.ts';
import type { AssumeCache } from '../state/assume-cache.ts';
import { nodeIdAnnotation, volumeHandleAnnotation } from '../state/names.ts';
import { type AttachmentState, type Condition, conditionsOf, stateOf } from './conditions.ts';

/** What the queue knows of a key. */
export interface QueueView {
  isRunning(key: string): boolean;
  retryInMs(key: string): number | undefined;
  failures(key: string): number;
}

/** One attachment as it is shown to people: never secrets, publish context or volume attributes. */
export interface AttachmentView {
  name: string;
  uid: string;
  node: string;
  /** Undefined for an inline volume. */
  persistentVolume: string | undefined;
  /** The volume is marked for deletion, and this attachment is what it waits for. */
  holdsTerminatingVolume: boolean;
  nodeId: string | undefined;
  volumeHandle: string | undefined;
  state: AttachmentState;
  running: boolean;
  failuresInARow: number;
  /** Undefined if no retry is planned. */
  retryInSeconds: number | undefined;
  conditions: (Omit<Condition, 'sinceMs'> & { since: string | undefined })[];
}

/** Shows every attachment. `leading` is absent on a standby, which knows only what the API has. */
export function* inspectAttachments(
  { attachments, volumes }: { attachments: Store<VolumeAttachment>; volumes: Store<PersistentVolume> },
  leading: { memory: AssumeCache; queue: QueueView } | undefined,
): Iterable<AttachmentView> {
  for (const stored of attachments.values()) {
    const known = leading?.memory.get(stored.name);
    const record = known?.uid === stored.uid ? known : undefined;
    const attachment = record?.newest ?? stored;
    const retryInMs = leading?.queue.retryInMs(stored.name);
    const { persistentVolumeName } = attachment;
    const volume = persistentVolumeName === undefined ? undefined : volumes.get(persistentVolumeName);
    yield {
      name: attachment.name,
      uid: attachment.uid,
      node: attachment.nodeName,
      persistentVolume: persistentVolumeName,
      holdsTerminatingVolume: volume?.deletionMs !== undefined,
      nodeId: attachment.annotations[nodeIdAnnotation],
      volumeHandle: attachment.annotations[volumeHandleAnnotation],
      state: stateOf(attachment, record),
      running: leading?.queue.isRunning(stored.name) ?? false,
      failuresInARow: leading?.queue.failures(stored.name) ?? 0,
      retryInSeconds: retryInMs === undefined ? undefined : Math.ceil(retryInMs / 1000),
      conditions: conditionsOf(attachment, record).map(({ sinceMs, ...condition }) => ({
        ...condition,
        since: sinceMs === undefined ? undefined : new Date(sinceMs).toISOString(),
      })),
    };
  }
}
