import { nodeIdAnnotation, volumeHandleAnnotation } from '../../../src/attacher/state/names.ts';
import type { Field, Meddling } from '../../apiserver/writes/admission.ts';

/** A field that an attacher writes, and how its write may not stick. */
export interface WrittenField extends Field {
  readonly kind: 'VolumeAttachment' | 'PersistentVolume';
  /** As the attacher's text names it. */
  readonly text: string;
  /** What writes it: an attach, a detach, or a failed one of them. */
  readonly by: 'attach' | 'detach' | 'attach failed' | 'detach failed' | 'attach after failure' | 'detach, kept';
  /** Ways in which that write does not stick. */
  readonly how: readonly Meddling[];
}

/** All that is ever written to attachments and volumes. */
export function writtenFields(finalizer: string): readonly WrittenField[] {
  const finalizers: Field = { path: ['metadata', 'finalizers'], entry: finalizer };
  const annotation = (name: string): Field => ({ path: ['metadata', 'annotations', name] });
  const status = (name: string): Field => ({ path: ['status', name] });
  const va = 'VolumeAttachment';
  return [
    { kind: va, ...finalizers, text: 'metadata.finalizers lacks', by: 'attach', how: ['dropped', 'kept'] },
    { kind: va, ...annotation(nodeIdAnnotation), text: nodeIdAnnotation, by: 'attach', how: ['dropped', 'kept'] },
    {
      ...{ kind: va, ...annotation(volumeHandleAnnotation), text: volumeHandleAnnotation },
      ...{ by: 'attach', how: ['dropped', 'kept'] },
    },
    {
      ...{ kind: 'PersistentVolume', ...finalizers, text: 'metadata.finalizers lacks' },
      ...{ by: 'attach', how: ['dropped', 'kept'] },
    },
    { kind: va, ...status('attached'), text: 'status.attached is', by: 'attach', how: ['dropped', 'kept'] },
    { kind: va, ...status('attachmentMetadata'), text: 'status.attachmentMetadata is', by: 'attach', how: ['dropped'] },
    {
      ...{ kind: va, ...status('attachError'), text: 'status.attachError is still' },
      ...{ by: 'attach after failure', how: ['kept', 'put back'] },
    },
    { kind: va, ...status('attachError'), text: 'status.attachError is not', by: 'attach failed', how: ['dropped'] },
    { kind: va, ...status('detachError'), text: 'status.detachError is not', by: 'detach failed', how: ['dropped'] },
    { kind: va, ...finalizers, text: 'metadata.finalizers still has', by: 'detach', how: ['kept', 'put back'] },
    { kind: va, ...status('attached'), text: 'status.attached is', by: 'detach, kept', how: ['kept', 'put back'] },
  ];
}
