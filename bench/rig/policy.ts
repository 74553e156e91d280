/** What an attacher may do, and nothing more: so that whatever is measured or shown works with these rights. */

const rbac = 'rbac.authorization.k8s.io';
const clusterRules = [
  { apiGroups: [''], resources: ['persistentvolumes'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: ['storage.k8s.io'], resources: ['csinodes'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['storage.k8s.io'], resources: ['volumeattachments'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: ['storage.k8s.io'], resources: ['volumeattachments/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];
const leaseRules = [
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
];

/** Roles and bindings for a user of this name, each with the path to create it at; leases in kube-system. */
export function attacherPolicy(user: string): { path: string; object: object }[] {
  const cluster = `/apis/${rbac}/v1`;
  const inNamespace = `${cluster}/namespaces/kube-system`;
  const apiVersion = `${rbac}/v1`;
  const name = `${user}-runner`;
  const subjects = [{ kind: 'User', apiGroup: rbac, name: user }];
  const roleRef = (kind: string): object => ({ apiGroup: rbac, kind, name });
  const metadata = { name };
  const local = { name, namespace: 'kube-system' };
  return [
    { path: `${cluster}/clusterroles`, object: { apiVersion, kind: 'ClusterRole', metadata, rules: clusterRules } },
    {
      path: `${cluster}/clusterrolebindings`,
      object: { apiVersion, kind: 'ClusterRoleBinding', metadata, subjects, roleRef: roleRef('ClusterRole') },
    },
    { path: `${inNamespace}/roles`, object: { apiVersion, kind: 'Role', metadata: local, rules: leaseRules } },
    {
      path: `${inNamespace}/rolebindings`,
      object: { apiVersion, kind: 'RoleBinding', metadata: local, subjects, roleRef: roleRef('Role') },
    },
  ];
}
