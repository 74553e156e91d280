import type { Rule } from '../kube/permissions/rule.ts';

export interface AttacherNeeds {
  /** The driver publishes volumes; one that does not has neither volumes nor nodes read. */
  readonly canPublish: boolean;
  /** Where the lease is; undefined without election. */
  readonly leaseNamespace: string | undefined;
}

/** What an attacher cannot do without: exactly the verbs that it uses. deploy/base/rbac.yaml grants the same. */
export function requiredRules({ canPublish, leaseNamespace }: AttacherNeeds): Rule[] {
  const storage = 'storage.k8s.io';
  const rules: Rule[] = [
    { group: storage, resource: 'volumeattachments', verbs: ['get', 'list', 'watch', 'patch'] },
    { group: storage, resource: 'volumeattachments/status', verbs: ['patch'] },
  ];
  if (canPublish) {
    rules.push({ group: storage, resource: 'csinodes', verbs: ['get', 'list', 'watch'] });
    rules.push({ group: '', resource: 'persistentvolumes', verbs: ['get', 'list', 'watch', 'patch'] });
  }
  if (leaseNamespace !== undefined) {
    const verbs = ['get', 'watch', 'create', 'update'] as const;
    rules.push({ group: 'coordination.k8s.io', resource: 'leases', verbs, namespace: leaseNamespace });
  }
  return rules;
}
