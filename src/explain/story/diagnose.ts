import { fullName, isDeleting, list, nameOf, type Obj, text, time } from '../api/objects.ts';
import { attachedFinding, attachFinding } from './diagnose-attach.ts';
import { detachFinding } from './diagnose-detach.ts';
import type { Place, VolumeFacts } from './facts.ts';
import { latestOf } from './failure.ts';
import type { Finding } from './finding.ts';
import { isShared, placesOf, wanting } from './places.ts';
import { ageOf } from './since.ts';

/** After this the attach/detach controller is no longer just about to do it. Milliseconds. */
const controllerLateMs = 120_000;

/** A finding about one node, or about the volume as a whole. */
export interface PlacedFinding {
  readonly place: Place | undefined;
  readonly finding: Finding;
}

/** All that can be told of a volume: a finding for each node, or one for the volume if no node has to do with it. */
export function diagnose(facts: VolumeFacts): PlacedFinding[] {
  const places = placesOf(facts).map((place) => ({ place, finding: findingAt(facts, place) }));
  const whole = claimFinding(facts) ?? (places.length === 0 ? unplaced(facts) : undefined);
  const mixed = mixedAttachers(facts);
  const unplacedFindings = [whole, mixed].filter((finding) => finding !== undefined);
  return [...unplacedFindings.map((finding) => ({ place: undefined, finding })), ...places];
}

function findingAt(facts: VolumeFacts, place: Place): Finding {
  const { attachment } = place;
  if (attachment === undefined) return unmadeFinding(facts, place);
  if (isDeleting(attachment)) return detachFinding(facts, place, attachment);
  if ((attachment.status as { attached?: boolean } | undefined)?.attached === true) {
    return attachedFinding(facts, place, attachment);
  }
  return attachFinding(facts, place, attachment);
}

/** Pods are on the node, and no attachment is: that is the attach/detach controller's to make. */
function unmadeFinding(facts: VolumeFacts, place: Place): Finding {
  const { node, pods } = place;
  const values = { node, pods: names(pods), volume: facts.volumeName };
  if (pods.length > 0 && pods.every((pod) => text(pod, 'status.phase') === 'Running')) {
    return { cause: 'allWell', verdict: 'ok', waitsFor: 'nobody', acts: 'nobody', values, commands: [] };
  }
  const driver = facts.csiDrivers.get(facts.driver);
  if (
    driver?.is === 'found' &&
    (driver.object.spec as { attachRequired?: boolean } | undefined)?.attachRequired === false
  ) {
    return kubeletFinding(facts, place);
  }
  if (facts.attachments === undefined) {
    const commands = ['kubectl auth can-i list volumeattachments.storage.k8s.io'];
    return { cause: 'unreadable', verdict: 'waiting', waitsFor: 'controller', acts: 'nobody', values, commands };
  }
  const elsewhere = placesOf(facts).filter((other) => other.node !== node && other.attachment !== undefined);
  const shared = facts.volume.is === 'found' && isShared(facts.volume.object);
  if (!shared && elsewhere.length > 0) return multiAttach(place, elsewhere, values);
  const scheduledMs = Math.min(
    ...pods.map((pod) => time(pod, 'status.startTime') ?? time(pod, 'metadata.creationTimestamp') ?? facts.nowMs),
  );
  const late = facts.nowMs - scheduledMs > controllerLateMs;
  return {
    ...{ cause: late ? 'notMade' : 'notYetMade', verdict: late ? 'act' : 'waiting' },
    ...{ waitsFor: 'controller', acts: late ? 'clusterAdministrator' : 'nobody' },
    values: { ...values, age: ageOf(facts.nowMs - scheduledMs) },
    commands: late
      ? [
          'kubectl -n kube-system get pods -l component=kube-controller-manager',
          `kubectl get events -A --field-selector reason=FailedAttachVolume`,
        ]
      : [],
  };
}

/** Kubernetes says "Multi-Attach error" and names not all of those who hold the volume. */
function multiAttach(place: Place, elsewhere: readonly Place[], values: Record<string, string>): Finding {
  const holders = elsewhere.flatMap(({ pods }) => pods);
  const told = {
    ...values,
    others: elsewhere.map((other) => other.node).join(', '),
    holders: elsewhere
      .map((other) => `${other.node}: ${other.pods.length === 0 ? '-' : other.pods.map(podWithState).join(', ')}`)
      .join('; '),
  };
  const staying = wanting(holders);
  if (staying.length === 0) {
    const commands = elsewhere.map(({ attachment }) => `kubectl get volumeattachment ${nameOf(attachment)} -o yaml`);
    return {
      cause: 'multiAttachLeaving',
      verdict: 'waiting',
      waitsFor: 'controller',
      acts: 'nobody',
      values: told,
      commands,
    };
  }
  const commands = [...staying, ...wanting(place.pods)].map(
    (pod) => `kubectl -n ${text(pod, 'metadata.namespace')} describe pod ${nameOf(pod)}`,
  );
  return { cause: 'multiAttach', verdict: 'act', waitsFor: 'podOwner', acts: 'podOwner', values: told, commands };
}

