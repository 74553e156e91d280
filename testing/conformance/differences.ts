/** Where the embedded server differs from the recorded one on purpose. Each row takes its difference out of an answer. */
import { onlyServed } from '../apiserver/discovery.ts';
import { isObject, type JsonObject } from '../apiserver/object.ts';

export interface Difference {
  readonly name: string;
  readonly reason: string;
  /** The recorded answer as the embedded server means to give it; the same value if the row has no part in it. */
  readonly expected: (recorded: unknown) => unknown;
  /** Something is missing in what was recorded, and a real server has it. */
  readonly adds?: true;
  /** The embedded server's own answer with the difference taken out; absent where it needs no change. */
  readonly actual?: (answer: unknown) => unknown;
}

export const differences: readonly Difference[] = [
  {
    name: 'no managedFields',
    reason: 'no attacher reads them, and keeping them would cost more than all the rest of a write',
    expected: (recorded) => mapValues(recorded, withoutManagedFields),
  },
  {
    name: 'own words in the column definitions of a Table',
    reason: 'kubectl does not show these descriptions, and the server copies no texts',
    expected: (recorded) => mapValues(recorded, withoutColumnDescriptions),
    actual: (answer) => mapValues(answer, withoutColumnDescriptions),
  },
  {
    name: 'discovery lists only what is served',
    reason: 'the embedded server is the storage part of a cluster, not all of it',
    expected: (recorded) =>
      isObject(recorded) && (recorded.kind === 'APIGroupList' || recorded.kind === 'APIResourceList')
        ? onlyServed(recorded)
        : recorded,
  },
  {
    name: 'service accounts are served',
    adds: true,
    reason: 'the recorded server had none; here all that a manifest holds is to be stored',
    expected: withServiceAccounts,
  },
  {
    name: 'its own build information',
    reason: 'the version that clients decide by is the same; the rest says that this is another program',
    expected: withoutBuild,
    actual: withoutBuild,
  },
  {
    name: 'nobody may read /.well-known, and rules of reviews come in the order of their bindings',
    reason: 'that role was one of the distribution; and the recorded order is that of a Go map, different each time',
    expected: (recorded) => sortedPathRules(recorded),
    actual: (answer) => sortedPathRules(answer),
  },
];

/** Rebuilds a JSON value from the leaves up, keeping the identity of what does not change. */
function mapValues(value: unknown, change: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => mapValues(item, change));
    return change(items.some((item, index) => item !== value[index]) ? items : value);
  }
  if (!isObject(value)) return change(value);
  const entries = Object.entries(value).map(([key, field]): [string, unknown] => [key, mapValues(field, change)]);
  const isSame = entries.every(([key, field]) => field === value[key]);
  return change(isSame ? value : Object.fromEntries(entries));
}

function withoutManagedFields(value: unknown): unknown {
  // An error message can hold a whole object as text.
  if (typeof value === 'string') return value.replace(/,(\\*)"managedFields\1":\[.*?\](?=\},\1"spec)/, '');
  if (!isObject(value) || value.managedFields === undefined) return value;
  const { managedFields: _dropped, ...rest } = value;
  return rest;
}

function withoutColumnDescriptions(value: unknown): unknown {
  if (!isObject(value) || !Array.isArray(value.columnDefinitions)) return value;
  const columnDefinitions = (value.columnDefinitions as JsonObject[]).map(({ description: _own, ...rest }) => rest);
  return { ...value, columnDefinitions };
}

/** How Kubernetes lists them, with the hash of `/v1/ServiceAccount`. */
const serviceAccounts: JsonObject = {
  ...{ name: 'serviceaccounts', singularName: 'serviceaccount', namespaced: true, kind: 'ServiceAccount' },
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  ...{ shortNames: ['sa'], storageVersionHash: 'pbx9ZvyFpBE=' },
};

/** The core group's list as a server gives it that serves these too; they come last in the alphabet. */
export function withServiceAccounts(recorded: unknown): unknown {
  if (!isObject(recorded) || recorded.kind !== 'APIResourceList' || recorded.groupVersion !== 'v1') return recorded;
  return { ...recorded, resources: [...(recorded.resources as JsonObject[]), serviceAccounts] };
}

function withoutBuild(value: unknown): unknown {
  if (!isObject(value) || value.gitVersion === undefined) return value;
  const { gitVersion: _version, gitCommit: _commit, goVersion: _go, compiler: _compiler, ...rest } = value;
  return rest;
}

function sortedPathRules(value: unknown): unknown {
  if (!isObject(value) || !isObject(value.status) || !Array.isArray(value.status.nonResourceRules)) return value;
  const texts = value.status.nonResourceRules.map((rule) => JSON.stringify(rule));
  const kept = texts.filter((text) => !text.includes('"/.well-known"')).sort();
  return { ...value, status: { ...value.status, nonResourceRules: kept.map((text) => JSON.parse(text) as unknown) } };
}
