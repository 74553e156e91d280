import { createHash } from 'node:crypto';

/** Where the objects are that a workload is made of. */
export const paths = {
  nodes: '/api/v1/nodes',
  volumes: '/api/v1/persistentvolumes',
  csiNodes: '/apis/storage.k8s.io/v1/csinodes',
  csiDrivers: '/apis/storage.k8s.io/v1/csidrivers',
  attachments: '/apis/storage.k8s.io/v1/volumeattachments',
  leases: '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases',
  namespaces: '/api/v1/namespaces',
} as const;

export function node(name: string): object {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name } } };
}

/** `nodeIds`: the node's id by driver name. */
export function csiNode(name: string, nodeIds: Readonly<Record<string, string>>): object {
  const drivers = Object.entries(nodeIds).map(([driver, nodeID]) => ({ name: driver, nodeID, topologyKeys: [] }));
  return { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec: { drivers } };
}

export function csiDriver(name: string): object {
  return { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name }, spec: { attachRequired: true } };
}

export interface VolumeOptions {
  name: string;
  driver: string;
  handle: string;
}

/** As an external-provisioner leaves it: bound to a claim, with attributes of the driver's own. */
export function persistentVolume({ name, driver, handle }: VolumeOptions): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': driver } },
    spec: {
      capacity: { storage: '10Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: 'standard',
      volumeMode: 'Filesystem',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'default', name: `claim-of-${name}` },
      csi: {
        driver,
        volumeHandle: handle,
        fsType: 'ext4',
        volumeAttributes: { 'storage.kubernetes.io/csiProvisionerIdentity': `1700000000000-8081-${driver}` },
      },
    },
  };
}

/** The name that kubelet and the attach/detach controller give: the same volume on the same node, the same name. */
export function attachmentName(handle: string, driver: string, nodeName: string): string {
  return `csi-${createHash('sha256').update(`${handle}${driver}${nodeName}`).digest('hex')}`;
}

export interface AttachmentOptions extends VolumeOptions {
  nodeName: string;
}

/** `name` is the PersistentVolume's. */
export function volumeAttachment({ name, driver, handle, nodeName }: AttachmentOptions): object {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: attachmentName(handle, driver, nodeName) },
    spec: { attacher: driver, nodeName, source: { persistentVolumeName: name } },
  };
}
