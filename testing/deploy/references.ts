/** Whether a manifest is whole: what it refers to by name is in it. */
import { type Manifest, podsOf } from './manifests.ts';

/** Names that nothing in the manifest has: accounts, roles, ports of probes, volumes, labels that are to select pods. */
export function danglingReferences(objects: readonly Manifest[]): string[] {
  const found: string[] = [];
  const has = (kind: string, name: string, namespace?: string): boolean =>
    objects.some(
      ({ kind: own, metadata }) => own === kind && metadata.name === name && metadata.namespace === namespace,
    );
  for (const { kind, metadata, roleRef, subjects = [] } of objects) {
    const where = `${kind} ${metadata.name}`;
    const roleNamespace = roleRef?.kind === 'Role' ? metadata.namespace : undefined;
    if (roleRef !== undefined && !has(roleRef.kind, roleRef.name, roleNamespace))
      found.push(`${where}: ${roleRef.name}`);
    for (const subject of subjects)
      if (!has(subject.kind, subject.name, subject.namespace)) found.push(`${where}: ${subject.name}`);
  }
  const pods = podsOf(objects);
  for (const { object, pod } of pods) {
    const { namespace } = object.metadata;
    if (!has('ServiceAccount', pod.serviceAccountName ?? 'default', namespace)) found.push(`${pod.serviceAccountName}`);
    for (const container of pod.containers) {
      const names = container.ports?.map((port) => port.name);
      for (const probe of [container.livenessProbe, container.readinessProbe]) {
        const port = probe?.httpGet?.port;
        if (port !== undefined && names?.includes(String(port)) !== true) found.push(`${container.name}: port ${port}`);
      }
    }
  }
  for (const { kind, metadata, spec } of pods.length === 0 ? [] : objects) {
    const { selector, podSelector = selector } = (spec ?? {}) as Record<string, { matchLabels: object } | undefined>;
    if (podSelector === undefined) continue;
    const selects = pods.some(({ labels, object }) =>
      Object.entries(podSelector.matchLabels).every(
        ([key, value]) => labels[key] === value && object.metadata.namespace === metadata.namespace,
      ),
    );
    if (!selects) found.push(`${kind} ${metadata.name} selects no pod`);
  }
  return found;
}
