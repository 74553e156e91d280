import type { KubeObject } from '../../../apiserver/object.ts';
import { type SimVolume, specOf, statusOf } from '../../cluster/cluster.ts';
import type { Property, Scene } from '../checker.ts';
import { attachmentsAt, ByHand, isProtected } from '../facts.ts';
import { nodeIdOf } from '../publications.ts';

/** Once nothing goes wrong any more, everything comes to where it is wanted, and nothing is left over. */
export const converged: Property = {
  name: 'converged',
  make(scene) {
    const byHand = new ByHand();
    return {
      stored: (write) => byHand.take(write),
      pending() {
        for (const volume of scene.cluster.volumes) {
          const why = whyNot(scene, volume, byHand);
          if (why !== undefined) return why;
        }
        return strayPublication(scene, byHand);
      },
    };
  },
};

function whyNot(scene: Scene, volume: SimVolume, byHand: ByHand): string | undefined {
  const attachments = scene.cluster.attachmentsOf(volume.pv);
  const pv = scene.cluster.get('persistentvolumes', volume.pv);
  const isDeleting = pv?.metadata.deletionTimestamp !== undefined;
  const wanted = scene.controllerManager.wanted(volume);
  for (const attachment of attachments) {
    const { name, deletionTimestamp } = attachment.metadata;
    if (deletionTimestamp !== undefined) return `${name} is to go: ${errorOf(attachment)}`;
    if (specOf(attachment).nodeName !== wanted?.name) return `${name} is not wanted, and not deleted`;
    const excused = pv === undefined || isDeleting || isLeftByHand(scene, volume, byHand);
    const why = excused ? undefined : notAttached(scene, volume, attachment);
    if (why !== undefined) return why;
  }
  if (isDeleting && attachments.length === 0) return `${volume.pv} is to go`;
  if (wanted !== undefined && pv !== undefined && attachments.length === 0 && !isDeleting) {
    return `${volume.pv} is wanted on ${wanted.name}, and there is no attachment`;
  }
  return undefined;
}

function notAttached(scene: Scene, { handle }: SimVolume, attachment: KubeObject): string | undefined {
  const { name } = attachment.metadata;
  const { attached, attachError } = statusOf(attachment);
  if (!attached) return `${name} is not attached: ${errorOf(attachment)}`;
  if (attachError !== undefined) return `${name} is attached, and still shows the error ${attachError.message}`;
  if (!scene.options.driver.capabilities.includes('PUBLISH_UNPUBLISH_VOLUME')) return undefined;
  if (!isProtected(attachment)) return `${name} is attached without our finalizer`;
  const nodeId = nodeIdOf(attachment) ?? '';
  const isThere = hasLists(scene)
    ? scene.publications.ledger.get(handle, nodeId) !== undefined
    : scene.publications.of(handle, nodeId).published;
  return isThere ? undefined : `${name} is attached, and ${handle} is not on ${nodeId}`;
}

/** The driver's lists tell what somebody has detached behind our back; without them nothing does. */
function hasLists({ options }: Scene): boolean {
  return options.driver.capabilities.includes('LIST_VOLUMES_PUBLISHED_NODES');
}

/** The volume is still on a node whose attachment somebody took away by hand: no driver lets it go to another. */
function isLeftByHand(scene: Scene, { handle }: SimVolume, byHand: ByHand): boolean {
  return scene.publications.ledger
    .nodesOf(handle)
    .some((nodeId) => byHand.attachmentOf(handle, nodeId) && attachmentsAt(scene, handle, nodeId).length === 0);
}

function errorOf(attachment: KubeObject): string {
  const { attachError, detachError } = statusOf(attachment);
  return (detachError ?? attachError)?.message ?? 'no error is shown';
}

/** What the driver has on a node though no attachment says so. */
function strayPublication(scene: Scene, byHand: ByHand): string | undefined {
  for (const { volumeId, nodeId } of scene.publications.ledger.entries()) {
    if (byHand.attachmentOf(volumeId, nodeId)) continue;
    const isAccounted = attachmentsAt(scene, volumeId, nodeId).length > 0;
    if (!isAccounted) return `${volumeId} is on ${nodeId}, and no attachment says so`;
  }
  return undefined;
}
