import type { Property } from '../checker.ts';
import { decidedWithinMs } from '../facts.ts';

/** A volume that is marked for deletion is not published any more. Checked where nothing keeps an attacher from knowing. */
export const deletingVolumeRefused: Property = {
  name: 'deleting-volume-refused',
  make(scene) {
    const withinMs = decidedWithinMs(scene);
    if (withinMs === undefined) return {};
    /** By UID of the PersistentVolume. */
    const marked = new Map<string, number>();
    return {
      stored({ plural, event }) {
        if (plural !== 'persistentvolumes') return;
        const { uid, deletionTimestamp } = event.version.object.metadata;
        if (deletionTimestamp !== undefined && !marked.has(uid)) marked.set(uid, scene.nowMs);
      },
      driver({ method, phase, volumeId, nodeId, by }) {
        if (method !== 'ControllerPublishVolume' || phase !== 'start') return;
        const volume = scene.cluster.volumes.find(({ handle }) => handle === volumeId);
        const pv = volume && scene.cluster.get('persistentvolumes', volume.pv);
        const markedMs = marked.get(pv?.metadata.uid ?? '');
        if (markedMs === undefined || scene.nowMs - markedMs < withinMs) return;
        const agoMs = Math.round(scene.nowMs - markedMs);
        scene.broken(`${by.name} publishes ${volumeId} to ${nodeId}, ${agoMs} ms after its volume was to go`);
      },
    };
  },
};
