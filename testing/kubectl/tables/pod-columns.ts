/** The table of pods, with the columns that kubectl users know. */
import { child, isObject, type JsonObject, text } from '../../apiserver/object.ts';
import {
  ageColumn,
  type Column,
  column,
  isTerminating,
  items,
  nameColumn,
  orElse,
  since,
  spec,
  status,
  wideColumn,
} from './column.ts';

export const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', 'Ready containers of all.', readyContainers),
  column('Status', 'What the containers are doing, in one word.', podStatus),
  column('Restarts', 'How often containers were started again.', restarts),
  ageColumn,
  wideColumn('IP', 'Address of the pod.', (object) => orElse(items(status(object).podIPs)[0]?.ip, '<none>')),
  wideColumn('Node', 'Node that the pod is on.', (object) => orElse(spec(object).nodeName, '<none>')),
  wideColumn('Nominated Node', 'Node that is being made free.', (object) =>
    orElse(status(object).nominatedNodeName, '<none>'),
  ),
  wideColumn('Readiness Gates', 'Fulfilled conditions of those asked for.', readinessGates),
];

function containerStatuses(object: JsonObject): JsonObject[] {
  return items(status(object).containerStatuses);
}

function readyContainers(object: JsonObject): string {
  // Init containers that go on beside the others (sidecars) count like them.
  const sidecars = items(spec(object).initContainers).filter((each) => each.restartPolicy === 'Always');
  const names = new Set(sidecars.map((each) => each.name));
  const sidecarStatuses = items(status(object).initContainerStatuses).filter((each) => names.has(each.name));
  const all = [...sidecarStatuses, ...containerStatuses(object)];
  const ready = all.filter((each) => each.ready === true && 'running' in child(each, 'state'));
  return `${ready.length}/${items(spec(object).containers).length + sidecars.length}`;
}

function podStatus(object: JsonObject): string {
  const phase = text(status(object), 'phase');
  if (isTerminating(object) && phase !== 'Succeeded' && phase !== 'Failed') return 'Terminating';
  let reason = orElse(status(object).reason, phase);
  // The first container that is not running says more than the phase.
  for (const container of containerStatuses(object).reverse()) {
    const { waiting, terminated } = child(container, 'state');
    if (isObject(waiting)) reason = orElse(waiting.reason, reason);
    else if (isObject(terminated)) reason = orElse(terminated.reason, `ExitCode:${String(terminated.exitCode ?? 0)}`);
  }
  return reason;
}

function restarts(object: JsonObject, nowMs: number): string {
  let count = 0;
  let last = '';
  for (const container of containerStatuses(object)) {
    count += typeof container.restartCount === 'number' ? container.restartCount : 0;
    const finished = text(child(child(container, 'lastState'), 'terminated'), 'finishedAt');
    if (finished > last) last = finished;
  }
  return count > 0 && last !== '' ? `${count} (${since(last, nowMs)} ago)` : String(count);
}

function readinessGates(object: JsonObject): string {
  const gates = items(spec(object).readinessGates);
  if (gates.length === 0) return '<none>';
  const conditions = items(status(object).conditions);
  const isTrue = (gate: JsonObject): boolean =>
    conditions.some((condition) => condition.type === gate.conditionType && condition.status === 'True');
  return `${gates.filter(isTrue).length}/${gates.length}`;
}
