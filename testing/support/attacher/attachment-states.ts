import {
  type AttachmentState,
  type DeletingAttachment,
  firstState,
} from '../../../src/attacher/state/attachment-state.ts';
import { nodeIdAnnotation } from '../../../src/attacher/state/names.ts';
import type { VolumeAttachment } from '../../../src/kube/api/objects.ts';

export function attachmentObject(changes: Partial<VolumeAttachment> = {}): VolumeAttachment {
  return {
    ...{ name: 'va', uid: 'u', resourceVersion: '10', creationMs: 0, finalizers: [], annotations: {} },
    ...{ attacher: 'd', nodeName: 'n', attached: false, attachmentMetadata: {} },
    ...changes,
  };
}

/** Every object that differs in what decisions depend on. */
export function* everyObject(): Iterable<VolumeAttachment> {
  for (const attached of [false, true]) {
    for (const deletionMs of [undefined, 5]) {
      for (const error of [undefined, { message: 'no', timeMs: 1 }]) {
        for (const annotations of [{}, { [nodeIdAnnotation]: 'id' }] as Record<string, string>[]) {
          yield attachmentObject({ attached, deletionMs, attachError: error, detachError: error, annotations });
        }
      }
    }
  }
}

/** Every state of every such object: what the type allows, and no more. */
export function* everyState(): Iterable<AttachmentState> {
  for (const newest of everyObject()) {
    const base = newest;
    yield firstState(newest);
    yield { is: 'exposed', republish: false, newest, base };
    yield { is: 'exposed', republish: true, newest, base };
    yield { is: 'published', context: { path: '/dev/x' }, newest, base };
    if (newest.deletionMs !== undefined) yield { is: 'unpublished', newest: newest as DeletingAttachment, base };
    yield { is: 'gone', last: newest };
  }
}
