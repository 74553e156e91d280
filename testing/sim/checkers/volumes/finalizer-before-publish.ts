import { ourFinalizer } from '../../cluster/cluster.ts';
import type { Property } from '../checker.ts';
import { attachmentsAt, ByHand } from '../facts.ts';

/**
 * When a publish reaches the driver, the attachment carries our finalizer and the id of that node, and its
 * PersistentVolume carries our finalizer. Not promised for objects from which somebody took the finalizer by hand, or
 * which somebody took away with it: the attacher may hear of that later.
 */
export const finalizerBeforePublish: Property = {
  name: 'finalizer-before-publish',
  make(scene) {
    const byHand = new ByHand();
    return {
      stored: (write) => byHand.take(write),
      driver({ method, phase, volumeId, nodeId, by }) {
        if (method !== 'ControllerPublishVolume' || phase !== 'start') return;
        const pair = `${volumeId} on ${nodeId}`;
        const [attachment] = attachmentsAt(scene, volumeId, nodeId);
        if (attachment === undefined) {
          if (!byHand.attachmentOf(volumeId, nodeId))
            scene.broken(`${by.name} publishes ${pair}: no attachment says so`);
          return;
        }
        const { name, finalizers = [] } = attachment.metadata;
        if (!finalizers.includes(ourFinalizer) && !byHand.attachmentOf(volumeId, nodeId)) {
          scene.broken(`${by.name} publishes ${pair}: ${name} does not carry our finalizer`);
        }
        const volume = scene.cluster.volumeOf(volumeId);
        const pv = volume && scene.cluster.get('persistentvolumes', volume.pv);
        if (volume === undefined || byHand.volume(volume.pv)) return;
        if (pv?.metadata.finalizers?.includes(ourFinalizer) !== true) {
          scene.broken(`${by.name} publishes ${pair}: ${volume.pv} does not carry our finalizer`);
        }
      },
    };
  },
};
