import type { RequestInfo } from '../client/errors.ts';

/** One rule of a role. `resource` is with its subresource, as in `volumeattachments/status`. */
export interface Rule {
  /** Empty for the core group. */
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly RequestInfo['verb'][];
  /** Absent: in a ClusterRole. */
  readonly namespace?: string | undefined;
}

/** One verb of a rule: what is asked for at once. */
export type Permission = Omit<Rule, 'verbs'> & { readonly verb: RequestInfo['verb'] };

export function permissionsOf(rules: readonly Rule[]): Permission[] {
  return rules.flatMap(({ verbs, ...rule }) => verbs.map((verb) => ({ ...rule, verb })));
}

/** The permission that a request needs. */
export function permissionFor({ verb, group, resource, subresource, namespace }: RequestInfo): Permission {
  return { verb, group, resource: subresource === undefined ? resource : `${resource}/${subresource}`, namespace };
}

/** As a text that tells one from another: `list persistentvolumes`, `get leases.coordination.k8s.io in kube-system`. */
export function permissionText({ verb, group, resource, namespace }: Permission): string {
  const [name = '', subresource] = resource.split('/');
  const full = [group === '' ? name : `${name}.${group}`, subresource].filter((part) => part !== undefined).join('/');
  return `${verb} ${full}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

export function toRules(permissions: readonly Permission[]): Rule[] {
  const rules = new Map<string, Rule & { verbs: RequestInfo['verb'][] }>();
  for (const { verb, ...rest } of permissions) {
    const key = [rest.namespace ?? '', rest.group, rest.resource].join(' ');
    const rule = rules.get(key);
    if (rule === undefined) rules.set(key, { ...rest, verbs: [verb] });
    else rule.verbs.push(verb);
  }
  return [...rules.values()];
}
