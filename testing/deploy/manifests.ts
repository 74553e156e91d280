/** What stands in deploy/. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Container, PodSpec } from './pod-security.ts';

type Labels = Record<string, string>;

export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** An object of a manifest, as far as its kind is not known. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Labels };
  spec?: unknown;
  rules?: Rule[];
  subjects?: { kind: string; name: string; namespace?: string }[];
  roleRef?: { kind: string; name: string };
}

export function deployPath(path: string): string {
  return fileURLToPath(new URL(`../../deploy/${path}`, import.meta.url));
}

/** All objects in a text of YAML documents. */
export function objectsIn(text: string): Manifest[] {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Manifest | null);
  return documents.filter((object) => object !== null);
}

/** The rules of all roles in a file of deploy/. */
export function rulesOf(path: string): Rule[] {
  return objectsIn(readFileSync(deployPath(path), 'utf8')).flatMap(({ rules = [] }) => rules);
}

/** A rule's permissions, one by one. */
export function permissionsIn(rules: readonly Rule[]): { group: string; resource: string; verb: string }[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb: verb.toLowerCase() }))),
    ),
  );
}

/** The pods that an object makes, if it makes any. */
export function podsOf(objects: readonly Manifest[]): { object: Manifest; pod: PodSpec; labels: Labels }[] {
  return objects.flatMap((object) => {
    if (object.kind === 'Pod') return [{ object, pod: object.spec as PodSpec, labels: object.metadata.labels ?? {} }];
    const template = (object.spec as { template?: { metadata?: { labels?: Labels }; spec: PodSpec } })?.template;
    return template === undefined ? [] : [{ object, pod: template.spec, labels: template.metadata?.labels ?? {} }];
  });
}

/** The container of that name. Throws if there is none. */
export function containerOf(pod: PodSpec, name: string): Container {
  const found = pod.containers.find((container) => container.name === name);
  if (found === undefined) throw new Error(`no container ${name} in ${pod.containers.map((each) => each.name)}`);
  return found;
}
