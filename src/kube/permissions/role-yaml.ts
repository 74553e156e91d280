import type { Rule } from './rule.ts';

const group = 'rbac.authorization.k8s.io';

/**
 * The rules as one document of YAML for `kubectl apply`, in flow style: a line of the log holds it. A ClusterRole, and a
 * Role for each namespace; with `user` (as the API server calls it) bound to it.
 */
export function roleYaml(name: string, rules: readonly Rule[], user: string | undefined): string {
  const namespaces = [...new Set(rules.map(({ namespace }) => namespace))];
  const items = namespaces.flatMap((namespace) => {
    const kind = namespace === undefined ? 'ClusterRole' : 'Role';
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    const role = {
      ...{ apiVersion: `${group}/v1`, kind, metadata },
      rules: rules.filter((rule) => rule.namespace === namespace).map(ruleOf),
    };
    if (user === undefined) return [role];
    const roleRef = { apiGroup: group, kind, name };
    return [
      role,
      { apiVersion: role.apiVersion, kind: `${kind}Binding`, metadata, subjects: [subject(user)], roleRef },
    ];
  });
  return flow(items.length === 1 ? items[0] : { apiVersion: 'v1', kind: 'List', items });
}

function ruleOf(rule: Rule): object {
  return { apiGroups: [rule.group], resources: [rule.resource], verbs: rule.verbs };
}

function subject(user: string): object {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  if (namespace !== undefined) return { kind: 'ServiceAccount', name, namespace };
  return { apiGroup: group, kind: 'User', name: user };
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, each]) => `${key}: ${flow(each)}`)
      .join(', ')}}`;
  }
  const text = String(value);
  // Single quotes, since the log would put a backslash before double ones.
  return /^[a-z][a-z]+[A-Za-z0-9./-]*$/i.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : `'${text.replaceAll("'", "''")}'`;
}
