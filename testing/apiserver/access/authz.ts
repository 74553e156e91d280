/**
 * Who may do what: Kubernetes' RBAC over the roles and bindings that are stored in the server, so that a test can take
 * a right away by deleting an object. Nothing is kept between two questions.
 */
import { child, type JsonObject, text } from '../object.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface Attributes {
  readonly user: string;
  /** With `system:authenticated` or `system:unauthenticated`, as whoever authenticated the user added them. */
  readonly groups: readonly string[];
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for a path the HTTP method. */
  readonly verb: string;
  readonly apiGroup: string;
  /** Plural; empty if the request is for a path that is no resource. */
  readonly resource: string;
  readonly subresource: string;
  /** Empty for cluster-scoped resources and for all namespaces. */
  readonly namespace: string;
  /** Empty for a collection; a list or watch whose field selector asks for one metadata.name has that name. */
  readonly name: string;
  /** Without the query. Only used if there is no resource. */
  readonly path: string;
}

export interface RuleSource {
  /** All objects of `roles`, `rolebindings`, `clusterroles` or `clusterrolebindings`. */
  list(resource: string): Iterable<object>;
}

export interface Decision {
  readonly allowed: boolean;
  /** Which binding allows it, or which role could not be found; may be empty. */
  readonly reason: string;
}

/** One rule that applies to a user. */
interface Grant {
  readonly rule: JsonObject;
  /** What gives the rule to the user; only made when it is shown. */
  readonly describe: () => string;
}

const mastersGroup = 'system:masters';

export function authorize(source: RuleSource, attributes: Attributes): Decision {
  if (attributes.groups.includes(mastersGroup)) return { allowed: true, reason: '' };
  const user = { name: attributes.user, groups: attributes.groups };
  const problems: string[] = [];
  for (const { rule, describe } of grantsOf(source, user, attributes.namespace, problems)) {
    if (ruleAllows(rule, attributes)) return { allowed: true, reason: `RBAC: allowed by ${describe()}` };
  }
  return { allowed: false, reason: problems.length === 0 ? '' : `RBAC: ${aggregate(problems)}` };
}

/** All rules that hold for the user in the namespace, and what stood in the way of knowing them all. */
export function rulesFor(
  source: RuleSource,
  user: User,
  namespace: string,
): { rules: readonly JsonObject[]; error: string | undefined } {
  const problems: string[] = [];
  const rules = [...grantsOf(source, user, namespace, problems)].map((grant) => grant.rule);
  return { rules, error: problems.length === 0 ? undefined : aggregate(problems) };
}

/** What the message of a 403 says after `… is forbidden: `. */
export function denialText(attributes: Attributes, reason: string): string {
  const { user, verb, resource, subresource, apiGroup, namespace, path } = attributes;
  const because = reason === '' ? '' : `: ${reason}`;
  if (resource === '') return `User ${quote(user)} cannot ${verb} path ${quote(path)}${because}`;
  const what = quote(subresource === '' ? resource : `${resource}/${subresource}`);
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(namespace)}`;
  return `User ${quote(user)} cannot ${verb} resource ${what} in API group ${quote(apiGroup)} ${where}${because}`;
}

function* grantsOf(source: RuleSource, user: User, namespace: string, problems: string[]): Generator<Grant> {
  for (const binding of source.list('clusterrolebindings')) {
    yield* grantsByBinding(source, binding as JsonObject, user, '', problems);
  }
  if (namespace === '') return;
  for (const binding of source.list('rolebindings')) {
    const object = binding as JsonObject;
    if (text(child(object, 'metadata'), 'namespace') !== namespace) continue;
    yield* grantsByBinding(source, object, user, namespace, problems);
  }
}

function* grantsByBinding(
  source: RuleSource,
  binding: JsonObject,
  user: User,
  namespace: string,
  problems: string[],
): Generator<Grant> {
  const subject = objects(binding.subjects).find((each) => appliesTo(each, user, namespace));
  if (subject === undefined) return;
  const roleRef = child(binding, 'roleRef');
  const role = findRole(source, roleRef, namespace);
  if (role === undefined) {
    problems.push(missingRole(roleRef));
    return;
  }
  const describe = (): string => describeGrant(binding, roleRef, subject, namespace);
  for (const rule of objects(role.rules)) yield { rule, describe };
}

function appliesTo(subject: JsonObject, user: User, bindingNamespace: string): boolean {
  const name = text(subject, 'name');
  switch (subject.kind) {
    case 'User':
      return user.name === name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount': {
      const namespace = text(subject, 'namespace') || bindingNamespace;
      return namespace !== '' && user.name === `system:serviceaccount:${namespace}:${name}`;
    }
    default:
      return false;
  }
}

function findRole(source: RuleSource, roleRef: JsonObject, namespace: string): JsonObject | undefined {
  const isRole = roleRef.kind === 'Role';
  const wantedNamespace = isRole ? namespace : '';
  for (const role of source.list(isRole ? 'roles' : 'clusterroles')) {
    const metadata = child(role as JsonObject, 'metadata');
    if (metadata.name === roleRef.name && text(metadata, 'namespace') === wantedNamespace) return role as JsonObject;
  }
  return undefined;
}

function missingRole(roleRef: JsonObject): string {
  return `${text(roleRef, 'kind').toLowerCase()}.rbac.authorization.k8s.io ${quote(text(roleRef, 'name'))} not found`;
}

function describeGrant(binding: JsonObject, roleRef: JsonObject, subject: JsonObject, namespace: string): string {
  const metadata = child(binding, 'metadata');
  const name = text(metadata, 'name');
  const source =
    namespace === '' ? `ClusterRoleBinding ${quote(name)}` : `RoleBinding ${quote(`${name}/${namespace}`)}`;
  const role = `${text(roleRef, 'kind')} ${quote(text(roleRef, 'name'))}`;
  const account = `${text(subject, 'name')}/${text(subject, 'namespace') || namespace}`;
  const subjectName = subject.kind === 'ServiceAccount' ? account : text(subject, 'name');
  return `${source} of ${role} to ${text(subject, 'kind')} ${quote(subjectName)}`;
}

function ruleAllows(rule: JsonObject, attributes: Attributes): boolean {
  if (!hasOrAll(texts(rule.verbs), attributes.verb)) return false;
  if (attributes.resource === '') {
    return texts(rule.nonResourceURLs).some((url) => pathMatches(url, attributes.path));
  }
  const names = texts(rule.resourceNames);
  return (
    hasOrAll(texts(rule.apiGroups), attributes.apiGroup) &&
    texts(rule.resources).some((resource) => resourceMatches(resource, attributes)) &&
    (names.length === 0 || names.includes(attributes.name))
  );
}

function resourceMatches(granted: string, { resource, subresource }: Attributes): boolean {
  if (granted === '*') return true;
  if (subresource === '') return granted === resource;
  return granted === `${resource}/${subresource}` || granted === `*/${subresource}`;
}

function pathMatches(granted: string, path: string): boolean {
  if (granted === '*' || granted === path) return true;
  return granted.endsWith('*') && path.startsWith(granted.replace(/\*+$/, ''));
}

function hasOrAll(granted: readonly string[], wanted: string): boolean {
  return granted.includes(wanted) || granted.includes('*');
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as JsonObject[]) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}

/** As Go prints several errors at once: each only once, in brackets if there is more than one. */
function aggregate(problems: readonly string[]): string {
  const different = [...new Set(problems)];
  return different.length === 1 ? (different[0] ?? '') : `[${different.join(', ')}]`;
}

function quote(value: string): string {
  return JSON.stringify(value);
}
