import type { SimProcess } from '../../replica/sim-process.ts';
import type { Property } from '../checker.ts';

/** More than this many times within a second nobody has a reason to ask the same. */
const timesMax = 25;
const windowMs = 1_000;
/** A secret, an event and a node belong to many attachments at once; all nodes together are asked for by one. */
const ofOneObject = /\/(?:volumeattachments|persistentvolumes|leases)\b|\/csinodes(?:\?|$)/;

/** No process sends the same request, or the same call for one volume and node, over and over without a pause. */
export const noStorms: Property = {
  name: 'no-storms',
  make(scene) {
    /** By process and what is sent: the times of the last `timesMax` sends, as a ring. */
    const rings = new Map<string, { timesMs: number[]; at: number }>();

    function sends(by: SimProcess, what: string): void {
      const key = `${by.name} ${what}`;
      const ring = rings.get(key) ?? { timesMs: [], at: 0 };
      rings.set(key, ring);
      const firstMs = ring.timesMs[ring.at];
      if (firstMs !== undefined && scene.nowMs - firstMs < windowMs) {
        scene.broken(`${by.name} sends ${what} ${timesMax + 1} times within ${Math.round(scene.nowMs - firstMs)} ms`);
      }
      ring.timesMs[ring.at] = scene.nowMs;
      ring.at = (ring.at + 1) % timesMax;
    }

    return {
      requestSent(by, { method, path }) {
        if (ofOneObject.test(path)) sends(by, `${method} ${path.replace(/\?.*/, '')}`);
      },
      driver({ phase, method, volumeId, nodeId, by }) {
        if (phase === 'start' && nodeId !== '') sends(by, `${method} for ${volumeId} on ${nodeId}`);
      },
    };
  },
};
