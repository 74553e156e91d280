/** Acting as somebody else (`kubectl --as`, the Impersonate headers), for those whom RBAC lets. */

import { type ApiError, forbidden, internal } from '../errors.ts';
import { type Attributes, type Decision, denialText } from './authz.ts';
import type { User } from './tokens.ts';

const serviceAccountName = /^system:serviceaccount:([^:]+):([^:]+)$/;
const anonymous = 'system:anonymous';

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * Who the request counts as: the user that its headers name, or `user` if they name none. Header names are in lower
 * case. Throws ApiError: 403 if `user` may not act as that one, 500 if a group is named without a user.
 */
export function actingUser(user: User, headers: Headers, authorize: (attributes: Attributes) => Decision): User {
  const name = headers['impersonate-user'];
  const groups = listOf(headers['impersonate-group']);
  const uid = headers['impersonate-uid'] ?? '';
  if (name === undefined || name === '') {
    if (groups.length === 0 && uid === '') return user;
    throw internal('requested groups or uid without impersonating a user');
  }
  const account = serviceAccountName.exec(name);
  const [, namespace = '', accountName = ''] = account ?? [];
  const asked: Asked[] = [
    account
      ? { resource: 'serviceaccounts', name: accountName, namespace }
      : { resource: 'users', name, namespace: '' },
    ...groups.map((group) => ({ resource: 'groups', name: group, namespace: '' })),
    ...(uid === '' ? [] : [{ resource: 'uids', name: uid, namespace: '', apiGroup: 'authentication.k8s.io' }]),
  ];
  for (const each of asked) check(user, each, authorize);
  return { name, uid, groups: withImpliedGroups(name, namespace, groups) };
}

interface Asked {
  readonly resource: string;
  readonly name: string;
  readonly namespace: string;
  readonly apiGroup?: string;
}

function check(user: User, asked: Asked, authorize: (attributes: Attributes) => Decision): void {
  const attributes: Attributes = {
    user: user.name,
    groups: user.groups,
    verb: 'impersonate',
    apiGroup: asked.apiGroup ?? '',
    resource: asked.resource,
    subresource: '',
    namespace: asked.namespace,
    name: asked.name,
    path: '',
  };
  const decision = authorize(attributes);
  if (!decision.allowed) throw refusal(attributes, decision);
}

function refusal(attributes: Attributes, decision: Decision): ApiError {
  const what = { group: attributes.apiGroup, name: attributes.resource };
  return forbidden(what, attributes.name, denialText(attributes, decision.reason));
}

/** The groups that a user of that name is in without being told. */
function withImpliedGroups(name: string, namespace: string, groups: readonly string[]): string[] {
  const all = new Set(groups);
  if (namespace !== '' && groups.length === 0) {
    all.add('system:serviceaccounts').add(`system:serviceaccounts:${namespace}`);
  }
  all.add(name === anonymous ? 'system:unauthenticated' : 'system:authenticated');
  return [...all];
}

/** Several headers of one name arrive as one, divided by commas. */
function listOf(header: string | undefined): string[] {
  return (header ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
