import { finalizerName, volumeHandleAnnotation } from '../../attacher/state/names.ts';
import { annotation, nameOf, type Obj, strings, text } from '../api/objects.ts';
import { nodeState } from './cluster-state.ts';
import { nobodyLeads } from './diagnose-attach.ts';
import type { Place, VolumeFacts } from './facts.ts';
import { failureOf } from './failure.ts';
import { failureFinding } from './failure-finding.ts';
import type { Finding } from './finding.ts';
import { finding, logCommands, valuesOf } from './parts.ts';

/** The attachment is to go: it is there until the driver has confirmed that the volume is off the node. */
export function detachFinding(facts: VolumeFacts, place: Place, attachment: Obj): Finding {
  const values = valuesOf(facts, place, attachment);
  const ours = finalizerName(text(attachment, 'spec.attacher'));
  const finalizers = strings(attachment, 'metadata.finalizers');
  if (!finalizers.includes(ours)) {
    const told = { ...values, finalizers: finalizers.join(', ') || '-' };
    const who = { waitsFor: 'finalizerOwner', acts: 'finalizerOwner' } as const;
    const look = `kubectl get volumeattachment ${nameOf(attachment)} -o jsonpath='{.metadata.finalizers}'`;
    return finding('foreignFinalizer', 'act', who, told, [look]);
  }
  const vacant = nobodyLeads(facts, attachment, values);
  if (vacant !== undefined) return vacant;
  const failure = failureOf(facts, attachment);
  const forgotten =
    facts.volume.is === 'absent' && facts.volumeName !== '' && annotation(attachment, volumeHandleAnnotation) === '';
  if (forgotten) {
    const who = { waitsFor: 'attacher', acts: 'storageAdministrator' } as const;
    const base = finding('detachVolumeGone', 'act', who, values, [
      `kubectl get volumeattachment ${nameOf(attachment)} -o yaml`,
    ]);
    return { ...base, error: failure };
  }
  if (failure !== undefined)
    return failureFinding(facts, attachment, failure, { ...values, node: nodeText(facts, place.node) });
  const who = { waitsFor: 'driver', acts: 'nobody' } as const;
  return finding('detachInProgress', 'waiting', who, values, logCommands(facts, text(attachment, 'spec.attacher')));
}

function nodeText(facts: VolumeFacts, node: string): string {
  const state = nodeState(facts, node);
  return state === 'ready' || state === 'unread' ? node : `${node} (${state})`;
}
