import { finalizerName, nodeIdAnnotation } from '../../attacher/state/names.ts';
import { annotation, fullName, isDeleting, nameOf, type Obj, text, time } from '../api/objects.ts';
import { downContainer, isKnownDriver, leaderState, nodeState, registers } from './cluster-state.ts';
import type { Place, VolumeFacts } from './facts.ts';
import { failureOf, latestOf } from './failure.ts';
import { failureFinding } from './failure-finding.ts';
import type { Finding } from './finding.ts';
import { finding, logCommands, type Values, valuesOf } from './parts.ts';
import { wanting } from './places.ts';
import { ageOf } from './since.ts';

/** More attachments than this that wait before one explain why nobody has begun with it: what the Go attacher does at once. */
const fewestAhead = 10;
/** A leader begins within this. Milliseconds. */
const beginsWithinMs = 15_000;

/** The attachment is there, wanted, and not attached. */
export function attachFinding(facts: VolumeFacts, place: Place, attachment: Obj): Finding {
  const values = valuesOf(facts, place, attachment);
  const found =
    misnamed(facts, attachment, values) ??
    missingObject(facts, place, values) ??
    nobodyLeads(facts, attachment, values);
  if (found !== undefined) return found;
  const failure = failureOf(facts, attachment);
  if (failure !== undefined) return failureFinding(facts, attachment, failure, values);
  return notBegun(facts, attachment, values) ?? calling(values);
}

/** No attacher will ever take it up, or not the one that could. */
function misnamed(facts: VolumeFacts, attachment: Obj, values: Values): Finding | undefined {
  const attacher = text(attachment, 'spec.attacher');
  const who = { waitsFor: 'clusterAdministrator', acts: 'clusterAdministrator' } as const;
  const look = `kubectl get volumeattachment ${nameOf(attachment)} -o yaml`;
  if (facts.volume.is === 'found' && facts.driver !== '' && facts.driver !== attacher) {
    return finding('wrongAttacher', 'act', who, values, [look, `kubectl get pv ${facts.volumeName} -o yaml`]);
  }
  if (isKnownDriver(facts, attacher) !== false) return undefined;
  return finding('unknownAttacher', 'act', who, values, ['kubectl get csidrivers', look]);
}

/** Something that the attach needs is not there. */
function missingObject(facts: VolumeFacts, { node, pods }: Place, values: Values): Finding | undefined {
  const { volume } = facts;
  const administrator = { waitsFor: 'clusterAdministrator', acts: 'clusterAdministrator' } as const;
  if (volume.is === 'absent' && facts.volumeName !== '') {
    return finding('volumeGone', 'act', administrator, values, [`kubectl get pv ${facts.volumeName}`]);
  }
  if (volume.is === 'found' && isDeleting(volume.object)) {
    const owner = { waitsFor: 'podOwner', acts: 'podOwner' } as const;
    const deletions = wanting(pods).map(
      (pod) => `kubectl -n ${text(pod, 'metadata.namespace')} delete pod ${nameOf(pod)}`,
    );
    return finding('volumeDeleting', 'act', owner, values, deletions);
  }
  if (nodeState(facts, node) === 'gone') {
    const controller = { waitsFor: 'controller', acts: 'nobody' } as const;
    return finding('nodeGone', 'waiting', controller, values, [`kubectl get node ${node}`]);
  }
  const csiNode = facts.csiNodes.get(node);
  const plugins = `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`;
  if (csiNode?.is === 'absent') {
    const kubelet = { waitsFor: 'kubelet', acts: 'clusterAdministrator' } as const;
    return finding('csiNodeMissing', 'act', kubelet, values, [`kubectl describe node ${node}`, plugins]);
  }
  if (csiNode?.is === 'found' && !registers(csiNode.object, values.attacher ?? '')) {
    const plugin = { waitsFor: 'nodePlugin', acts: 'clusterAdministrator' } as const;
    return finding('driverNotOnNode', 'act', plugin, values, [plugins, `kubectl get csinode ${node} -o yaml`]);
  }
  return undefined;
}

/** No attacher is at work for this driver, and why, as far as its pods tell. */
export function nobodyLeads(facts: VolumeFacts, attachment: Obj, values: Values): Finding | undefined {
  const attacher = text(attachment, 'spec.attacher');
  const leader = leaderState(facts, attacher);
  if (leader.is !== 'vacant') return undefined;
  const down = downContainer(facts, attacher);
  const told = {
    ...values,
    lease: leader.lease,
    holder: leader.holder || '-',
    since: sinceText(facts, leader.sinceMs),
  };
  const [namespace = '', name = ''] = leader.lease.split('/');
  const operator = { waitsFor: 'attacher', acts: 'attacherOperator' } as const;
  if (down === undefined) {
    return finding('noLeader', 'act', operator, told, [
      `kubectl -n ${namespace} get lease ${name}`,
      `kubectl -n ${namespace} get pods`,
    ]);
  }
  const logs = `kubectl -n ${down.namespace} logs ${down.pod} -c ${down.container} --tail=50`;
  const driver = { waitsFor: 'driver', acts: 'attacherOperator' } as const;
  const more = { ...told, container: down.container, pod: `${down.namespace}/${down.pod}`, reason: down.reason };
  return finding('driverDown', 'act', driver, more, [`kubectl -n ${down.namespace} describe pod ${down.pod}`, logs]);
}

