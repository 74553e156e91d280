import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { forbidden } from '../errors.ts';
import type { JsonObject } from '../object.ts';
import { type Attributes, authorize, denialText, type RuleSource } from './authz.ts';
import { defaultPolicy } from './authz-defaults.ts';
import { reviewAccess, reviewRules, reviewSelf } from './authz-reviews.ts';

const attacher = 'system:serviceaccount:kube-system:csi-attacher';
const groups = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'];

type Objects = Record<string, JsonObject[]>;

function sourceOf(more: Objects = {}): RuleSource {
  const { roles, bindings } = defaultPolicy();
  const all: Objects = {
    clusterroles: [...roles, ...(more.clusterroles ?? [])],
    clusterrolebindings: [...(more.clusterrolebindings ?? []), ...bindings],
    roles: more.roles ?? [],
    rolebindings: more.rolebindings ?? [],
  };
  return { list: (resource) => all[resource] ?? [] };
}

function role(name: string, rules: JsonObject[], namespace?: string): JsonObject {
  return { metadata: { name, ...(namespace ? { namespace } : {}) }, rules };
}

function binding(name: string, roleKind: string, subject: JsonObject, namespace?: string): JsonObject {
  return {
    metadata: { name, ...(namespace ? { namespace } : {}) },
    subjects: [subject],
    roleRef: { kind: roleKind, name },
  };
}

function asks(verb: string, what: string, more: Partial<Attributes> = {}): Attributes {
  const [resource = '', subresource = ''] = what.split('/');
  return {
    user: 'u',
    groups: [],
    verb,
    apiGroup: '',
    resource,
    subresource,
    namespace: '',
    name: '',
    path: '',
    ...more,
  };
}

