/** How a volume may be used, with the CSI specification's names and numbers. */
export const AccessMode = {
  UNKNOWN: 0,
  SINGLE_NODE_WRITER: 1,
  SINGLE_NODE_READER_ONLY: 2,
  MULTI_NODE_READER_ONLY: 3,
  MULTI_NODE_SINGLE_WRITER: 4,
  MULTI_NODE_MULTI_WRITER: 5,
  SINGLE_NODE_SINGLE_WRITER: 6,
  SINGLE_NODE_MULTI_WRITER: 7,
} as const;
export type AccessMode = (typeof AccessMode)[keyof typeof AccessMode];

/** Opaque keys and values: secrets, volume attributes, publish context. None of them is ever shown. */
export type StringMap = Readonly<Record<string, string>>;

export interface VolumeCapability {
  access: { type: 'block' } | { type: 'mount'; fsType: string; mountFlags: readonly string[] };
  accessMode: AccessMode;
}

export interface PublishRequest {
  volumeId: string;
  nodeId: string;
  capability: VolumeCapability;
  /** Must be false unless the driver has PUBLISH_READONLY. */
  readonly: boolean;
  secrets: StringMap;
  volumeContext: StringMap;
}

/** What the driver wants the node to know: it goes to `status.attachmentMetadata` as it is. */
export type PublishContext = Record<string, string>;

export interface UnpublishRequest {
  volumeId: string;
  nodeId: string;
  secrets: StringMap;
}

export interface ListVolumesRequest {
  /** Most entries that the driver may put on a page; 0 leaves it to the driver. */
  maxEntries: number;
  /** Empty for the first page, else `nextToken` of the page before. */
  startingToken: string;
}

export interface ListVolumesPage {
  entries: ListedVolume[];
  /** Empty on the last page. */
  nextToken: string;
}

export interface ListedVolume {
  volumeId: string;
  publishedNodeIds: string[];
}

export interface PluginInfo {
  name: string;
  version: string;
}

/** `ready` absent means ready, as the specification has it: that is resolved here. */
export interface ProbeResult {
  ready: boolean;
}
