/** The roles and bindings that every cluster has from its start and that clients take for granted. */
import type { JsonObject } from '../object.ts';

const rbac = 'rbac.authorization.k8s.io';

const rulesByRole: Readonly<Record<string, readonly JsonObject[]>> = {
  'cluster-admin': [
    { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['*'], nonResourceURLs: ['*'] },
  ],
  'system:basic-user': [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ],
  'system:discovery': [
    {
      verbs: ['get'],
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ],
    },
  ],
  'system:public-info-viewer': [
    { verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'] },
  ],
  'system:service-account-issuer-discovery': [
    {
      verbs: ['get'],
      nonResourceURLs: [
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        '/openid/v1/jwks',
        '/openid/v1/jwks/',
      ],
    },
  ],
};

const groupsByRole: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['system:masters'],
  'system:basic-user': ['system:authenticated'],
  'system:discovery': ['system:authenticated'],
  'system:public-info-viewer': ['system:authenticated', 'system:unauthenticated'],
  'system:service-account-issuer-discovery': ['system:serviceaccounts'],
};

/** ClusterRoles and ClusterRoleBindings, as they would be created by POST. */
export function defaultPolicy(): { roles: JsonObject[]; bindings: JsonObject[] } {
  const metadata = (name: string): JsonObject => ({
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  });
  const apiVersion = `${rbac}/v1`;
  return {
    roles: Object.entries(rulesByRole).map(([name, rules]) => ({
      kind: 'ClusterRole',
      apiVersion,
      metadata: metadata(name),
      rules,
    })),
    bindings: Object.entries(groupsByRole).map(([name, groups]) => ({
      kind: 'ClusterRoleBinding',
      apiVersion,
      metadata: metadata(name),
      subjects: groups.map((group) => ({ kind: 'Group', apiGroup: rbac, name: group })),
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
    })),
  };
}
