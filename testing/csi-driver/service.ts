import { Code } from '../../src/csi/errors.ts';
import {
  type ControllerPublishVolumeRequest,
  type ControllerUnpublishVolumeRequest,
  type CreateVolumeRequest,
  type ListVolumesRequest,
  VolumeCapability_AccessMode_Mode as Mode,
  PluginCapability_Service_Type,
  type ValidateVolumeCapabilitiesRequest,
  type VolumeCapability,
} from './gen/csi_pb.ts';
import { Ledger, type Publication } from './ledger.ts';
import { Refusal } from './refusal.ts';
import { type Capability, capabilityNumber, type DriverSettings } from './settings.ts';
import { VolumeList } from './volume-list.ts';

/**
 * The driver as the specification describes it: each method is one step from state to state, at once, without time,
 * chance or network. Methods throw Refusal.
 */
export class CsiService {
  readonly ledger: Ledger;
  readonly settings: DriverSettings;
  /** Volumes that were created, added, or mentioned. */
  readonly volumes = new Set<string>();
  readonly #list = new VolumeList();
  readonly #nodes: ReadonlySet<string> | undefined;
  readonly #capabilities: ReadonlySet<Capability>;

  constructor(settings: DriverSettings) {
    this.settings = settings;
    this.ledger = new Ledger(settings);
    this.#nodes = settings.nodes === undefined ? undefined : new Set(settings.nodes);
    this.#capabilities = new Set(settings.capabilities);
  }

  getPluginInfo() {
    return { name: this.settings.name, vendorVersion: this.settings.version };
  }

  getPluginCapabilities() {
    if (!this.settings.controllerService) return { capabilities: [] };
    const type = PluginCapability_Service_Type.CONTROLLER_SERVICE;
    return { capabilities: [{ type: { case: 'service' as const, value: { type } } }] };
  }

  controllerGetCapabilities() {
    const capabilities = this.settings.capabilities.map((capability) => ({
      type: { case: 'rpc' as const, value: { type: capabilityNumber(capability) } },
    }));
    return { capabilities };
  }

  publish(request: ControllerPublishVolumeRequest) {
    const { volumeId, nodeId, volumeCapability: capability } = request;
    requireText('volume_id', volumeId);
    requireText('node_id', nodeId);
    const { access, mode } = this.#checked(capability);
    if (request.readonly && !this.#capabilities.has('PUBLISH_READONLY')) {
      throw new Refusal(Code.InvalidArgument, 'readonly is set, which takes the capability PUBLISH_READONLY');
    }
    this.#checkSecrets(request.secrets);
    this.#requireVolume(volumeId);
    this.#requireNode(nodeId);
    const publication = this.ledger.publish({ volumeId, nodeId, readonly: request.readonly, access, mode });
    return { publishContext: publication.context };
  }

  unpublish(request: ControllerUnpublishVolumeRequest) {
    const { volumeId, nodeId } = request;
    requireText('volume_id', volumeId);
    this.#checkSecrets(request.secrets);
    // Without a node the volume is taken off all of them.
    const nodeIds = nodeId === '' ? this.ledger.nodesOf(volumeId) : [nodeId];
    for (const id of nodeIds) {
      if (!this.ledger.unpublish(volumeId, id)) this.#requireNode(id);
    }
    return {};
  }

