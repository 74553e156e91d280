import { statusOf } from '../../cluster/cluster.ts';
import type { Property } from '../checker.ts';
import { attachmentsAt, ByHand } from '../facts.ts';

/**
 * Nobody is unpublished from under a pod: not while the attachment says that it is attached and is to stay, and the node
 * is still the machine that it was.
 */
export const wantedStaysPublished: Property = {
  name: 'wanted-stays-published',
  make(scene) {
    const byHand = new ByHand();
    return {
      stored: (write) => byHand.take(write),
      driver({ method, phase, volumeId, nodeId, by }) {
        if (method !== 'ControllerUnpublishVolume' || phase !== 'start') return;
        for (const attachment of attachmentsAt(scene, volumeId, nodeId)) {
          const { name, deletionTimestamp } = attachment.metadata;
          if (deletionTimestamp !== undefined || !statusOf(attachment).attached) continue;
          const isSameMachine = scene.cluster.nodes.some(({ id }) => id === nodeId);
          if (byHand.attachmentOf(volumeId, nodeId) || !isSameMachine) continue;
          scene.broken(`${by.name} unpublishes ${volumeId} from ${nodeId}, where ${name} is attached and wanted`);
        }
      },
    };
  },
};
