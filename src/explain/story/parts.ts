import { fullName, isDeleting, nameOf, type Obj, text, time } from '../api/objects.ts';
import { leaderState } from './cluster-state.ts';
import type { Place, VolumeFacts } from './facts.ts';
import type { Actor, Cause, Finding, Verdict } from './finding.ts';
import { ageOf } from './since.ts';

export type Values = Readonly<Record<string, string>>;

export function finding(
  cause: Cause,
  verdict: Verdict,
  who: { waitsFor: Actor; acts: Actor },
  values: Values,
  commands: readonly string[],
): Finding {
  return { cause, verdict, ...who, values, commands };
}

/** What every text about an attachment may name. */
export function valuesOf(
  facts: VolumeFacts,
  { node, pods }: Place,
  attachment: Obj | undefined,
): Record<string, string> {
  const attacher = attachment === undefined ? facts.driver : text(attachment, 'spec.attacher');
  const sinceMs = time(
    attachment,
    isDeleting(attachment) ? 'metadata.deletionTimestamp' : 'metadata.creationTimestamp',
  );
  return {
    ...{ node, attacher, driver: facts.driver || attacher, volume: facts.volumeName, attachment: nameOf(attachment) },
    pods: pods.map(fullName).join(', ') || '-',
    age: ageOf(facts.nowMs - (sinceMs ?? facts.nowMs)),
  };
}

/** How to read the log of the driver's attacher. */
export function logCommands(facts: VolumeFacts, driver: string): string[] {
  const [pod] = facts.attacherPods.get(driver) ?? [];
  if (pod !== undefined) {
    return [`kubectl -n ${text(pod, 'metadata.namespace')} logs ${nameOf(pod)} --all-containers --prefix --tail=100`];
  }
  const leader = leaderState(facts, driver);
  const lease = facts.leases?.get(driver);
  const namespace = text(lease, 'metadata.namespace') || '-A';
  if (leader.is === 'leads')
    return [`kubectl -n ${namespace} logs ${leader.holder} --all-containers --prefix --tail=100`];
  return ['kubectl get pods -A -o wide | grep -e attacher -e controller'];
}
