import type { VolumeAttachment } from '../../kube/api/objects.ts';
import { compareVersions } from '../../kube/api/resource-version.ts';

/** An attachment whose deletion was asked for: only of such a one can it be said that its volume was unpublished. */
export type DeletingAttachment = VolumeAttachment & { readonly deletionMs: number };

interface Present<T extends VolumeAttachment = VolumeAttachment> {
  /** The newest version known, which after our own write may be ahead of the store. */
  readonly newest: T;
  /** What the current run decides on: `newest` when it began, moved on by its own writes but by nobody else's. */
  readonly base: VolumeAttachment;
}

/** Where the volume of one attachment stands, as far as this term of leadership knows. */
export type AttachmentState =
  /** Nothing was published under this object, as far as anything shows. */
  | (Present & { readonly is: 'untouched' })
  /**
   * It may be published: the object carried our finalizer, or a publish was sent. `republish`: a publish is to be sent
   * although the object may be shown as attached.
   */
  | (Present & { readonly is: 'exposed'; readonly republish: boolean })
  /** It surely is published, and the API does not show that yet: the write is to be repeated, not the publish. */
  | (Present & { readonly is: 'published'; readonly context: Readonly<Record<string, string>> })
  /** An unpublish has succeeded since the deletionTimestamp: only the finalizer is left to be taken off. */
  | (Present<DeletingAttachment> & { readonly is: 'unpublished' })
  /** The object is no more, whatever the store still shows. */
  | { readonly is: 'gone'; readonly last: VolumeAttachment };

/** What can happen to an attachment. */
export type AttachmentEvent =
  /** A watch (or the store that it fills) told of it, perhaps late. */
  | { readonly type: 'watched'; readonly object: VolumeAttachment }
  /**
   * The server itself answered with it: that is the truth whatever its version, since a server can go back to a backup.
   * Unless the watch told of another version after `asked`, which was the newest known when the question was sent.
   */
  | { readonly type: 'read'; readonly object: VolumeAttachment; readonly asked: VolumeAttachment | undefined }
  /** A run begins; `protected`: the object carries our finalizer. */
  | { readonly type: 'run-began'; readonly protected: boolean }
  /** A write of ours was answered with it. */
  | { readonly type: 'written'; readonly object: VolumeAttachment }
  /** From now on a publish may reach the driver. */
  | { readonly type: 'publish-sent' }
  | { readonly type: 'publish-succeeded'; readonly context: Readonly<Record<string, string>> }
  /** The API shows the publish that has succeeded. */
  | { readonly type: 'publish-shown' }
  | { readonly type: 'unpublish-succeeded' }
  /** The driver's lists do not show the volume on its node. */
  | { readonly type: 'found-missing' }
  /** The object is no more. */
  | { readonly type: 'vanished' };

/** The state of an object that was just seen for the first time. */
export function firstState(object: VolumeAttachment): AttachmentState {
  return { is: 'untouched', newest: object, base: object };
}

/** The only place that makes one state of another. Pure and total: nothing brings a gone object back. */
export function transition(state: AttachmentState, event: AttachmentEvent): AttachmentState {
  if (state.is === 'gone') return state;
  const { newest, base } = state;
  switch (event.type) {
    case 'watched':
      return isNewer(event.object, newest) ? withNewest(state, event.object) : state;
    case 'read':
      return event.object.resourceVersion !== newest.resourceVersion &&
        (event.asked === newest || isNewer(event.object, newest))
        ? withNewest(state, event.object)
        : state;
    case 'run-began':
      return event.protected && state.is === 'untouched'
        ? { is: 'exposed', republish: false, newest, base: newest }
        : { ...state, base: newest };
    case 'written':
      // The watch may have brought a later version while the write was under way.
      return { ...(isOlder(event.object, newest) ? state : withNewest(state, event.object)), base: event.object };
    case 'publish-sent':
      return { is: 'exposed', republish: mustPublish(state), newest, base };
    case 'publish-succeeded':
      return { is: 'published', context: event.context, newest, base };
    case 'publish-shown':
      return state.is === 'published' ? { is: 'exposed', republish: false, newest, base } : state;
    case 'unpublish-succeeded':
      return isDeleting(newest)
        ? { is: 'unpublished', newest, base }
        : { is: 'exposed', republish: true, newest, base };
    case 'found-missing':
      return state.is === 'unpublished' ? state : { is: 'exposed', republish: true, newest, base };
    case 'vanished':
      return { is: 'gone', last: newest };
  }
}

/** True if a publish may have been done under the object, and was surely not undone. */
export function mayBePublished(state: AttachmentState): boolean {
  return state.is === 'exposed' || state.is === 'published';
}

function mustPublish(state: AttachmentState): boolean {
  return state.is === 'published' || state.is === 'unpublished' || (state.is === 'exposed' && state.republish);
}

function withNewest<S extends Exclude<AttachmentState, { is: 'gone' }>>(
  state: S,
  newest: VolumeAttachment,
): Exclude<AttachmentState, { is: 'gone' }> {
  if (state.is !== 'unpublished') return { ...state, newest };
  if (isDeleting(newest)) return { ...state, newest };
  // Its deletion is taken back, which only a server that goes back to a backup does: the volume is wanted again.
  return { is: 'exposed', republish: true, newest, base: state.base };
}

function isDeleting(object: VolumeAttachment): object is DeletingAttachment {
  return object.deletionMs !== undefined;
}

/** A version that cannot be compared counts as newer: the later word stands. The same version is the same object. */
function isNewer(object: VolumeAttachment, than: VolumeAttachment): boolean {
  return !(compareVersions(object.resourceVersion, than.resourceVersion) <= 0);
}

function isOlder(object: VolumeAttachment, than: VolumeAttachment): boolean {
  return compareVersions(object.resourceVersion, than.resourceVersion) < 0;
}
