import { isDeleting, type Obj, text } from '../api/objects.ts';
import type { Place, VolumeFacts } from './facts.ts';

/** Every node that the volume is on, or is wanted on: those of its attachments, and those of its pods. */
export function placesOf(facts: VolumeFacts): Place[] {
  const attachments = facts.attachments ?? [];
  const pods = facts.pods ?? [];
  const nodes = new Set([...pods, ...attachments].map((each) => text(each, 'spec.nodeName')));
  nodes.delete('');
  return [...nodes].map((node) => {
    const here = attachments.filter((each) => text(each, 'spec.nodeName') === node);
    return {
      node,
      attachment: here.find((each) => text(each, 'spec.attacher') === facts.driver) ?? here[0],
      pods: pods.filter((pod) => text(pod, 'spec.nodeName') === node),
    };
  });
}

/** True if the volume may be on several nodes at once. */
export function isShared(volume: Obj): boolean {
  const modes = volume.spec === undefined ? [] : (volume.spec as { accessModes?: unknown }).accessModes;
  return Array.isArray(modes) && modes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
}

/** Pods that somebody waits for. */
export function wanting(pods: readonly Obj[]): Obj[] {
  return pods.filter((pod) => !isDeleting(pod));
}
