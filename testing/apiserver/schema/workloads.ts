/** What a controller's manifest consists of besides its permissions: core/v1 ServiceAccount, apps/v1, policy/v1, networking/v1. */
export const workloadMessages: Readonly<Record<string, string>> = {
  'core.ServiceAccount': `1 metadata?: meta.ObjectMeta; 2 secrets?: []ObjectReference ~merge:name;
    3 imagePullSecrets?: []LocalObjectReference; 4 automountServiceAccountToken?: *bool`,
  'core.PodTemplateSpec': '1 metadata?: meta.ObjectMeta; 2 spec?: PodSpec',
  'apps.Deployment': '1 metadata?: meta.ObjectMeta; 2 spec?: DeploymentSpec; 3 status?: DeploymentStatus',
  'apps.StatefulSet': '1 metadata?: meta.ObjectMeta; 2 spec?: StatefulSetSpec; 3 status?: StatefulSetStatus',
  'apps.DeploymentSpec': `1 replicas?: *int32; 2 selector: *meta.LabelSelector; 3 template: core.PodTemplateSpec;
    4 strategy?: DeploymentStrategy; 5 minReadySeconds?: int32; 6 revisionHistoryLimit?: *int32; 7 paused?: bool;
    9 progressDeadlineSeconds?: *int32`,
  'apps.DeploymentStatus': `1 observedGeneration?: int64; 2 replicas?: int32; 3 updatedReplicas?: int32;
    7 readyReplicas?: int32; 4 availableReplicas?: int32; 5 unavailableReplicas?: int32;
    9 terminatingReplicas?: *int32; 6 conditions?: []DeploymentCondition ~merge:type; 8 collisionCount?: *int32`,
  'apps.DeploymentStrategy': '1 type?: string; 2 rollingUpdate?: *RollingUpdateDeployment',
  'apps.RollingUpdateDeployment': '1 maxUnavailable?: *intstr; 2 maxSurge?: *intstr',
  'apps.DeploymentCondition': `1 type: string; 2 status: string; 6 lastUpdateTime?: time;
    7 lastTransitionTime?: time; 4 reason?: string; 5 message?: string`,
  'apps.StatefulSetSpec': `1 replicas?: *int32; 2 selector: *meta.LabelSelector; 3 template: core.PodTemplateSpec;
    4 volumeClaimTemplates?: []core.PersistentVolumeClaim; 5 serviceName~: string; 6 podManagementPolicy?: string;
    7 updateStrategy?: StatefulSetUpdateStrategy; 8 revisionHistoryLimit?: *int32; 9 minReadySeconds?: int32;
    10 persistentVolumeClaimRetentionPolicy?: *StatefulSetPersistentVolumeClaimRetentionPolicy;
    11 ordinals?: *StatefulSetOrdinals`,
  'apps.StatefulSetStatus': `1 observedGeneration?: int64; 2 replicas: int32; 3 readyReplicas?: int32;
    4 currentReplicas?: int32; 5 updatedReplicas?: int32; 6 currentRevision?: string; 7 updateRevision?: string;
    9 collisionCount?: *int32; 10 conditions?: []StatefulSetCondition ~merge:type; 11 availableReplicas~: int32`,
  'apps.StatefulSetUpdateStrategy': '1 type?: string; 2 rollingUpdate?: *RollingUpdateStatefulSetStrategy',
  'apps.RollingUpdateStatefulSetStrategy': '1 partition?: *int32; 2 maxUnavailable?: *intstr',
  'apps.StatefulSetPersistentVolumeClaimRetentionPolicy': '1 whenDeleted?: string; 2 whenScaled?: string',
  'apps.StatefulSetOrdinals': '1 start: int32',
  'apps.StatefulSetCondition': `1 type: string; 2 status: string; 3 lastTransitionTime?: time; 4 reason?: string;
    5 message?: string`,
  'policy.PodDisruptionBudget': `1 metadata?: meta.ObjectMeta; 2 spec?: PodDisruptionBudgetSpec;
    3 status?: PodDisruptionBudgetStatus`,
  'policy.PodDisruptionBudgetSpec': `1 minAvailable?: *intstr; 2 selector?: *meta.LabelSelector;
    3 maxUnavailable?: *intstr; 4 unhealthyPodEvictionPolicy?: *string`,
  'policy.PodDisruptionBudgetStatus': `1 observedGeneration?: int64; 2 disruptedPods?: map time;
    3 disruptionsAllowed: int32; 4 currentHealthy: int32; 5 desiredHealthy: int32; 6 expectedPods: int32;
    7 conditions?: []Condition ~merge:type`,
  'policy.Condition': `1 type: string; 2 status: string; 3 observedGeneration?: int64; 4 lastTransitionTime: time;
    5 reason: string; 6 message: string`,
  'networking.NetworkPolicy': '1 metadata?: meta.ObjectMeta; 2 spec?: NetworkPolicySpec',
  'networking.NetworkPolicySpec': `1 podSelector?: meta.LabelSelector; 2 ingress?: []NetworkPolicyIngressRule;
    3 egress?: []NetworkPolicyEgressRule; 4 policyTypes?: []string`,
  'networking.NetworkPolicyIngressRule': '1 ports?: []NetworkPolicyPort; 2 from?: []NetworkPolicyPeer',
  'networking.NetworkPolicyEgressRule': '1 ports?: []NetworkPolicyPort; 2 to?: []NetworkPolicyPeer',
  'networking.NetworkPolicyPort': '1 protocol?: *string; 2 port?: *intstr; 3 endPort?: *int32',
  'networking.NetworkPolicyPeer': `1 podSelector?: *meta.LabelSelector; 2 namespaceSelector?: *meta.LabelSelector;
    3 ipBlock?: *IPBlock`,
  'networking.IPBlock': '1 cidr: string; 2 except?: []string',
};
