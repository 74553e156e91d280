/**
 * Kubernetes objects, cut down to what an attacher uses. Everything else that the server sends is dropped while it is
 * decoded, which is what keeps a cache of 50,000 volumes small. Times are milliseconds since the epoch.
 */
export interface ObjectMeta {
  readonly name: string;
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string | undefined;
  readonly uid: string;
  /** An opaque version; see compareVersions in versions.ts. */
  readonly resourceVersion: string;
  readonly creationMs: number;
  /** When deletion was asked for; undefined while nobody has. */
  readonly deletionMs?: number | undefined;
  readonly finalizers: readonly string[];
}

export interface VolumeError {
  readonly message: string;
  readonly timeMs: number;
  /** gRPC code; undefined if the server or the writer does not know the field. */
  readonly code?: number | undefined;
}

export interface VolumeAttachment extends ObjectMeta {
  /** Only the annotations that the attacher itself reads (see keptAnnotations). */
  readonly annotations: Readonly<Record<string, string>>;
  readonly attacher: string;
  readonly nodeName: string;
  readonly persistentVolumeName?: string | undefined;
  readonly inlineVolumeSpec?: VolumeSpec | undefined;
  readonly attached: boolean;
  readonly attachmentMetadata: Readonly<Record<string, string>>;
  readonly attachError?: VolumeError | undefined;
  readonly detachError?: VolumeError | undefined;
}

/** PersistentVolumeSpec, as a PV has it and as an attachment can carry it inline. */
export interface VolumeSpec {
  readonly accessModes: readonly string[];
  /** `Block` or `Filesystem`. */
  readonly volumeMode: string;
  readonly mountOptions: readonly string[];
  readonly csi?: CsiSource | undefined;
  /** The source of an in-tree volume that may have migrated to CSI, under its name in the API. */
  readonly inTree?: InTreeSource | undefined;
}

export interface CsiSource {
  readonly driver: string;
  readonly volumeHandle: string;
  readonly readOnly: boolean;
  readonly fsType: string;
  readonly volumeAttributes: Readonly<Record<string, string>>;
  readonly controllerPublishSecretRef?: SecretReference | undefined;
}

export interface SecretReference {
  readonly name: string;
  readonly namespace: string;
}

export const inTreePlugins = [
  'awsElasticBlockStore',
  'gcePersistentDisk',
  'azureDisk',
  'azureFile',
  'cinder',
  'vsphereVolume',
  'portworxVolume',
] as const;
export type InTreePlugin = (typeof inTreePlugins)[number];

/** The fields of the source as the API's JSON has them; absent fields are absent. */
export interface InTreeSource {
  readonly plugin: InTreePlugin;
  readonly fields: Readonly<Record<string, string | number | boolean | SecretReference>>;
}

export interface PersistentVolume extends ObjectMeta {
  /** Only the annotations that the attacher itself reads (see keptAnnotations). */
  readonly annotations: Readonly<Record<string, string>>;
  /** Only the zone labels, which the translation of in-tree volumes needs (see keptLabels). */
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: VolumeSpec;
  readonly claimRef?: ObjectReference | undefined;
}

export interface ObjectReference {
  readonly kind: string;
  readonly apiVersion?: string | undefined;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
}

export interface CSINode extends ObjectMeta {
  /** Node id by driver name. */
  readonly nodeIds: Readonly<Record<string, string>>;
}

export interface Secret extends ObjectMeta {
  /** Decoded (not base64) values. Never kept, never logged. */
  readonly data: Readonly<Record<string, string>>;
}

export interface Lease extends ObjectMeta {
  readonly labels: Readonly<Record<string, string>>;
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTimeMs?: number | undefined;
  readonly renewTimeMs?: number | undefined;
  readonly leaseTransitions: number;
  /** What the server sent, since a PUT has to give back what it does not want to change. */
  readonly sent: {
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly spec: Readonly<Record<string, unknown>>;
  };
}

/** What is kept of metadata.annotations. */
export const keptAnnotations = [
  'csi.alpha.kubernetes.io/node-id',
  'csi-attacher/volume-handle',
  'pv.kubernetes.io/migrated-to',
  'pv.kubernetes.io/provisioned-by',
  // Read by the translation of in-tree Azure File and Portworx volumes.
  'kubernetes.io/azure-file-resource-group',
  'openstorage.io/auth-secret-name',
  'openstorage.io/auth-secret-namespace',
] as const;

/** What is kept of a PersistentVolume's metadata.labels: where its disk is, in both of the label's spellings. */
export const keptLabels = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'] as const;