/** What the recordings' attacher may do. */
const recordedRules: JsonObject[] = [
  { verbs: ['get', 'list', 'watch', 'patch'], apiGroups: [''], resources: ['persistentvolumes'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['storage.k8s.io'], resources: ['csinodes'] },
  { verbs: ['get', 'list', 'watch', 'patch'], apiGroups: ['storage.k8s.io'], resources: ['volumeattachments'] },
  { verbs: ['patch'], apiGroups: ['storage.k8s.io'], resources: ['volumeattachments/status'] },
  {
    verbs: ['get', 'watch', 'list', 'delete', 'update', 'create'],
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
  },
];
const recorded = sourceOf({
  clusterroles: [role('attacher', recordedRules)],
  clusterrolebindings: [binding('attacher', 'ClusterRole', { kind: 'User', name: attacher })],
});
const recordedSteps = JSON.parse(readFileSync(new URL('../../recordings/access.json', import.meta.url), 'utf8')) as {
  name: string;
  request: { method: string; path: string; as: string; body?: JsonObject };
  response: { status: number; body: JsonObject };
}[];

function stepNamed(name: string): (typeof recordedSteps)[number] {
  const step = recordedSteps.find((each) => each.name === name);
  assert.ok(step, name);
  return step;
}

describe('what a real API server refused', () => {
  const cases: [string, Partial<Attributes>][] = [
    ['no token', { user: 'system:anonymous', groups: ['system:unauthenticated'], verb: 'list' }],
    ['a verb that RBAC does not grant', { verb: 'create' }],
    [
      'a secret that RBAC does not grant',
      { verb: 'get', apiGroup: '', namespace: 'default', name: 's', resource: 'secrets' },
    ],
    [
      'events that RBAC does not grant',
      { verb: 'create', apiGroup: 'events.k8s.io', namespace: 'default', resource: 'events' },
    ],
  ];
  for (const [name, asked] of cases) {
    it(`is refused in the same words: ${name}`, () => {
      const attributes = asks('', 'volumeattachments', {
        user: attacher,
        groups,
        apiGroup: 'storage.k8s.io',
        ...asked,
      });
      const decision = authorize(recorded, attributes);
      assert.equal(decision.allowed, false);
      const { apiGroup, resource } = attributes;
      const error = forbidden(
        { group: apiGroup, name: resource },
        attributes.name,
        denialText(attributes, decision.reason),
      );
      assert.deepEqual(error.status(), stepNamed(name).response.body);
    });
  }
});

describe('what a real API server answered about permissions', () => {
  const user = { name: attacher, groups };
  for (const name of ['may I, answered yes', 'may I, answered no']) {
    it(`is answered in the same way: ${name}`, () => {
      const { request, response } = stepNamed(name);
      // Who set which field (managedFields) is not kept track of.
      const answer = { ...response.body, metadata: {} };
      // An empty group is left out when the question is read, which is not done here.
      const asked = structuredClone(request.body ?? {}) as { spec: { resourceAttributes: JsonObject } };
      if (asked.spec.resourceAttributes.group === '') delete asked.spec.resourceAttributes.group;
      assert.deepEqual(reviewAccess(recorded, user, asked as unknown as JsonObject), answer);
    });
  }

  it('is answered in the same way: what may I do', () => {
    const { request, response } = stepNamed('what may I do');
    const wanted = structuredClone(response.body) as { status: { nonResourceRules: { nonResourceURLs: string[] }[] } };
    // That server was a distribution's, which adds one rule of its own; and bindings come in no order there.
    const others = wanted.status.nonResourceRules.filter((rule) => !rule.nonResourceURLs.includes('/.well-known'));
    const byText = (rules: unknown[]): string[] => rules.map((rule) => JSON.stringify(rule)).sort();
    const answer = reviewRules(recorded, user, request.body ?? {}) as { status: typeof wanted.status };
    assert.deepEqual(byText(answer.status.nonResourceRules), byText(others));
    assert.deepEqual(
      { ...answer, status: { ...answer.status, nonResourceRules: [] } },
      { ...wanted, status: { ...wanted.status, nonResourceRules: [] } },
    );
  });
});

describe('rules', () => {
  const allows = (rule: JsonObject, attributes: Attributes): boolean =>
    authorize(
      sourceOf({
        clusterroles: [role('r', [rule])],
        clusterrolebindings: [binding('r', 'ClusterRole', { kind: 'User', name: 'u' })],
      }),
      attributes,
    ).allowed;
  const rule = (resources: string[], more: JsonObject = {}): JsonObject => ({
    verbs: ['get'],
    apiGroups: [''],
    resources,
    ...more,
  });

  it('grant exactly the verb, group and resource that they name', () => {
    assert.ok(allows(rule(['pods']), asks('get', 'pods')));
    assert.ok(!allows(rule(['pods']), asks('list', 'pods')));
    assert.ok(!allows(rule(['pods']), asks('get', 'secrets')));
    assert.ok(!allows(rule(['pods']), asks('get', 'pods', { apiGroup: 'apps' })));
  });

  it('grant everything for an asterisk', () => {
    assert.ok(allows(rule(['*'], { verbs: ['*'], apiGroups: ['*'] }), asks('patch', 'x/status', { apiGroup: 'g' })));
  });

  it('keep a resource and its subresources apart', () => {
    assert.ok(!allows(rule(['pods']), asks('get', 'pods/status')));
    assert.ok(!allows(rule(['pods/status']), asks('get', 'pods')));
    assert.ok(allows(rule(['pods/status']), asks('get', 'pods/status')));
    assert.ok(allows(rule(['*/status']), asks('get', 'pods/status')));
    assert.ok(!allows(rule(['*/status']), asks('get', 'pods/log')));
  });

  it('grant named objects only, and no list of all', () => {
    const named = rule(['secrets'], { verbs: ['get', 'list'], resourceNames: ['a'] });
    assert.ok(allows(named, asks('get', 'secrets', { name: 'a' })));
    assert.ok(!allows(named, asks('get', 'secrets', { name: 'b' })));
    assert.ok(!allows(named, asks('list', 'secrets')));
    assert.ok(allows(named, asks('list', 'secrets', { name: 'a' })));
  });

  it('grant paths, also by their beginning', () => {
    const paths = { verbs: ['get'], nonResourceURLs: ['/metrics', '/healthz/*'] };
    assert.ok(allows(paths, asks('get', '', { path: '/metrics' })));
    assert.ok(allows(paths, asks('get', '', { path: '/healthz/etcd' })));
    assert.ok(!allows(paths, asks('get', '', { path: '/metrics/slis' })));
    assert.ok(!allows(paths, asks('get', 'pods')));
  });
});

describe('bindings', () => {
  const rules = [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }];

  it('in a namespace grant a role of either kind there and nowhere else', () => {
    const subject = { kind: 'User', name: 'u' };
    const source = sourceOf({
      clusterroles: [role('c', rules)],
      roles: [role('r', rules, 'ns'), role('r', [], 'other')],
      rolebindings: [binding('c', 'ClusterRole', subject, 'cns'), binding('r', 'Role', subject, 'ns')],
    });
    const inNamespace = (namespace: string): ReturnType<typeof authorize> =>
      authorize(source, asks('get', 'pods', { namespace }));
    assert.deepEqual(inNamespace('ns'), {
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "r/ns" of Role "r" to User "u"',
    });
    assert.ok(inNamespace('cns').allowed);
    assert.ok(!inNamespace('other').allowed);
    assert.ok(!inNamespace('').allowed);
  });

  it('name service accounts by namespace, their own if they name none', () => {
    const source = sourceOf({
      clusterroles: [role('r', rules)],
      clusterrolebindings: [binding('r', 'ClusterRole', { kind: 'ServiceAccount', name: 'a', namespace: 'ns' })],
      roles: [role('own', rules, 'ns2')],
      rolebindings: [binding('own', 'Role', { kind: 'ServiceAccount', name: 'b' }, 'ns2')],
    });
    const user = 'system:serviceaccount:ns:a';
    assert.deepEqual(authorize(source, asks('get', 'pods', { user })), {
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "r" of ClusterRole "r" to ServiceAccount "a/ns"',
    });
    const local = asks('get', 'pods', { user: 'system:serviceaccount:ns2:b', namespace: 'ns2' });
    assert.ok(authorize(source, local).allowed);
    assert.ok(!authorize(source, { ...local, user: 'system:serviceaccount:ns:b' }).allowed);
  });

  it('to a role that is not there grant nothing, and the refusal says so', () => {
    const source = sourceOf({ clusterrolebindings: [binding('gone', 'ClusterRole', { kind: 'User', name: 'u' })] });
    const attributes = asks('get', 'pods');
    const decision = authorize(source, attributes);
    assert.deepEqual(decision, {
      allowed: false,
      reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found',
    });
    assert.match(denialText(attributes, decision.reason), /at the cluster scope: RBAC: clusterrole\..* not found$/);
  });

  it('that every cluster has let anybody see the version, and those with a name the API', () => {
    const ask = (group: string, path: string): boolean =>
      authorize(sourceOf(), asks('get', '', { groups: [group], path })).allowed;
    assert.ok(ask('system:unauthenticated', '/version'));
    assert.ok(!ask('system:unauthenticated', '/apis'));
    assert.ok(ask('system:authenticated', '/apis/storage.k8s.io/v1'));
    assert.equal(denialText(asks('get', '', { path: '/metrics' }), ''), 'User "u" cannot get path "/metrics"');
  });

  it('are not asked about system:masters', () => {
    const nobody: RuleSource = { list: () => [] };
    assert.deepEqual(authorize(nobody, asks('delete', 'nodes', { groups: ['system:masters'] })), {
      allowed: true,
      reason: '',
    });
  });
});