/** The attacher has left no trace on the attachment. */
function notBegun(facts: VolumeFacts, attachment: Obj, values: Values): Finding | undefined {
  const attacher = text(attachment, 'spec.attacher');
  const finalizers = (attachment.metadata as { finalizers?: readonly string[] } | undefined)?.finalizers ?? [];
  if (facts.leader.get(nameOf(attachment))?.running === true) return undefined;
  if (finalizers.includes(finalizerName(attacher)) || annotation(attachment, nodeIdAnnotation) !== '') return undefined;
  const logs = logCommands(facts, attacher);
  const ahead = facts.allAttachments.filter((other) => isAhead(other, attachment)).length;
  if (ahead >= fewestAhead) {
    const who = { waitsFor: 'attacher', acts: 'nobody' } as const;
    return finding('behindBacklog', 'waiting', who, { ...values, ahead: String(ahead) }, [
      'kubectl get volumeattachments',
    ]);
  }
  const operator = { waitsFor: 'attacher', acts: 'attacherOperator' } as const;
  if (leaderState(facts, attacher).is === 'none') {
    const find = `kubectl get pods -A -o wide | grep -e attacher -e controller`;
    return finding('noLease', 'act', operator, values, [find]);
  }
  const ageMs = facts.nowMs - (time(attachment, 'metadata.creationTimestamp') ?? facts.nowMs);
  if (ageMs < beginsWithinMs)
    return finding('attacherSilent', 'waiting', { waitsFor: 'attacher', acts: 'nobody' }, values, []);
  return finding('attacherSilent', 'act', operator, values, logs);
}

function calling(values: Values): Finding {
  return finding('callInProgress', 'waiting', { waitsFor: 'driver', acts: 'nobody' }, values, []);
}

/** The volume is attached (or need not be, without an attachment): whatever is waited for now is on the node. */
export function attachedFinding(facts: VolumeFacts, place: Place, attachment: Obj | undefined): Finding {
  const values = valuesOf(facts, place, attachment);
  const { node, pods } = place;
  const state = nodeState(facts, node);
  const leaving = pods.filter(isDeleting);
  if (state === 'gone')
    return finding('nodeGone', 'waiting', { waitsFor: 'controller', acts: 'nobody' }, values, [
      `kubectl get node ${node}`,
    ]);
  if (state === 'out-of-service')
    return finding('nodeOutOfService', 'waiting', { waitsFor: 'controller', acts: 'nobody' }, values, []);
  if (state === 'not-ready') {
    const taint = `kubectl taint nodes ${node} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`;
    const who = { waitsFor: 'kubelet', acts: 'clusterAdministrator' } as const;
    return finding('nodeDown', 'act', who, values, [`kubectl describe node ${node}`, taint]);
  }
  const wanted = (facts.pods ?? []).some((pod) => !isDeleting(pod) && !['', node].includes(text(pod, 'spec.nodeName')));
  if (pods.length === 0 || leaving.length === pods.length) {
    if (!wanted) return finding('attachedUnused', 'ok', { waitsFor: 'nobody', acts: 'nobody' }, values, []);
    const who = { waitsFor: leaving.length > 0 ? 'kubelet' : 'controller', acts: 'nobody' } as const;
    return finding(
      'stillHeld',
      'waiting',
      who,
      values,
      leaving.map((pod) => `kubectl -n ${text(pod, 'metadata.namespace')} describe pod ${nameOf(pod)}`),
    );
  }
  return kubeletFinding(facts, place, values);
}

function kubeletFinding(facts: VolumeFacts, { node, pods }: Place, values: Values): Finding {
  const waiting = pods.filter((pod) => text(pod, 'status.phase') !== 'Running' && !isDeleting(pod));
  const [pod] = waiting;
  if (pod === undefined) return finding('allWell', 'ok', { waitsFor: 'nobody', acts: 'nobody' }, values, []);
  const mounts = facts.events.filter(
    (event) =>
      text(event, 'reason') === 'FailedMount' && text(event, 'involvedObject.uid') === text(pod, 'metadata.uid'),
  );
  const failed = latestOf(mounts);
  const commands = [
    `kubectl -n ${text(pod, 'metadata.namespace')} describe pod ${nameOf(pod)}`,
    `kubectl get pods -A -o wide --field-selector spec.nodeName=${node}`,
  ];
  const told = { ...values, pods: waiting.map(fullName).join(', ') };
  if (failed === undefined)
    return finding('kubeletWaits', 'waiting', { waitsFor: 'kubelet', acts: 'nobody' }, told, commands);
  const base = finding('kubeletFails', 'act', { waitsFor: 'kubelet', acts: 'clusterAdministrator' }, told, commands);
  return { ...base, error: { message: text(failed, 'message'), code: undefined, timedOut: false } };
}

function sinceText(facts: VolumeFacts, ms: number | undefined): string {
  return ms === undefined ? '-' : ageOf(facts.nowMs - ms);
}

/** Waits as this one does, for the same attacher, and was there before it. */
function isAhead(other: Obj, attachment: Obj): boolean {
  if (other === attachment || text(other, 'spec.attacher') !== text(attachment, 'spec.attacher')) return false;
  if (isDeleting(other) || (other.status as { attached?: boolean } | undefined)?.attached === true) return false;
  return (time(other, 'metadata.creationTimestamp') ?? 0) <= (time(attachment, 'metadata.creationTimestamp') ?? 0);
}
