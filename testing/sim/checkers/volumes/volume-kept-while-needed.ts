import { ourFinalizer } from '../../cluster/cluster.ts';
import type { Property } from '../checker.ts';
import { isProtected } from '../facts.ts';

/** Our finalizer leaves a PersistentVolume only when no attachment that carries ours names it. */
export const volumeKeptWhileNeeded: Property = {
  name: 'volume-kept-while-needed',
  make(scene) {
    return {
      stored({ plural, event, by }) {
        if (plural !== 'persistentvolumes' || typeof by === 'string' || !isProtected(event.previous?.object)) return;
        const { object } = event.version;
        const { name, deletionTimestamp, finalizers = [] } = object.metadata;
        if (event.type !== 'DELETED' && finalizers.includes(ourFinalizer)) return;
        if (deletionTimestamp === undefined) return scene.broken(`${by.name} lets go of ${name}, which is to stay`);
        for (const attachment of scene.cluster.attachmentsOf(name)) {
          if (!isProtected(attachment)) continue;
          scene.broken(`${by.name} lets go of ${name}, which ${attachment.metadata.name} still needs`);
        }
      },
    };
  },
};
