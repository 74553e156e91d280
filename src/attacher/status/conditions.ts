import type { VolumeAttachment } from '../../kube/api/objects.ts';
import type { AttachmentRecord } from '../state/attachment-record.ts';

/**
 * A VolumeAttachment has no conditions in the API, which drops the field. These are derived, from what the API has and
 * from what the attacher knows beside it; they are shown and never stored.
 */
export interface Condition {
  type: 'Attached' | 'Detached' | 'Progressing' | 'Failed';
  status: boolean;
  reason: string;
  message: string;
  /** Since when, in milliseconds since the epoch; undefined if nothing tells. */
  sinceMs: number | undefined;
}

export type AttachmentState = 'attaching' | 'attached' | 'attach-failed' | 'detaching' | 'detach-failed';
export const attachmentStates: readonly AttachmentState[] = [
  'attaching',
  'attached',
  'attach-failed',
  'detaching',
  'detach-failed',
];

/** The attachment's state in one word. `record` is what the leader knows beside the object, if there is any. */
export function stateOf(attachment: VolumeAttachment, record: AttachmentRecord | undefined): AttachmentState {
  const failed = failureOf(attachment, record) !== undefined;
  if (attachment.deletionMs !== undefined) return failed ? 'detach-failed' : 'detaching';
  if (attachment.attached) return 'attached';
  return failed ? 'attach-failed' : 'attaching';
}

export function conditionsOf(attachment: VolumeAttachment, record: AttachmentRecord | undefined): Condition[] {
  const state = stateOf(attachment, record);
  const failure = failureOf(attachment, record);
  const { deletionMs, creationMs } = attachment;
  const wanted = deletionMs === undefined;
  const settled = state === 'attached';
  const requestedMs = deletionMs ?? creationMs;
  // The status lags behind an unpublish until the finalizer is off; and of the two, what the driver did is true.
  const unpublished = record?.state.is === 'unpublished';
  const attached = attachment.attached && !unpublished;
  return [
    attached
      ? { type: 'Attached', status: true, reason: 'Published', message: 'The volume is attached.', sinceMs: undefined }
      : {
          ...{ type: 'Attached', status: false, reason: wanted ? 'NotYetPublished' : 'Unwanted' },
          ...{ message: 'The volume is not shown as attached.', sinceMs: creationMs },
        },
    {
      type: 'Detached',
      status: unpublished,
      reason: unpublished ? 'Unpublished' : wanted ? 'Wanted' : 'MayBePublished',
      message: unpublished
        ? 'The driver has unpublished the volume.'
        : wanted
          ? 'The volume is wanted on the node.'
          : 'The volume may still be on the node: the driver has not confirmed an unpublish.',
      sinceMs: undefined,
    },
    {
      type: 'Progressing',
      status: !settled,
      reason: settled ? 'Done' : wanted ? 'Attaching' : 'Detaching',
      message: settled
        ? 'Nothing is left to be done.'
        : wanted
          ? 'The volume is to be attached.'
          : 'The volume is to be detached.',
      sinceMs: settled ? undefined : requestedMs,
    },
    failure === undefined
      ? { type: 'Failed', status: false, reason: 'NoError', message: '', sinceMs: undefined }
      : { type: 'Failed', status: true, ...failure },
  ] satisfies Condition[];
}

/** The failure that stands in the way now: of an attach as long as the volume is wanted, else of the detach. */
function failureOf(
  attachment: VolumeAttachment,
  record: AttachmentRecord | undefined,
): { reason: string; message: string; sinceMs: number } | undefined {
  // A failed attach is no reason for anything once the volume is to be detached.
  const operation = attachment.deletionMs === undefined ? 'attach' : 'detach';
  const last = record?.failures?.operation === operation ? record.failures.last : undefined;
  if (last !== undefined) return { reason: last.reason, message: last.message, sinceMs: last.atMs };
  const { attached, deletionMs, attachError, detachError } = attachment;
  const shown = deletionMs !== undefined ? detachError : attached ? undefined : attachError;
  return shown && { reason: 'Error', message: shown.message, sinceMs: shown.timeMs };
}
