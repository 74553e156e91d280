/** The operations of a resource, as far as clients look them up: their kind, their query and what a PATCH may be. */
import type { JsonObject } from '../../apiserver/object.ts';
import type { ServedResource } from '../../apiserver/schema/resources.ts';

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/** HTTP method, verb, what the operation is called, and the query that it understands. */
const collectionOperations = [
  ['get', 'list', 'list', ['limit', 'continue', 'labelSelector', 'fieldSelector', 'resourceVersion', 'watch']],
  ['post', 'create', 'post', ['dryRun', 'fieldManager', 'fieldValidation']],
  ['delete', 'deletecollection', 'deletecollection', ['labelSelector', 'fieldSelector', 'dryRun']],
] as const;

const objectOperations = [
  ['get', 'get', 'get', []],
  ['put', 'update', 'put', ['dryRun', 'fieldManager', 'fieldValidation']],
  ['patch', 'patch', 'patch', ['dryRun', 'fieldManager', 'fieldValidation', 'force']],
  ['delete', 'delete', 'delete', ['dryRun', 'gracePeriodSeconds', 'propagationPolicy']],
] as const;

type Operation = (typeof collectionOperations)[number] | (typeof objectOperations)[number];

export interface Style {
  /** How a parameter of the path or query is written. */
  parameter(name: string, place: 'path' | 'query'): JsonObject;
  /** What is said of the body of a PATCH. */
  patchBody(types: readonly string[]): JsonObject;
}

export const version3: Style = {
  parameter: (name, place) => ({
    name,
    in: place,
    ...(place === 'path' ? { required: true } : {}),
    schema: { type: 'string', uniqueItems: true },
  }),
  patchBody: (types) => ({ requestBody: { content: Object.fromEntries(types.map((type) => [type, {}])) } }),
};

export const version2: Style = {
  parameter: (name, place) => ({ name, in: place, type: 'string', ...(place === 'path' ? { required: true } : {}) }),
  patchBody: (types) => ({ consumes: types }),
};

/** Paths of a resource below `/api/v1` or `/apis/<group>/<version>`, which is `root`. */
export function pathsOf(root: string, resource: ServedResource, style: Style): Record<string, JsonObject> {
  const { plural, namespaced, verbs } = resource;
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const item = `${collection}/{name}`;
  const paths: Record<string, JsonObject> = {
    [collection]: pathItem(collectionOperations, verbs, resource, collection, style),
  };
  if (namespaced) paths[`${root}/${plural}`] = pathItem(collectionOperations, ['list'], resource, '', style);
  if (verbs.includes('get')) paths[item] = pathItem(objectOperations, verbs, resource, item, style);
  for (const subresource of resource.subresources) {
    const path = `${item}/${subresource.name}`;
    paths[path] = pathItem(objectOperations, subresource.verbs, resource, path, style);
  }
  return paths;
}

function pathItem(
  operations: readonly Operation[],
  verbs: readonly string[],
  { group, version, kind }: ServedResource,
  path: string,
  style: Style,
): JsonObject {
  const item: JsonObject = {};
  for (const [method, verb, action, query] of operations) {
    if (!verbs.includes(verb)) continue;
    item[method] = {
      parameters: query.map((name) => style.parameter(name, 'query')),
      ...(method === 'patch' ? style.patchBody(patchTypes) : {}),
      responses: { '200': { description: 'OK' } },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group, version, kind },
    };
  }
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => style.parameter(name, 'path'));
  return names.length > 0 ? { ...item, parameters: names } : item;
}