  listVolumes({ maxEntries, startingToken }: ListVolumesRequest, nowMs: number) {
    if (maxEntries < 0) throw new Refusal(Code.InvalidArgument, `max_entries is ${maxEntries}`);
    const { listStaleMs, listPageSize } = this.settings;
    this.#list.refresh(nowMs, listStaleMs, () =>
      [...this.volumes].map((volumeId) => ({ volumeId, nodeIds: this.ledger.nodesOf(volumeId) })),
    );
    const sizes = [maxEntries, listPageSize].filter((size) => size > 0);
    const page = this.#list.page(startingToken, sizes.length === 0 ? 0 : Math.min(...sizes));
    const withNodes = this.#capabilities.has('LIST_VOLUMES_PUBLISHED_NODES');
    const entries = page.volumes.map(({ volumeId, nodeIds }) => ({
      volume: { volumeId },
      ...(withNodes ? { status: { publishedNodeIds: nodeIds } } : {}),
    }));
    return { entries, nextToken: page.nextToken };
  }

  createVolume({ name, capacityRange, volumeCapabilities }: CreateVolumeRequest) {
    requireText('name', name);
    if (volumeCapabilities.length === 0) throw new Refusal(Code.InvalidArgument, 'volume_capabilities is empty');
    for (const capability of volumeCapabilities) this.#checked(capability);
    this.volumes.add(name);
    return { volume: { volumeId: name, capacityBytes: capacityRange?.requiredBytes ?? 0n } };
  }

  deleteVolume({ volumeId }: { volumeId: string }) {
    requireText('volume_id', volumeId);
    const [node] = this.ledger.nodesOf(volumeId);
    if (node !== undefined) {
      throw new Refusal(Code.FailedPrecondition, `volume ${volumeId} is still published to node ${node}`);
    }
    this.volumes.delete(volumeId);
    return {};
  }

  validateVolumeCapabilities({ volumeId, volumeCapabilities }: ValidateVolumeCapabilitiesRequest) {
    requireText('volume_id', volumeId);
    if (volumeCapabilities.length === 0) throw new Refusal(Code.InvalidArgument, 'volume_capabilities is empty');
    this.#requireVolume(volumeId);
    for (const capability of volumeCapabilities) this.#checked(capability);
    return { confirmed: { volumeCapabilities } };
  }

  #checked(capability: VolumeCapability | undefined): Pick<Publication, 'access' | 'mode'> {
    if (capability === undefined) throw new Refusal(Code.InvalidArgument, 'volume_capability is missing');
    const { accessType } = capability;
    const mode = capability.accessMode?.mode ?? Mode.UNKNOWN;
    if (accessType.case === undefined) throw new Refusal(Code.InvalidArgument, 'access_type is missing');
    if (!isMode(mode)) throw new Refusal(Code.InvalidArgument, `access mode ${mode} is unknown`);
    const fine: readonly number[] = [Mode.SINGLE_NODE_SINGLE_WRITER, Mode.SINGLE_NODE_MULTI_WRITER];
    if (fine.includes(mode) && !this.#capabilities.has('SINGLE_NODE_MULTI_WRITER')) {
      throw new Refusal(Code.InvalidArgument, `access mode ${mode} takes the capability SINGLE_NODE_MULTI_WRITER`);
    }
    if (accessType.case === 'block') return { access: 'block', mode };
    return { access: `mount ${accessType.value.fsType} ${accessType.value.mountFlags.join(',')}`.trimEnd(), mode };
  }

  #checkSecrets(secrets: Readonly<Record<string, string>>): void {
    const { requiredSecret } = this.settings;
    if (requiredSecret === undefined || secrets[requiredSecret.key] === requiredSecret.value) return;
    throw new Refusal(Code.Unauthenticated, `the secret ${requiredSecret.key} is missing or wrong`);
  }

  #requireVolume(volumeId: string): void {
    if (this.volumes.has(volumeId)) return;
    if (this.settings.onlyKnownVolumes) throw new Refusal(Code.NotFound, `volume ${volumeId} does not exist`);
    this.volumes.add(volumeId);
  }

  #requireNode(nodeId: string): void {
    if (this.#nodes?.has(nodeId) === false) throw new Refusal(Code.NotFound, `node ${nodeId} does not exist`);
  }
}

function requireText(field: string, value: string): void {
  if (value === '') throw new Refusal(Code.InvalidArgument, `${field} is empty`);
}

function isMode(mode: number): mode is Exclude<Publication['mode'], 0> {
  return mode >= 1 && mode <= 7;
}
