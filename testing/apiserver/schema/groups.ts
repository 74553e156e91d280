/** storage/v1. */
export const storageMessages: Readonly<Record<string, string>> = {
  'storage.VolumeAttachment': `1 metadata?: meta.ObjectMeta; 2 spec: VolumeAttachmentSpec;
    3 status?: VolumeAttachmentStatus`,
  'storage.CSINode': '1 metadata?: meta.ObjectMeta; 2 spec: CSINodeSpec',
  'storage.CSIDriver': '1 metadata?: meta.ObjectMeta; 2 spec: CSIDriverSpec',
  'storage.StorageClass': `1 metadata?: meta.ObjectMeta; 2 provisioner: string; 3 parameters?: map string;
    4 reclaimPolicy?: *string; 5 mountOptions?: []string; 6 allowVolumeExpansion?: *bool;
    7 volumeBindingMode?: *string; 8 allowedTopologies?: []core.TopologySelectorTerm`,
  'storage.VolumeAttachmentSpec': '1 attacher: string; 2 source: VolumeAttachmentSource; 3 nodeName: string',
  'storage.VolumeAttachmentStatus': `1 attached: bool; 2 attachmentMetadata?: map string;
    3 attachError?: *VolumeError; 4 detachError?: *VolumeError`,
  'storage.CSINodeSpec': '1 drivers: []CSINodeDriver ~merge:name',
  'storage.CSIDriverSpec': `1 attachRequired?: *bool; 2 podInfoOnMount?: *bool; 3 volumeLifecycleModes?: []string;
    4 storageCapacity?: *bool; 5 fsGroupPolicy?: *string; 6 tokenRequests?: []TokenRequest;
    7 requiresRepublish?: *bool; 8 seLinuxMount?: *bool; 9 nodeAllocatableUpdatePeriodSeconds?: *int64;
    10 serviceAccountTokenInSecrets?: *bool; 11 preventPodSchedulingIfMissing?: *bool`,
  'storage.VolumeAttachmentSource': `1 persistentVolumeName?: *string;
    2 inlineVolumeSpec?: *core.PersistentVolumeSpec`,
  'storage.VolumeError': '1 time?: time; 2 message?: string; 3 errorCode?: *int32',
  'storage.CSINodeDriver': `1 name: string; 2 nodeID: string; 3 topologyKeys~: []string;
    4 allocatable?: *VolumeNodeResources`,
  'storage.TokenRequest': '1 audience: string; 2 expirationSeconds?: *int64',
  'storage.VolumeNodeResources': '1 count?: *int32',
};

/** csi/v1alpha1, which was a custom resource. */
export const csiMessages: Readonly<Record<string, string>> = {
  'csi.CSINodeInfo': '1 metadata?: meta.ObjectMeta; 2 spec: CSINodeInfoSpec; 3 status?: CSINodeInfoStatus',
  'csi.CSINodeInfoSpec': '1 drivers: []CSIDriverInfoSpec',
  'csi.CSINodeInfoStatus': '1 drivers: []CSIDriverInfoStatus',
  'csi.CSIDriverInfoSpec': '1 name: string; 2 nodeID: string; 3 topologyKeys~: []string',
  'csi.CSIDriverInfoStatus': '1 name: string; 2 available: bool; 3 volumePluginMechanism: string',
};

/** coordination/v1. */
export const coordinationMessages: Readonly<Record<string, string>> = {
  'coordination.Lease': '1 metadata?: meta.ObjectMeta; 2 spec?: LeaseSpec',
  'coordination.LeaseSpec': `1 holderIdentity?: *string; 2 leaseDurationSeconds?: *int32; 3 acquireTime?: *micro;
    4 renewTime?: *micro; 5 leaseTransitions?: *int32; 6 strategy?: *string; 7 preferredHolder?: *string`,
};

