/** core/v1: the volumes of a Pod. */
export const corePodVolumeMessages: Readonly<Record<string, string>> = {
  'core.Volume': '1 name: string; 2 @: VolumeSource',
  'core.VolumeSource': `1 hostPath?: *HostPathVolumeSource; 2 emptyDir?: *EmptyDirVolumeSource;
    3 gcePersistentDisk?: *GCEPersistentDiskVolumeSource;
    4 awsElasticBlockStore?: *AWSElasticBlockStoreVolumeSource; 5 gitRepo?: *GitRepoVolumeSource;
    6 secret?: *SecretVolumeSource; 7 nfs?: *NFSVolumeSource; 8 iscsi?: *ISCSIVolumeSource;
    9 glusterfs?: *GlusterfsVolumeSource; 10 persistentVolumeClaim?: *PersistentVolumeClaimVolumeSource;
    11 rbd?: *RBDVolumeSource; 12 flexVolume?: *FlexVolumeSource; 13 cinder?: *CinderVolumeSource;
    14 cephfs?: *CephFSVolumeSource; 15 flocker?: *FlockerVolumeSource; 16 downwardAPI?: *DownwardAPIVolumeSource;
    17 fc?: *FCVolumeSource; 18 azureFile?: *AzureFileVolumeSource; 19 configMap?: *ConfigMapVolumeSource;
    20 vsphereVolume?: *VsphereVirtualDiskVolumeSource; 21 quobyte?: *QuobyteVolumeSource;
    22 azureDisk?: *AzureDiskVolumeSource; 23 photonPersistentDisk?: *PhotonPersistentDiskVolumeSource;
    26 projected?: *ProjectedVolumeSource; 24 portworxVolume?: *PortworxVolumeSource;
    25 scaleIO?: *ScaleIOVolumeSource; 27 storageos?: *StorageOSVolumeSource; 28 csi?: *CSIVolumeSource;
    29 ephemeral?: *EphemeralVolumeSource; 30 image?: *ImageVolumeSource`,
  'core.EmptyDirVolumeSource': '1 medium?: string; 2 sizeLimit?: *quantity',
  'core.GitRepoVolumeSource': '1 repository: string; 2 revision?: string; 3 directory?: string',
  'core.SecretVolumeSource': `1 secretName?: string; 2 items?: []KeyToPath; 3 defaultMode?: *int32;
    4 optional?: *bool`,
  'core.ISCSIVolumeSource': `1 targetPortal: string; 2 iqn: string; 3 lun: int32; 4 iscsiInterface?: string;
    5 fsType?: string; 6 readOnly?: bool; 7 portals?: []string; 8 chapAuthDiscovery?: bool;
    11 chapAuthSession?: bool; 10 secretRef?: *LocalObjectReference; 12 initiatorName?: *string`,
  'core.GlusterfsVolumeSource': '1 endpoints: string; 2 path: string; 3 readOnly?: bool',
  'core.PersistentVolumeClaimVolumeSource': '1 claimName: string; 2 readOnly?: bool',
  'core.RBDVolumeSource': `1 monitors: []string; 2 image: string; 3 fsType?: string; 4 pool?: string;
    5 user?: string; 6 keyring?: string; 7 secretRef?: *LocalObjectReference; 8 readOnly?: bool`,
  'core.FlexVolumeSource': `1 driver: string; 2 fsType?: string; 3 secretRef?: *LocalObjectReference;
    4 readOnly?: bool; 5 options?: map string`,
  'core.CinderVolumeSource': `1 volumeID: string; 2 fsType?: string; 3 readOnly?: bool;
    4 secretRef?: *LocalObjectReference`,
  'core.CephFSVolumeSource': `1 monitors: []string; 2 path?: string; 3 user?: string; 4 secretFile?: string;
    5 secretRef?: *LocalObjectReference; 6 readOnly?: bool`,
  'core.DownwardAPIVolumeSource': '1 items?: []DownwardAPIVolumeFile; 2 defaultMode?: *int32',
  'core.AzureFileVolumeSource': '1 secretName: string; 2 shareName: string; 3 readOnly?: bool',
  'core.ConfigMapVolumeSource': `1 @: LocalObjectReference; 2 items?: []KeyToPath; 3 defaultMode?: *int32;
    4 optional?: *bool`,
  'core.ProjectedVolumeSource': '1 sources~: []VolumeProjection; 2 defaultMode?: *int32',
  'core.ScaleIOVolumeSource': `1 gateway: string; 2 system: string; 3 secretRef: *LocalObjectReference;
    4 sslEnabled?: bool; 5 protectionDomain?: string; 6 storagePool?: string; 7 storageMode?: string;
    8 volumeName?: string; 9 fsType?: string; 10 readOnly?: bool`,
  'core.StorageOSVolumeSource': `1 volumeName?: string; 2 volumeNamespace?: string; 3 fsType?: string;
    4 readOnly?: bool; 5 secretRef?: *LocalObjectReference`,
  'core.CSIVolumeSource': `1 driver: string; 2 readOnly?: *bool; 3 fsType?: *string;
    4 volumeAttributes?: map string; 5 nodePublishSecretRef?: *LocalObjectReference`,
  'core.EphemeralVolumeSource': '1 volumeClaimTemplate?: *PersistentVolumeClaimTemplate',
  'core.ImageVolumeSource': '1 reference?: string; 2 pullPolicy?: string',
  'core.KeyToPath': '1 key: string; 2 path: string; 3 mode?: *int32',
  'core.LocalObjectReference': '1 name?: string',
  'core.DownwardAPIVolumeFile': `1 path: string; 2 fieldRef?: *ObjectFieldSelector;
    3 resourceFieldRef?: *ResourceFieldSelector; 4 mode?: *int32`,
  'core.VolumeProjection': `1 secret?: *SecretProjection; 2 downwardAPI?: *DownwardAPIProjection;
    3 configMap?: *ConfigMapProjection; 4 serviceAccountToken?: *ServiceAccountTokenProjection;
    5 clusterTrustBundle?: *ClusterTrustBundleProjection; 6 podCertificate?: *PodCertificateProjection`,
  'core.PersistentVolumeClaimTemplate': '1 metadata?: meta.ObjectMeta; 2 spec: PersistentVolumeClaimSpec',
  'core.ObjectFieldSelector': '1 apiVersion?: string; 2 fieldPath: string',
  'core.ResourceFieldSelector': '1 containerName?: string; 2 resource: string; 3 divisor?: quantity',
  'core.SecretProjection': '1 @: LocalObjectReference; 2 items?: []KeyToPath; 4 optional?: *bool',
  'core.DownwardAPIProjection': '1 items?: []DownwardAPIVolumeFile',
  'core.ConfigMapProjection': '1 @: LocalObjectReference; 2 items?: []KeyToPath; 4 optional?: *bool',
  'core.ServiceAccountTokenProjection': '1 audience?: string; 2 expirationSeconds?: *int64; 3 path: string',
  'core.ClusterTrustBundleProjection': `1 name?: *string; 2 signerName?: *string;
    3 labelSelector?: *meta.LabelSelector; 5 optional?: *bool; 4 path: string`,
  'core.PodCertificateProjection': `1 signerName?: string; 2 keyType?: string; 3 maxExpirationSeconds?: *int32;
    4 credentialBundlePath?: string; 5 keyPath?: string; 6 certificateChainPath?: string;
    7 userAnnotations?: map string`,
};
