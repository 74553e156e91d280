/** Tables of nodes, namespaces, secrets, leases, events and bindings, with the columns that kubectl users know. */
import { child, isObject, type JsonObject, text } from '../../apiserver/object.ts';
import {
  ageColumn,
  type Column,
  column,
  items,
  nameColumn,
  nameOf,
  orElse,
  since,
  spec,
  status,
  wideColumn,
} from './column.ts';

export const nodeColumns: readonly Column[] = [
  nameColumn,
  column('Status', 'Whether the node is ready.', nodeStatus),
  column('Roles', 'Roles of the node.', nodeRoles),
  ageColumn,
  column('Version', 'Version of the kubelet.', (object) => nodeInfo(object, 'kubeletVersion')),
  wideColumn('Internal-IP', 'Address inside the cluster.', (object) => addressOf(object, 'InternalIP')),
  wideColumn('External-IP', 'Address outside the cluster.', (object) => addressOf(object, 'ExternalIP')),
  wideColumn('OS-Image', 'Operating system.', (object) => orElse(nodeInfo(object, 'osImage'), '<unknown>')),
  wideColumn('Kernel-Version', 'Kernel.', kernelOf),
  wideColumn('Container-Runtime', 'Container runtime.', (object) =>
    orElse(nodeInfo(object, 'containerRuntimeVersion'), '<unknown>'),
  ),
];

export const namespaceColumns: readonly Column[] = [
  nameColumn,
  column('Status', 'Phase of the namespace.', (object) => text(status(object), 'phase')),
  ageColumn,
];

export const secretColumns: readonly Column[] = [
  nameColumn,
  column('Type', 'Type of the secret.', (object) => text(object, 'type')),
  column('Data', 'Number of entries.', (object) => Object.keys(child(object, 'data')).length),
  ageColumn,
];

export const leaseColumns: readonly Column[] = [
  nameColumn,
  column('Holder', 'Who holds the lease.', (object) => text(spec(object), 'holderIdentity')),
  ageColumn,
];

export const eventColumns: readonly Column[] = [
  column('Last Seen', 'Time since it last happened.', lastSeen),
  column('Type', 'Normal or Warning.', (object) => text(object, 'type')),
  column('Reason', 'Why, in one word.', (object) => text(object, 'reason')),
  column('Object', 'What the event is about.', aboutWhat),
  wideColumn('Subobject', 'Which part of it.', (object) => text(regarding(object), 'fieldPath')),
  wideColumn('Source', 'Who reported it.', sourceOf),
  column('Message', 'What happened.', (object) => orElse(object.message, text(object, 'note')).trim()),
  wideColumn('First Seen', 'Time since it first happened.', firstSeen),
  wideColumn('Count', 'How often it happened.', countOf),
  wideColumn('Name', 'Name of the event.', nameOf, { format: 'name' }),
];

export const bindingColumns: readonly Column[] = [
  nameColumn,
  column('Role', 'Role that is granted.', roleOf),
  ageColumn,
  wideColumn('Users', 'Users who get it.', (object) => subjectNames(object, 'User')),
  wideColumn('Groups', 'Groups that get it.', (object) => subjectNames(object, 'Group')),
  wideColumn('ServiceAccounts', 'Service accounts that get it.', (object) => subjectNames(object, 'ServiceAccount')),
];

function nodeStatus(object: JsonObject): string {
  const ready = items(status(object).conditions).find((condition) => condition.type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec(object).unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

function nodeRoles(object: JsonObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = new Set<string>();
  for (const [label, value] of Object.entries(child(child(object, 'metadata'), 'labels'))) {
    if (label.startsWith(prefix)) roles.add(label.slice(prefix.length));
    else if (label === 'kubernetes.io/role') roles.add(String(value));
  }
  roles.delete('');
  return orElse([...roles].sort().join(','), '<none>');
}

function nodeInfo(object: JsonObject, field: string): string {
  return text(child(status(object), 'nodeInfo'), field);
}

function addressOf(object: JsonObject, type: string): string {
  const found = items(status(object).addresses).find((address) => address.type === type);
  return orElse(found?.address, '<none>');
}

function kernelOf(object: JsonObject): string {
  const architecture = nodeInfo(object, 'architecture');
  const kernel = orElse(nodeInfo(object, 'kernelVersion'), '<unknown>');
  return architecture === '' ? kernel : `${kernel} (${architecture})`;
}

/** An event of either group: the fields have other names in events.k8s.io. */
function either(object: JsonObject, core: string, newer: string): unknown {
  return object[core] ?? object[newer];
}

function regarding(object: JsonObject): JsonObject {
  const value = either(object, 'involvedObject', 'regarding');
  return isObject(value) ? value : {};
}

function aboutWhat(object: JsonObject): string {
  const kind = text(regarding(object), 'kind').toLowerCase();
  const name = text(regarding(object), 'name');
  return name === '' ? kind : `${kind}/${name}`;
}

function firstSeen(object: JsonObject, nowMs: number): string {
  return since(either(object, 'firstTimestamp', 'deprecatedFirstTimestamp') ?? object.eventTime, nowMs);
}

function lastSeen(object: JsonObject, nowMs: number): string {
  if (isObject(object.series)) return since(object.series.lastObservedTime, nowMs);
  const last = either(object, 'lastTimestamp', 'deprecatedLastTimestamp');
  return typeof last === 'string' ? since(last, nowMs) : firstSeen(object, nowMs);
}

function countOf(object: JsonObject): number {
  const count = isObject(object.series) ? object.series.count : either(object, 'count', 'deprecatedCount');
  return typeof count === 'number' && count > 0 ? count : 1;
}

function sourceOf(object: JsonObject): string {
  const found = either(object, 'source', 'deprecatedSource');
  const source = isObject(found) ? found : {};
  const component = either(object, 'reportingComponent', 'reportingController');
  const who = orElse(source.component, orElse(component, ''));
  const where = orElse(source.host, text(object, 'reportingInstance'));
  return where === '' ? who : `${who}, ${where}`;
}

function roleOf(object: JsonObject): string {
  const role = child(object, 'roleRef');
  return `${text(role, 'kind')}/${text(role, 'name')}`;
}

function subjectNames(object: JsonObject, kind: string): string {
  return items(object.subjects)
    .filter((subject) => subject.kind === kind)
    .map((subject) =>
      kind === 'ServiceAccount' ? `${text(subject, 'namespace')}/${text(subject, 'name')}` : text(subject, 'name'),
    )
    .join(', ');
}
