import { ControllerServiceCapability_RPC_Type } from './gen/csi_pb.ts';

type Numbers = typeof ControllerServiceCapability_RPC_Type;
/** A controller capability, by its name in the CSI specification. */
export type Capability = Exclude<keyof Numbers, number | 'UNKNOWN'>;

/** What the driver can do at all. */
export const knownCapabilities = [
  'CREATE_DELETE_VOLUME',
  'PUBLISH_UNPUBLISH_VOLUME',
  'PUBLISH_READONLY',
  'LIST_VOLUMES',
  'LIST_VOLUMES_PUBLISHED_NODES',
  'SINGLE_NODE_MULTI_WRITER',
] as const satisfies readonly Capability[];

export function capabilityNumber(capability: Capability): ControllerServiceCapability_RPC_Type {
  return ControllerServiceCapability_RPC_Type[capability];
}

/** What kind of driver this is. It does not change while it runs. */
export interface DriverSettings {
  name: string;
  version: string;
  /** False: no CONTROLLER_SERVICE, and no controller method at all. */
  controllerService: boolean;
  capabilities: readonly Capability[];
  /** Node ids that exist; any does if this is undefined. */
  nodes: readonly string[] | undefined;
  /** Refuse volumes that were neither created nor added. Otherwise a volume exists from its first mention on. */
  onlyKnownVolumes: boolean;
  /** Most volumes on one node; then RESOURCE_EXHAUSTED. */
  maxPublishedPerNode: number;
  /** Publish and unpublish ask for this key and value in the secrets. */
  requiredSecret: { key: string; value: string } | undefined;
  /** Probe says "not ready" for so long after a start, in milliseconds. */
  readyAfterMs: number;
  /** ListVolumes shows a picture that is up to this old, in milliseconds. */
  listStaleMs: number;
  /** Most entries on a page of ListVolumes, whatever the caller asks for; 0 is no limit. */
  listPageSize: number;
  /** Answer ABORTED while another operation on the volume is under way, as the specification recommends. */
  abortWhilePending: boolean;
  /** What becomes of the work when the caller gave up: real drivers mostly finish it. */
  afterDeadline: 'finish' | 'stop';
}

export const defaultSettings: DriverSettings = {
  name: 'test.csi.example',
  version: '1.0.0',
  controllerService: true,
  capabilities: knownCapabilities,
  nodes: undefined,
  onlyKnownVolumes: false,
  maxPublishedPerNode: Number.POSITIVE_INFINITY,
  requiredSecret: undefined,
  readyAfterMs: 0,
  listStaleMs: 0,
  listPageSize: 0,
  abortWhilePending: true,
  afterDeadline: 'finish',
};
