/** The resources that the embedded server serves as a new one, with what discovery says of them. */
export interface ServedResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** In the order of the alphabet. */
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Whether there is a `/status`, and what else may be done below an object. */
  readonly subresources: readonly Subresource[];
  /** The message of one object, as schema/message.ts names it. */
  readonly message: string;
  /** Group, version and kind under which the object is kept; another group shows the same objects (events). */
  readonly storedAs: string;
  /** Made by a CustomResourceDefinition: there is no protobuf for it. */
  readonly isCustom?: boolean | undefined;
}

export interface Subresource {
  readonly name: string;
  readonly verbs: readonly string[];
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const withoutCollection = allVerbs.filter((verb) => verb !== 'deletecollection');
const status: Subresource = { name: 'status', verbs: ['get', 'patch', 'update'] };
const finalize: Subresource = { name: 'finalize', verbs: ['update'] };

interface Row {
  readonly plural: string;
  readonly kind: string;
  readonly namespaced?: boolean;
  readonly verbs?: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly Subresource[];
  readonly storedAs?: string;
}

function groupOf(group: string, packageName: string, rows: readonly Row[]): ServedResource[] {
  return rows.map((row) => ({
    group,
    version: 'v1',
    plural: row.plural,
    singular: row.kind.toLowerCase(),
    kind: row.kind,
    namespaced: row.namespaced ?? false,
    verbs: row.verbs ?? allVerbs,
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    subresources: row.subresources ?? [],
    message: `${packageName}.${row.kind}`,
    storedAs: row.storedAs ?? `${group}/v1/${row.kind}`,
  }));
}

/** By group in the order of the alphabet, resources likewise. */
export const servedResources: readonly ServedResource[] = [
  ...groupOf('', 'core', [
    { plural: 'events', kind: 'Event', namespaced: true, shortNames: ['ev'] },
    {
      plural: 'namespaces',
      kind: 'Namespace',
      verbs: withoutCollection,
      shortNames: ['ns'],
      subresources: [finalize, status],
    },
    { plural: 'nodes', kind: 'Node', shortNames: ['no'], subresources: [status] },
    {
      plural: 'persistentvolumeclaims',
      kind: 'PersistentVolumeClaim',
      namespaced: true,
      shortNames: ['pvc'],
      subresources: [status],
    },
    { plural: 'persistentvolumes', kind: 'PersistentVolume', shortNames: ['pv'], subresources: [status] },
    {
      plural: 'pods',
      kind: 'Pod',
      namespaced: true,
      shortNames: ['po'],
      categories: ['all'],
      subresources: [status],
    },
    { plural: 'secrets', kind: 'Secret', namespaced: true },
    { plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true, shortNames: ['sa'] },
  ]),
  ...groupOf('apps', 'apps', [
    {
      plural: 'deployments',
      kind: 'Deployment',
      namespaced: true,
      shortNames: ['deploy'],
      categories: ['all'],
      subresources: [status],
    },
    {
      plural: 'statefulsets',
      kind: 'StatefulSet',
      namespaced: true,
      shortNames: ['sts'],
      categories: ['all'],
      subresources: [status],
    },
  ]),
  ...groupOf('authentication.k8s.io', 'authentication', [
    { plural: 'selfsubjectreviews', kind: 'SelfSubjectReview', verbs: ['create'] },
  ]),
  ...groupOf('authorization.k8s.io', 'authorization', [
    { plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', verbs: ['create'] },
    { plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', verbs: ['create'] },
  ]),
  ...groupOf('coordination.k8s.io', 'coordination', [{ plural: 'leases', kind: 'Lease', namespaced: true }]),
  ...groupOf('events.k8s.io', 'events', [
    { plural: 'events', kind: 'Event', namespaced: true, shortNames: ['ev'], storedAs: '/v1/Event' },
  ]),
  ...groupOf('networking.k8s.io', 'networking', [
    { plural: 'networkpolicies', kind: 'NetworkPolicy', namespaced: true, shortNames: ['netpol'] },
  ]),
  ...groupOf('policy', 'policy', [
    {
      plural: 'poddisruptionbudgets',
      kind: 'PodDisruptionBudget',
      namespaced: true,
      shortNames: ['pdb'],
      subresources: [status],
    },
  ]),
  ...groupOf('rbac.authorization.k8s.io', 'rbac', [
    { plural: 'clusterrolebindings', kind: 'ClusterRoleBinding' },
    { plural: 'clusterroles', kind: 'ClusterRole' },
    { plural: 'rolebindings', kind: 'RoleBinding', namespaced: true },
    { plural: 'roles', kind: 'Role', namespaced: true },
  ]),
  ...groupOf('storage.k8s.io', 'storage', [
    { plural: 'csidrivers', kind: 'CSIDriver' },
    { plural: 'csinodes', kind: 'CSINode' },
    { plural: 'storageclasses', kind: 'StorageClass', shortNames: ['sc'] },
    { plural: 'volumeattachments', kind: 'VolumeAttachment', subresources: [status] },
  ]),
];

const byPath = new Map(servedResources.map((resource) => [`${resource.group}/${resource.plural}`, resource]));

/** undefined if there is no such resource (group empty for core). */
export function servedResource(group: string, plural: string): ServedResource | undefined {
  return byPath.get(`${group}/${plural}`);
}

/** `v1` for the core group, else `group/v1`. */
export function apiVersionOf(resource: Pick<ServedResource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
