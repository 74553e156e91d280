import { at, list, type Obj, text, time } from '../api/objects.ts';
import type { VolumeFacts } from './facts.ts';

/** How a node stands, as far as volumes on it are concerned. */
export type NodeState = 'ready' | 'not-ready' | 'out-of-service' | 'gone' | 'unread';

const outOfService = 'node.kubernetes.io/out-of-service';

export function nodeState(facts: VolumeFacts, name: string): NodeState {
  const node = facts.nodes.get(name);
  if (node === undefined || node.is === 'unread') return 'unread';
  if (node.is === 'absent') return 'gone';
  if (list(node.object, 'spec.taints').some(({ key }) => key === outOfService)) return 'out-of-service';
  const ready = list(node.object, 'status.conditions').find(({ type }) => type === 'Ready');
  return ready !== undefined && ready.status !== 'True' ? 'not-ready' : 'ready';
}

/** Whether somebody does the driver's attaching. `none`: no lease, which an attacher without leader election has none of either. */
export type LeaderState =
  | { readonly is: 'leads'; readonly holder: string }
  | { readonly is: 'vacant'; readonly holder: string; readonly sinceMs: number | undefined; readonly lease: string }
  | { readonly is: 'none' }
  | { readonly is: 'unread' };

/** A leader that has just missed a renewal, and clocks that run apart, are given this long beyond the lease. */
const graceMs = 10_000;

export function leaderState(facts: VolumeFacts, driver: string): LeaderState {
  if (facts.leases === undefined) return { is: 'unread' };
  const lease = facts.leases.get(driver);
  if (lease === undefined) return { is: 'none' };
  const holder = text(lease, 'spec.holderIdentity');
  const sinceMs = time(lease, 'spec.renewTime');
  const duration = at(lease, 'spec.leaseDurationSeconds');
  const untilMs = (sinceMs ?? 0) + (typeof duration === 'number' ? duration : 15) * 1000 + graceMs;
  if (holder !== '' && facts.nowMs <= untilMs) return { is: 'leads', holder };
  return {
    is: 'vacant',
    holder,
    sinceMs,
    lease: `${text(lease, 'metadata.namespace')}/${text(lease, 'metadata.name')}`,
  };
}

/** A container beside the attacher that does not run. */
export interface DownContainer {
  readonly pod: string;
  readonly namespace: string;
  readonly container: string;
  readonly reason: string;
}

/** The first container that does not run in the pods in which the driver's attacher runs. */
export function downContainer(facts: VolumeFacts, driver: string): DownContainer | undefined {
  for (const pod of facts.attacherPods.get(driver) ?? []) {
    const down = list(pod, 'status.containerStatuses').find((status) => at(status, 'state.running') === undefined);
    if (down === undefined) continue;
    const reason = text(down, 'state.waiting.reason') || text(down, 'state.terminated.reason') || 'not running';
    const [namespace, name] = [text(pod, 'metadata.namespace'), text(pod, 'metadata.name')];
    return { namespace, pod: name, container: text(down, 'name'), reason };
  }
  return undefined;
}

/** Whether anything in the cluster knows a driver of that name; undefined if that cannot be told. */
export function isKnownDriver(facts: VolumeFacts, driver: string): boolean | undefined {
  const object = facts.csiDrivers.get(driver);
  if (object?.is === 'found' || facts.leases?.has(driver)) return true;
  const nodes = [...facts.csiNodes.values()];
  if (nodes.some((node) => node.is === 'found' && registers(node.object, driver))) return true;
  return object?.is === 'absent' && facts.leases !== undefined ? false : undefined;
}

export function registers(csiNode: Obj, driver: string): boolean {
  return list(csiNode, 'spec.drivers').some(({ name }) => name === driver);
}
