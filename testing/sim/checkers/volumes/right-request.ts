import { fromBinary } from '@bufbuild/protobuf';
import {
  VolumeCapability_AccessMode_Mode as AccessMode,
  type ControllerPublishVolumeRequest,
  ControllerPublishVolumeRequestSchema,
  ControllerUnpublishVolumeRequestSchema,
} from '../../../csi-driver/gen/csi_pb.ts';
import { type SimVolume, secretMark } from '../../cluster/cluster.ts';
import type { Property, Scene } from '../checker.ts';
import { decidedWithinMs } from '../facts.ts';

interface SecretAge {
  readonly value: string | undefined;
  readonly fromMs: number;
  untilMs: number;
}

/** What a driver is asked is what the volume says, with the secret that is there at that time. */
export const rightRequest: Property = {
  name: 'right-request',
  make(scene) {
    const ages: SecretAge[] = [];
    /** When a volume of that name was last made. */
    const madeMs = new Map<string, number>();

    /** Values that the secret has had since then; `undefined` while it was not there. */
    function secretsSince(sinceMs: number): (string | undefined)[] {
      return ages.filter(({ untilMs }) => untilMs >= sinceMs).map(({ value }) => value);
    }

    function checkSecret(what: string, volume: SimVolume, sent: string | undefined, mayLack: boolean): void {
      const withinMs = decidedWithinMs(scene);
      const sinceMs = withinMs === undefined ? 0 : scene.nowMs - withinMs;
      const present = secretsSince(sinceMs);
      const isRight = volume.withSecret ? present.includes(sent) : sent === undefined;
      if (isRight && (sent !== undefined || !volume.withSecret)) return;
      // Without the volume nothing tells that there is a secret.
      const lackedVolume = !hasVolume(scene, volume) || (madeMs.get(volume.pv) ?? 0) > sinceMs;
      if (sent === undefined && mayLack && (present.includes(undefined) || lackedVolume)) return;
      scene.broken(`${what} for ${volume.handle} ${sent === undefined ? 'without its' : 'with a wrong'} secret`);
    }

    return {
      stored({ plural, event }) {
        if (plural === 'persistentvolumes' && event.type === 'ADDED') {
          madeMs.set(event.version.object.metadata.name, scene.nowMs);
        }
        if (plural !== 'secrets') return;
        const last = ages.at(-1);
        if (last !== undefined) last.untilMs = scene.nowMs;
        const data = event.version.object.data as { password: string } | undefined;
        const value = event.type === 'DELETED' ? undefined : Buffer.from(data?.password ?? '', 'base64').toString();
        ages.push({ value, fromMs: scene.nowMs, untilMs: Number.POSITIVE_INFINITY });
      },
      callSent(by, method, bytes) {
        const isPublish = method.endsWith('/ControllerPublishVolume');
        if (!isPublish && !method.endsWith('/ControllerUnpublishVolume')) return;
        const schema = isPublish ? ControllerPublishVolumeRequestSchema : ControllerUnpublishVolumeRequestSchema;
        const request = fromBinary(schema, bytes);
        const volume = scene.cluster.volumes.find(({ handle }) => handle === request.volumeId);
        if (volume === undefined) return scene.broken(`${by.name} calls for ${request.volumeId}, which nobody made`);
        checkSecret(
          `${by.name} calls ${isPublish ? 'publish' : 'unpublish'}`,
          volume,
          request.secrets.password,
          !isPublish,
        );
        const wrong = isPublish ? difference(scene, volume, request as ControllerPublishVolumeRequest) : undefined;
        if (wrong !== undefined) scene.broken(`${by.name} publishes ${volume.handle} with ${wrong}`);
      },
    };
  },
};

function hasVolume(scene: Scene, { pv }: SimVolume): boolean {
  return scene.cluster.get('persistentvolumes', pv) !== undefined;
}

function difference(scene: Scene, volume: SimVolume, request: ControllerPublishVolumeRequest): string | undefined {
  const { volumeCapability: capability, volumeContext, readonly } = request;
  const alone = scene.options.driver.capabilities.includes('SINGLE_NODE_MULTI_WRITER')
    ? AccessMode.SINGLE_NODE_MULTI_WRITER
    : AccessMode.SINGLE_NODE_WRITER;
  const mode = capability?.accessMode?.mode;
  if (mode !== (volume.shared ? AccessMode.MULTI_NODE_MULTI_WRITER : alone)) return `access mode ${mode}`;
  const access = capability?.accessType;
  if (access?.case !== (volume.block ? 'block' : 'mount')) return `access ${access?.case}`;
  if (access.case === 'mount' && access.value.fsType !== 'ext4') return `file system ${access.value.fsType}`;
  if (volumeContext.hint !== `${secretMark}-attribute`) return 'other attributes';
  return readonly ? 'read-only access' : undefined;
}