describe('reviews', () => {
  it('of access must ask about exactly one thing', () => {
    const user = { name: 'u', groups: [] };
    const ask = (spec: JsonObject): unknown => reviewAccess(sourceOf(), user, { spec });
    assert.throws(() => ask({}), /exactly one of nonResourceAttributes or resourceAttributes/);
    assert.throws(
      () => ask({ resourceAttributes: {}, nonResourceAttributes: {} }),
      /cannot be specified in combination/,
    );
    const path = { nonResourceAttributes: { path: '/version', verb: 'get' } };
    const authenticated = { name: 'u', groups: ['system:authenticated'] };
    assert.deepEqual(reviewAccess(sourceOf(), authenticated, { spec: path }).status, {
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    });
  });

  it('of rules must name a namespace', () => {
    assert.throws(() => reviewRules(sourceOf(), { name: 'u', groups: [] }, {}), /no namespace on request/);
  });

  it('of oneself tell the name and the groups', () => {
    const answer = reviewSelf({ name: 'u', groups: ['g'], uid: '1' }, 0);
    assert.deepEqual(answer.metadata, { creationTimestamp: '1970-01-01T00:00:00Z' });
    assert.deepEqual(answer.status, { userInfo: { username: 'u', uid: '1', groups: ['g'] } });
  });
});
