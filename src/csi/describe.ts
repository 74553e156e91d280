import type {
  ListVolumesPage,
  ListVolumesRequest,
  PluginInfo,
  ProbeResult,
  PublishContext,
  PublishRequest,
  StringMap,
  UnpublishRequest,
  VolumeCapability,
} from './messages.ts';
import { AccessMode } from './messages.ts';

// Messages as the log shows them: one line of JSON with the proto's field names. Built by listing what may be shown,
// so that a field added later stays hidden until somebody decides otherwise.

const stripped = '***stripped***';
const modeNames = new Map<number, string>(Object.entries(AccessMode).map(([name, mode]) => [mode, name]));

export function describePublish(request: PublishRequest): object {
  return {
    volume_id: request.volumeId,
    node_id: request.nodeId,
    volume_capability: describeCapability(request.capability),
    ...(request.readonly ? { readonly: true } : {}),
    ...strip('secrets', request.secrets),
    ...strip('volume_context', request.volumeContext),
  };
}

export function describeUnpublish(request: UnpublishRequest): object {
  return { volume_id: request.volumeId, node_id: request.nodeId, ...strip('secrets', request.secrets) };
}

export function describePublishContext(context: PublishContext): object {
  return strip('publish_context', context);
}

export function describeListVolumes(request: ListVolumesRequest): object {
  return {
    ...(request.maxEntries === 0 ? {} : { max_entries: request.maxEntries }),
    ...(request.startingToken === '' ? {} : { starting_token: request.startingToken }),
  };
}

export function describeListVolumesPage(page: ListVolumesPage): object {
  return {
    entries: page.entries.map(({ volumeId, publishedNodeIds }) => ({
      volume: { volume_id: volumeId },
      status: { published_node_ids: publishedNodeIds },
    })),
    ...(page.nextToken === '' ? {} : { next_token: page.nextToken }),
  };
}

export function describePluginInfo({ name, version }: PluginInfo): object {
  return { name, vendor_version: version };
}

export function describeProbe({ ready }: ProbeResult): object {
  return { ready: { value: ready } };
}

export function describeCapabilityTypes(types: ReadonlySet<number>): object {
  return { capabilities: [...types] };
}

/** At most `limit` characters and a word on what was cut; 0 and below mean no limit. */
export function cut(text: string, limit: number): string {
  if (limit <= 0 || text.length <= limit) return text;
  return `${text.slice(0, limit).toWellFormed()} [cut: ${limit} of ${text.length} characters]`;
}

function describeCapability({ access, accessMode }: VolumeCapability): object {
  return {
    ...(access.type === 'block' ? { block: {} } : { mount: describeMount(access.fsType, access.mountFlags) }),
    access_mode: { mode: modeNames.get(accessMode) ?? accessMode },
  };
}

function describeMount(fsType: string, mountFlags: readonly string[]): object {
  return {
    ...(fsType === '' ? {} : { fs_type: fsType }),
    ...(mountFlags.length === 0 ? {} : { mount_flags: mountFlags }),
  };
}

/** Says that a map is there, and nothing of what is in it. */
function strip(field: string, map: StringMap): object {
  return Object.keys(map).length === 0 ? {} : { [field]: stripped };
}
