import type { ControllerCapabilities } from '../../csi/capabilities.ts';
import type { PublishRequest, VolumeCapability } from '../../csi/messages.ts';
import type { VolumeSpec } from '../../kube/api/objects.ts';
import { accessMode } from './access-mode.ts';
import { notText } from './errors.ts';
import type { Volume } from './source.ts';

export interface PublishOptions {
  nodeId: string;
  secrets: Readonly<Record<string, string>>;
  capabilities: ControllerCapabilities;
  /** For volumes that name no file system. May be empty: the driver decides then. */
  defaultFsType: string;
}

/** What ControllerPublishVolume is called with. Throws OperationError if the volume asks for what CSI has not. */
export function publishRequest(volume: Volume, options: PublishOptions): PublishRequest {
  const request: PublishRequest = {
    volumeId: volume.csi.volumeHandle,
    nodeId: options.nodeId,
    capability: {
      access: access(volume.spec, options.defaultFsType),
      accessMode: accessMode(volume.spec.accessModes, options.capabilities.singleNodeMultiWriter),
    },
    readonly: options.capabilities.publishReadonly && volume.csi.readOnly,
    secrets: options.secrets,
    volumeContext: volume.csi.volumeAttributes,
  };
  checkTexts(request);
  return request;
}

/** Before anything is written on its account: what cannot be sent must not be tried. */
function checkTexts({ volumeId, nodeId, volumeContext, capability: { access } }: PublishRequest): void {
  if (!volumeId.isWellFormed()) throw notText("the volume's handle");
  if (!nodeId.isWellFormed()) throw notText("the node's id");
  for (const [key, value] of Object.entries(volumeContext)) {
    if (!key.isWellFormed()) throw notText("a key of the volume's attributes");
    if (!value.isWellFormed()) throw notText(`the volume's attribute "${key}"`);
  }
  if (access.type === 'block') return;
  if (!access.fsType.isWellFormed()) throw notText("the volume's fsType");
  if (!access.mountFlags.every((flag) => flag.isWellFormed())) throw notText("one of the volume's mount options");
}

function access(spec: VolumeSpec, defaultFsType: string): VolumeCapability['access'] {
  if (spec.volumeMode === 'Block') return { type: 'block' };
  return { type: 'mount', fsType: spec.csi?.fsType || defaultFsType, mountFlags: spec.mountOptions };
}
