import { type ServedResource, servedResource } from './resources.ts';

function older(group: string, plural: string, version: string): ServedResource {
  const current = servedResource(group, plural);
  if (current === undefined) throw new Error(`no resource ${plural} in group ${group}`);
  return { ...current, version };
}

/**
 * What only old servers have: versions that showed the same objects as today's (and in the same messages), and what
 * CSINode was as a custom resource before it was an API of its own.
 */
export const olderResources: readonly ServedResource[] = [
  older('coordination.k8s.io', 'leases', 'v1beta1'),
  older('storage.k8s.io', 'csinodes', 'v1beta1'),
  {
    ...older('storage.k8s.io', 'csinodes', 'v1alpha1'),
    group: 'csi.storage.k8s.io',
    plural: 'csinodeinfos',
    singular: 'csinodeinfo',
    kind: 'CSINodeInfo',
    message: 'csi.CSINodeInfo',
    storedAs: 'csi.storage.k8s.io/v1alpha1/CSINodeInfo',
    isCustom: true,
  },
];