/** events/v1. */
export const eventsMessages: Readonly<Record<string, string>> = {
  'events.Event': `1 metadata~: meta.ObjectMeta; 2 eventTime: micro; 3 series?: *EventSeries;
    4 reportingController?: string; 5 reportingInstance?: string; 6 action?: string; 7 reason?: string;
    8 regarding?: core.ObjectReference; 9 related?: *core.ObjectReference; 10 note?: string; 11 type?: string;
    12 deprecatedSource?: core.EventSource; 13 deprecatedFirstTimestamp?: time; 14 deprecatedLastTimestamp?: time;
    15 deprecatedCount?: int32`,
  'events.EventSeries': '1 count: int32; 2 lastObservedTime: micro',
};

/** rbac/v1. */
export const rbacMessages: Readonly<Record<string, string>> = {
  'rbac.Role': '1 metadata?: meta.ObjectMeta; 2 rules~: []PolicyRule',
  'rbac.RoleBinding': '1 metadata?: meta.ObjectMeta; 2 subjects?: []Subject; 3 roleRef: RoleRef',
  'rbac.ClusterRole': '1 metadata?: meta.ObjectMeta; 2 rules~: []PolicyRule; 3 aggregationRule?: *AggregationRule',
  'rbac.ClusterRoleBinding': '1 metadata?: meta.ObjectMeta; 2 subjects?: []Subject; 3 roleRef: RoleRef',
  'rbac.PolicyRule': `1 verbs: []string; 2 apiGroups?: []string; 3 resources?: []string; 4 resourceNames?: []string;
    5 nonResourceURLs?: []string`,
  'rbac.Subject': '1 kind: string; 2 apiGroup?: string; 3 name: string; 4 namespace?: string',
  'rbac.RoleRef': '1 apiGroup~: string; 2 kind: string; 3 name: string',
  'rbac.AggregationRule': '1 clusterRoleSelectors?: []meta.LabelSelector',
};

/** authorization/v1. */
export const authorizationMessages: Readonly<Record<string, string>> = {
  'authorization.SelfSubjectAccessReview': `1 metadata?: meta.ObjectMeta; 2 spec: SelfSubjectAccessReviewSpec;
    3 status?: SubjectAccessReviewStatus`,
  'authorization.SelfSubjectRulesReview': `1 metadata?: meta.ObjectMeta; 2 spec: SelfSubjectRulesReviewSpec;
    3 status?: SubjectRulesReviewStatus`,
  'authorization.SelfSubjectAccessReviewSpec': `1 resourceAttributes?: *ResourceAttributes;
    2 nonResourceAttributes?: *NonResourceAttributes`,
  'authorization.SubjectAccessReviewStatus': `1 allowed: bool; 4 denied?: bool; 2 reason?: string;
    3 evaluationError?: string`,
  'authorization.SelfSubjectRulesReviewSpec': '1 namespace?: string',
  'authorization.SubjectRulesReviewStatus': `1 resourceRules: []ResourceRule; 2 nonResourceRules: []NonResourceRule;
    3 incomplete: bool; 4 evaluationError?: string`,
  'authorization.ResourceAttributes': `1 namespace?: string; 2 verb?: string; 3 group?: string; 4 version?: string;
    5 resource?: string; 6 subresource?: string; 7 name?: string; 8 fieldSelector?: *FieldSelectorAttributes;
    9 labelSelector?: *LabelSelectorAttributes`,
  'authorization.NonResourceAttributes': '1 path?: string; 2 verb?: string',
  'authorization.ResourceRule': `1 verbs: []string; 2 apiGroups?: []string; 3 resources?: []string;
    4 resourceNames?: []string`,
  'authorization.NonResourceRule': '1 verbs: []string; 2 nonResourceURLs?: []string',
  'authorization.FieldSelectorAttributes': '1 rawSelector?: string; 2 requirements?: []meta.FieldSelectorRequirement',
  'authorization.LabelSelectorAttributes': '1 rawSelector?: string; 2 requirements?: []meta.LabelSelectorRequirement',
};

/** authentication/v1. */
export const authenticationMessages: Readonly<Record<string, string>> = {
  'authentication.SelfSubjectReview': '1 metadata?: meta.ObjectMeta; 2 status?: SelfSubjectReviewStatus',
  'authentication.SelfSubjectReviewStatus': '1 userInfo?: UserInfo',
  'authentication.UserInfo': '1 username?: string; 2 uid?: string; 3 groups?: []string; 4 extra?: map []string',
};
