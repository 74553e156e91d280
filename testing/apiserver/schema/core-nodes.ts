/** core/v1: Node, Namespace, Secret and Event. */
export const coreNodeMessages: Readonly<Record<string, string>> = {
  'core.Node': '1 metadata?: meta.ObjectMeta; 2 spec?: NodeSpec; 3 status?: NodeStatus',
  'core.Namespace': '1 metadata?: meta.ObjectMeta; 2 spec?: NamespaceSpec; 3 status?: NamespaceStatus',
  'core.Secret': `1 metadata?: meta.ObjectMeta; 5 immutable?: *bool; 2 data?: map bytes; 4 stringData?: map string;
    3 type?: string`,
  'core.Event': `1 metadata: meta.ObjectMeta; 2 involvedObject: ObjectReference; 3 reason?: string;
    4 message?: string; 5 source?: EventSource; 6 firstTimestamp?: time; 7 lastTimestamp?: time; 8 count?: int32;
    9 type?: string; 10 eventTime?: micro; 11 series?: *EventSeries; 12 action?: string;
    13 related?: *ObjectReference; 14 reportingComponent~: string; 15 reportingInstance~: string`,
  'core.NodeSpec': `1 podCIDR?: string; 7 podCIDRs?: []string ~merge; 3 providerID?: string; 4 unschedulable?: bool;
    5 taints?: []Taint; 6 configSource?: *NodeConfigSource; 2 externalID?: string`,
  'core.NodeStatus': `1 capacity?: map quantity; 2 allocatable?: map quantity; 3 phase?: string;
    4 conditions?: []NodeCondition ~merge:type; 5 addresses?: []NodeAddress ~merge:type;
    6 daemonEndpoints?: NodeDaemonEndpoints; 7 nodeInfo?: NodeSystemInfo; 8 images?: []ContainerImage;
    9 volumesInUse?: []string; 10 volumesAttached?: []AttachedVolume; 11 config?: *NodeConfigStatus;
    12 runtimeHandlers?: []NodeRuntimeHandler; 13 features?: *NodeFeatures; 14 declaredFeatures?: []string`,
  'core.NamespaceSpec': '1 finalizers?: []string',
  'core.NamespaceStatus': '1 phase?: string; 2 conditions?: []NamespaceCondition ~merge:type',
  'core.EventSource': '1 component?: string; 2 host?: string',
  'core.EventSeries': '1 count?: int32; 2 lastObservedTime?: micro',
  'core.Taint': '1 key: string; 2 value?: string; 3 effect: string; 4 timeAdded?: *time',
  'core.NodeConfigSource': '2 configMap?: *ConfigMapNodeConfigSource',
  'core.NodeCondition': `1 type: string; 2 status: string; 3 lastHeartbeatTime?: time; 4 lastTransitionTime?: time;
    5 reason?: string; 6 message?: string`,
  'core.NodeAddress': '1 type: string; 2 address: string',
  'core.NodeDaemonEndpoints': '1 kubeletEndpoint?: DaemonEndpoint',
  'core.NodeSystemInfo': `1 machineID: string; 2 systemUUID: string; 3 bootID: string; 4 kernelVersion: string;
    5 osImage: string; 6 containerRuntimeVersion: string; 7 kubeletVersion: string; 8 kubeProxyVersion: string;
    9 operatingSystem: string; 10 architecture: string; 11 swap?: *NodeSwapStatus`,
  'core.ContainerImage': '1 names~: []string; 2 sizeBytes?: int64',
  'core.AttachedVolume': '1 name: string; 2 devicePath: string',
  'core.NodeConfigStatus': `1 assigned?: *NodeConfigSource; 2 active?: *NodeConfigSource;
    3 lastKnownGood?: *NodeConfigSource; 4 error?: string`,
  'core.NodeRuntimeHandler': '1 name~: string; 2 features?: *NodeRuntimeHandlerFeatures',
  'core.NodeFeatures': '1 supplementalGroupsPolicy?: *bool',
  'core.NamespaceCondition': `1 type: string; 2 status: string; 4 lastTransitionTime?: time; 5 reason?: string;
    6 message?: string`,
  'core.ConfigMapNodeConfigSource': `1 namespace: string; 2 name: string; 3 uid?: string;
    4 resourceVersion?: string; 5 kubeletConfigKey: string`,
  'core.DaemonEndpoint': '1 Port: int32',
  'core.NodeSwapStatus': '1 capacity?: *int64',
  'core.NodeRuntimeHandlerFeatures': '1 recursiveReadOnlyMounts?: *bool; 2 userNamespaces?: *bool',
};
