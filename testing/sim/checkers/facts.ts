import type { KubeObject } from '../../apiserver/object.ts';
import { ourFinalizer, specOf } from '../cluster/cluster.ts';
import type { StoredWrite } from '../cluster/stored-write.ts';
import type { Scene } from './checker.ts';
import { millisecondsOf } from './flags.ts';
import { nodeIdOf } from './publications.ts';

/** The handle of the volume that the attachment is about, as it was provisioned. */
export function handleOf(scene: Scene, attachment: KubeObject): string | undefined {
  return scene.cluster.volumeNamed(specOf(attachment).source.persistentVolumeName)?.handle;
}

/** Attachments that say that they publish the volume to the node. */
export function attachmentsAt(scene: Scene, volumeId: string, nodeId: string): KubeObject[] {
  const volume = scene.cluster.volumeOf(volumeId);
  if (volume === undefined) return [];
  return scene.cluster.attachmentsOf(volume.pv).filter((attachment) => nodeIdOf(attachment) === nodeId);
}

export function isProtected(object: KubeObject | undefined): boolean {
  return object?.metadata.finalizers?.includes(ourFinalizer) === true;
}

/** What somebody took our finalizer off by hand: promises about it are weaker from then on. */
export class ByHand {
  /** `handle of the PersistentVolume's name, node id` of attachments. */
  readonly #attachments = new Set<string>();
  readonly #volumes = new Set<string>();
  readonly #uids = new Set<string>();

  take({ plural, event, by }: StoredWrite): void {
    if (typeof by !== 'string' || !isProtected(event.previous?.object)) return;
    const object = event.previous?.object as KubeObject;
    const taken = event.type === 'DELETED' || !isProtected(event.version.object);
    if (!taken) return;
    this.#uids.add(object.metadata.uid);
    if (plural === 'persistentvolumes') this.#volumes.add(object.metadata.name);
    if (plural !== 'volumeattachments') return;
    const pv = specOf(object).source.persistentVolumeName ?? '';
    this.#attachments.add(`${pv.replace('pv-', 'vol-')} ${nodeIdOf(object)}`);
  }

  /** Some attachment of that volume and node. */
  attachmentOf(volumeId: string, nodeId: string): boolean {
    return this.#attachments.has(`${volumeId} ${nodeId}`);
  }

  /** Some PersistentVolume of that name. */
  volume(name: string): boolean {
    return this.#volumes.has(name);
  }

  /** This very object. */
  uid(uid: string): boolean {
    return this.#uids.has(uid);
  }
}

/**
 * How old what a call to the driver is decided on may be, in milliseconds, where nothing keeps attacher and API server
 * apart; undefined where something does. A node that was made anew is left first, which takes a call.
 */
export function decidedWithinMs({ options }: Scene): number | undefined {
  if (options.focus === 'everything' || options.script.some(({ kind }) => kind === 'lag')) return undefined;
  const leavesNodes = options.script.some(({ kind }) => kind === 'recreate node');
  return 5_000 + (leavesNodes ? millisecondsOf(options.flags, 'timeout') : 0);
}
