/** What the server says it serves: `/api`, `/apis` and below, one by one or all at once (aggregated discovery). */
import { createHash } from 'node:crypto';
import type { JsonObject } from './object.ts';
import { apiVersionOf, type ServedResource, type Subresource, servedResources } from './schema/resources.ts';

export interface DiscoveryAnswer {
  readonly contentType: string;
  readonly body: JsonObject;
}

/** In the order of the real server, which is that of importance. */
const groupOrder = [
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'coordination.k8s.io',
  'csi.storage.k8s.io',
] as const;

/**
 * Answers a GET of a path of discovery (without query); undefined if the path is none.
 * `resources` is what the server serves, if not all that it knows.
 */
export function answerDiscovery(
  path: string,
  accept: string,
  resources: readonly ServedResource[] = servedResources,
): DiscoveryAnswer | undefined {
  const byGroup = Map.groupBy(resources, (resource) => resource.group);
  const groups = groupOrder.filter((group) => byGroup.has(group));
  if (path === '/api' || path === '/apis') {
    const version = aggregatedVersion(accept);
    if (version !== undefined) return aggregated(path === '/api' ? [''] : groups, version, byGroup);
    return json(path === '/api' ? apiVersions() : groupList(groups, byGroup));
  }
  if (path === '/api/v1') return json(resourceList({ group: '', version: 'v1' }, byGroup.get('') ?? []));
  const [, root, group = '', version, ...rest] = path.split('/');
  const own = byGroup.get(group);
  if (root !== 'apis' || group === '' || own === undefined || rest.length > 0) return undefined;
  if (version === undefined) return json({ kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group, own) });
  const ofVersion = own.filter((resource) => resource.version === version);
  return ofVersion.length > 0 ? json(resourceList({ group, version }, ofVersion)) : undefined;
}

/**
 * Leaves out of another server's answer (APIGroupList or APIResourceList) the groups, resources and subresources that
 * this one does not serve, for comparing the two.
 */
export function onlyServed(body: JsonObject): JsonObject {
  if (body.kind === 'APIGroupList') {
    const groups = body.groups as { name: string }[];
    return { ...body, groups: groups.filter((group) => isServedGroup(group.name)) };
  }
  const [group = ''] = String(body.groupVersion).split('/').slice(0, -1);
  const own = servedResources.filter((resource) => resource.group === group);
  const names = new Set(own.flatMap(entriesOf).map((entry) => entry.name));
  return { ...body, resources: (body.resources as JsonObject[]).filter((resource) => names.has(resource.name)) };
}

function json(body: JsonObject): DiscoveryAnswer {
  return { contentType: 'application/json', body };
}

function isServedGroup(name: string): boolean {
  return (groupOrder as readonly string[]).includes(name);
}

function apiVersions(): JsonObject {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

type ByGroup = ReadonlyMap<string, readonly ServedResource[]>;

function groupList(groups: readonly string[], byGroup: ByGroup): JsonObject {
  const entries = groups.map((group) => groupEntry(group, byGroup.get(group) ?? []));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: entries };
}

function groupEntry(name: string, resources: readonly ServedResource[]): JsonObject {
  const versions = versionsOf(resources).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

/** Newest first. */
function versionsOf(resources: readonly ServedResource[]): string[] {
  return [...new Set(resources.map((resource) => resource.version))].sort((a, b) => a.length - b.length);
}

function resourceList(
  { group, version }: Pick<ServedResource, 'group' | 'version'>,
  resources: readonly ServedResource[],
): JsonObject {
  return {
    kind: 'APIResourceList',
    // The core group's list has no apiVersion; it is older than that.
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf({ group, version }),
    resources: resources.flatMap(entriesOf),
  };
}

/** A resource and its subresources. */
function entriesOf(resource: ServedResource): JsonObject[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  const isStored = verbs.includes('get');
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(isStored ? { storageVersionHash: storageVersionHash(resource) } : {}),
  };
  const below = resource.subresources.map((subresource) => ({
    name: `${plural}/${subresource.name}`,
    singularName: '',
    namespaced,
    kind,
    verbs: subresource.verbs,
  }));
  return [own, ...below];
}

/** Says in which version the objects are kept: two lists with the same hash show the same objects. */
function storageVersionHash(resource: ServedResource): string {
  return createHash('sha256').update(resource.storedAs).digest().subarray(0, 8).toString('base64');
}

/** The version of aggregated discovery that the client understands; undefined if it wants the old lists. */
function aggregatedVersion(accept: string): 'v2' | 'v2beta1' | undefined {
  for (const range of accept.split(',')) {
    const parameters = range.split(';').map((part) => part.trim());
    if (!parameters.includes('as=APIGroupDiscoveryList') || !parameters.includes('g=apidiscovery.k8s.io')) continue;
    if (parameters.includes('v=v2')) return 'v2';
    if (parameters.includes('v=v2beta1')) return 'v2beta1';
  }
  return undefined;
}

function aggregated(groups: readonly string[], version: 'v2' | 'v2beta1', byGroup: ByGroup): DiscoveryAnswer {
  return {
    contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    body: {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: groups.map((group) => ({
        metadata: group === '' ? {} : { name: group },
        versions: versionsOf(byGroup.get(group) ?? []).map((each) => ({
          version: each,
          resources: (byGroup.get(group) ?? []).filter((one) => one.version === each).map(aggregatedEntry),
          freshness: 'Current',
        })),
      })),
    },
  };
}

function aggregatedEntry(resource: ServedResource): JsonObject {
  const responseKind = { group: resource.group, version: resource.version, kind: resource.kind };
  const below = (subresource: Subresource): JsonObject => ({
    subresource: subresource.name,
    responseKind,
    verbs: subresource.verbs,
  });
  return {
    resource: resource.plural,
    responseKind,
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
    ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
    ...(resource.subresources.length > 0 ? { subresources: resource.subresources.map(below) } : {}),
  };
}
