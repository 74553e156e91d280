/** May this user do that? RBAC over the stored roles, with the answers kept until one of them changes. */

import { type ApiError, forbidden } from '../errors.ts';
import type { KubeObject } from '../object.ts';
import { resources } from '../registry.ts';
import type { RequestInfo } from '../request.ts';
import type { Store } from '../storage/store.ts';
import { type Attributes, authorize, type Decision, denialText, type RuleSource } from './authz.ts';
import { defaultPolicy } from './authz-defaults.ts';
import type { User } from './tokens.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

export class Access {
  readonly rules: RuleSource;
  readonly #decisions = new Map<string, Decision>();

  constructor(store: Store) {
    const rbac = resources.filter((resource) => resource.group === rbacGroup);
    const collections = new Map(rbac.map((resource) => [resource.plural, store.collection(resource.storedAs)]));
    for (const collection of collections.values()) collection.subscribe(() => this.#decisions.clear());
    store.onRestore(() => this.#decisions.clear());
    this.rules = {
      *list(plural): Iterable<KubeObject> {
        for (const version of collections.get(plural)?.values() ?? []) yield version.object;
      },
    };
  }

  /** Throws ApiError (403) if the user may not. */
  check(user: User, info: RequestInfo): void {
    if (user.groups.includes('system:masters')) return;
    const attributes = attributesOf(user, info);
    // Most rules name no objects: one answer holds for all names.
    let decision = this.#decide({ ...attributes, name: '' });
    if (!decision.allowed && attributes.name !== '') decision = authorize(this.rules, attributes);
    if (!decision.allowed) throw refusal(attributes, decision);
  }

  #decide(attributes: Attributes): Decision {
    const { user, verb, apiGroup, resource, subresource, namespace, path } = attributes;
    const key = [user, verb, apiGroup, resource, subresource, namespace, path].join('\0');
    let decision = this.#decisions.get(key);
    if (decision === undefined) {
      decision = authorize(this.rules, attributes);
      if (this.#decisions.size > 10_000) this.#decisions.clear();
      this.#decisions.set(key, decision);
    }
    return decision;
  }
}

function attributesOf(user: User, info: RequestInfo): Attributes {
  const { resource, verb, path } = info;
  return {
    user: user.name,
    groups: user.groups,
    verb,
    apiGroup: resource?.group ?? '',
    resource: resource?.plural ?? '',
    subresource: resource?.subresource ?? '',
    namespace: resource?.namespace ?? '',
    name: resource?.name ?? '',
    path: resource === undefined ? path : '',
  };
}

function refusal(attributes: Attributes, decision: Decision): ApiError {
  const what = { group: attributes.apiGroup, name: attributes.resource };
  return forbidden(what, attributes.name, denialText(attributes, decision.reason));
}

/** The objects that every cluster starts with: namespaces, and the roles that let clients look around, if `withPolicy`. */
export function initialObjects(
  withPolicy: boolean,
): { group: string; plural: string; object: Record<string, unknown> }[] {
  const namespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
  const policy = withPolicy ? defaultPolicy() : { roles: [], bindings: [] };
  return [
    ...namespaces.map((name) => ({ group: '', plural: 'namespaces', object: { metadata: { name } } })),
    ...policy.roles.map((object) => ({ group: rbacGroup, plural: 'clusterroles', object })),
    ...policy.bindings.map((object) => ({ group: rbacGroup, plural: 'clusterrolebindings', object })),
  ];
}
