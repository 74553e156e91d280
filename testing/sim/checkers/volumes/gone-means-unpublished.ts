import type { KubeObject } from '../../../apiserver/object.ts';
import { specOf } from '../../cluster/cluster.ts';
import type { Property } from '../checker.ts';
import { attachmentsAt, ByHand, handleOf, isProtected } from '../facts.ts';
import { nodeIdOf } from '../publications.ts';

/**
 * No attachment goes while the driver has its volume on a node where we put it under this attachment, and no publish
 * takes effect for an attachment that has gone. Not promised for attachments whose finalizer was taken by hand: see
 * orphans-unpublished.
 */
export const goneMeansUnpublished: Property = {
  name: 'gone-means-unpublished',
  make(scene) {
    const byHand = new ByHand();
    /** By UID: the ids of nodes that the attachment, with our finalizer on it, has named. */
    const named = new Map<string, Set<string>>();

    function note(object: KubeObject): void {
      const nodeId = nodeIdOf(object);
      if (nodeId === undefined || !isProtected(object)) return;
      const { uid } = object.metadata;
      named.set(uid, (named.get(uid) ?? new Set()).add(nodeId));
    }

    return {
      stored(write) {
        byHand.take(write);
        const { plural, event } = write;
        if (plural !== 'volumeattachments') return;
        const { object } = event.version;
        if (event.type !== 'DELETED') return note(object);
        const { uid, name } = object.metadata;
        const nodeIds = named.get(uid) ?? [];
        named.delete(uid);
        const handle = handleOf(scene, object);
        if (byHand.uid(uid) || handle === undefined) return;
        for (const nodeId of nodeIds) {
          if (scene.publications.ledger.get(handle, nodeId) === undefined) continue;
          scene.broken(`${name} for ${specOf(object).nodeName} is gone, and ${handle} is still on ${nodeId}`);
        }
      },
      driver({ method, phase, volumeId, nodeId, by }) {
        if (method !== 'ControllerPublishVolume' || phase !== 'work') return;
        if (attachmentsAt(scene, volumeId, nodeId).length > 0 || byHand.attachmentOf(volumeId, nodeId)) return;
        scene.broken(`${by.name} has ${volumeId} published to ${nodeId}, and its attachment is gone`);
      },
    };
  },
};