function kubeletFinding(facts: VolumeFacts, place: Place): Finding {
  return attachedFinding(facts, place, undefined);
}

/** What is wrong with the claim or its volume before any node comes into it. */
function claimFinding(facts: VolumeFacts): Finding | undefined {
  const { claimName, claim, nowMs } = facts;
  if (claimName === undefined || claim.is === 'unread') return undefined;
  const pods = facts.pods ?? [];
  const values = { claim: `${claimName.namespace}/${claimName.name}`, pods: names(pods), volume: facts.volumeName };
  const describe = `kubectl -n ${claimName.namespace} describe pvc ${claimName.name}`;
  if (claim.is === 'absent') {
    if (pods.length === 0) return undefined;
    const commands = [`kubectl -n ${claimName.namespace} get pvc`];
    return { cause: 'claimMissing', verdict: 'act', waitsFor: 'podOwner', acts: 'podOwner', values, commands };
  }
  const phase = text(claim.object, 'status.phase');
  if (phase === 'Lost' || (text(claim.object, 'spec.volumeName') !== '' && facts.volume.is === 'absent')) {
    const commands = [describe, `kubectl get pv ${text(claim.object, 'spec.volumeName')}`];
    return {
      cause: 'claimLost',
      verdict: 'act',
      waitsFor: 'clusterAdministrator',
      acts: 'clusterAdministrator',
      values,
      commands,
    };
  }
  if (phase !== 'Pending') return undefined;
  const event = latestOf(
    facts.events.filter((each) => text(each, 'involvedObject.uid') === text(claim.object, 'metadata.uid')),
  );
  const failed = event !== undefined && text(event, 'type') === 'Warning';
  return {
    ...{ cause: 'claimPending', verdict: failed ? 'act' : 'waiting', waitsFor: 'provisioner' },
    acts: failed ? 'storageAdministrator' : 'nobody',
    values: {
      ...values,
      class: text(claim.object, 'spec.storageClassName') || '-',
      age: ageOf(nowMs - (time(claim.object, 'metadata.creationTimestamp') ?? nowMs)),
    },
    commands: [describe],
    error: event && { message: text(event, 'message'), code: undefined, timedOut: false },
  };
}

/** No node has to do with the volume. */
function unplaced(facts: VolumeFacts): Finding {
  const pending = (facts.pods ?? []).filter((pod) => text(pod, 'spec.nodeName') === '');
  const values = { volume: facts.volumeName, pods: names(pending) };
  const [pod] = pending;
  if (pod === undefined) {
    return { cause: 'notWanted', verdict: 'ok', waitsFor: 'nobody', acts: 'nobody', values, commands: [] };
  }
  const condition = list(pod, 'status.conditions').find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  const commands = [`kubectl -n ${text(pod, 'metadata.namespace')} describe pod ${nameOf(pod)}`];
  return {
    ...{ cause: 'podUnscheduled', verdict: condition === undefined ? 'waiting' : 'act', waitsFor: 'scheduler' },
    ...{ acts: condition === undefined ? 'nobody' : 'podOwner', values, commands },
    error: condition && { message: text(condition, 'message'), code: undefined, timedOut: false },
  };
}

/** Attachments for two drivers at once: one of them nobody will ever attach. */
function mixedAttachers(facts: VolumeFacts): Finding | undefined {
  const attachers = new Set((facts.attachments ?? []).map((each) => text(each, 'spec.attacher')));
  if (attachers.size < 2 || facts.volume.is !== 'found') return undefined;
  const wrong = (facts.attachments ?? []).filter((each) => text(each, 'spec.attacher') !== facts.driver);
  return {
    ...{ cause: 'mixedAttachers', verdict: 'act', waitsFor: 'clusterAdministrator', acts: 'clusterAdministrator' },
    values: {
      ...{ volume: facts.volumeName, driver: facts.driver },
      wrong: wrong.map((each) => `${nameOf(each)} (${text(each, 'spec.attacher')})`).join(', '),
    },
    commands: wrong.map((each) => `kubectl get volumeattachment ${nameOf(each)} -o yaml`),
  };
}

function names(objects: readonly Obj[]): string {
  return objects.map(fullName).join(', ') || '-';
}

function podWithState(pod: Obj): string {
  return `${fullName(pod)} (${isDeleting(pod) ? 'Terminating' : text(pod, 'status.phase') || 'Unknown'})`;
}
