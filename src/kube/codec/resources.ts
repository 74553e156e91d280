import type { CSINode, Lease, ObjectMeta, PersistentVolume, Secret, VolumeAttachment } from '../api/objects.ts';
import { csiNodeFromJson, csiNodeFromProto } from './csi-node.ts';
import { leaseFromJson } from './lease.ts';
import { persistentVolumeFromJson, persistentVolumeFromProto } from './persistent-volume.ts';
import { secretFromJson, secretFromProto } from './secret.ts';
import { volumeAttachmentFromJson, volumeAttachmentFromProto } from './volume-attachment.ts';

/** One kind of object: where it is on the server, and how its projection is read from either encoding. */
export interface Resource<T extends ObjectMeta> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** What an older server has in its place, newest first; the objects come out the same. */
  readonly older?: readonly Resource<T>[] | undefined;
  /** We watch what we write, so that each version of ours comes twice (see KnownObjects). */
  readonly comesTwice?: boolean;
  /** Reads the message of the object itself, without the envelope. Absent: this kind is always asked for as JSON. */
  decodeProto?(bytes: Uint8Array): T;
  /** Reads what JSON.parse gives. */
  decodeJson(value: unknown): T;
}

export const volumeAttachments: Resource<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'volumeattachments',
  kind: 'VolumeAttachment',
  namespaced: false,
  comesTwice: true,
  decodeProto: volumeAttachmentFromProto,
  decodeJson: volumeAttachmentFromJson,
};

export const persistentVolumes: Resource<PersistentVolume> = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
  comesTwice: true,
  decodeProto: persistentVolumeFromProto,
  decodeJson: persistentVolumeFromJson,
};

/** Kubernetes 1.14 to 1.21. */
const csiNodesBeta: Resource<CSINode> = {
  group: 'storage.k8s.io',
  version: 'v1beta1',
  plural: 'csinodes',
  kind: 'CSINode',
  namespaced: false,
  decodeProto: csiNodeFromProto,
  decodeJson: csiNodeFromJson,
};

/** Kubernetes 1.12 and 1.13, where it was a custom resource: those are sent as JSON only. */
const csiNodeInfos: Resource<CSINode> = {
  group: 'csi.storage.k8s.io',
  version: 'v1alpha1',
  plural: 'csinodeinfos',
  kind: 'CSINodeInfo',
  namespaced: false,
  decodeJson: csiNodeFromJson,
};

/** Since Kubernetes 1.17. */
export const csiNodes: Resource<CSINode> = { ...csiNodesBeta, version: 'v1', older: [csiNodesBeta, csiNodeInfos] };

export const secrets: Resource<Secret> = {
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
  decodeProto: secretFromProto,
  decodeJson: secretFromJson,
};

/** Kubernetes 1.12 to 1.21. */
const leasesBeta: Resource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1beta1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
  decodeJson: leaseFromJson,
};

/**
 * Since Kubernetes 1.14. JSON only: leases are replaced whole, and the projection of the others would drop what we do
 * not know.
 */
export const leases: Resource<Lease> = { ...leasesBeta, version: 'v1', older: [leasesBeta] };

/** As objects name it: `v1`, `storage.k8s.io/v1`. */
export function apiVersionOf({ group, version }: Resource<ObjectMeta>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Path of a collection, or with `name` of one object in it; without query. */
export function resourcePath(
  resource: Resource<ObjectMeta>,
  options: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  let path = groupPath(resource);
  if (resource.namespaced) path += `/namespaces/${encodeURIComponent(options.namespace ?? '')}`;
  path += `/${resource.plural}`;
  if (options.name !== undefined) path += `/${encodeURIComponent(options.name)}`;
  if (options.subresource !== undefined) path += `/${options.subresource}`;
  return path;
}

/** Where discovery shows what the resource's group has in its version. */
export function groupPath(resource: Resource<ObjectMeta>): string {
  return `${resource.group === '' ? '/api' : '/apis'}/${apiVersionOf(resource)}`;
}
