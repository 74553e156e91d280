import type { Property } from '../checker.ts';

/** Beside what belongs to each attachment: reflectors, watchdogs, lease, reconcile. */
const timersMax = 60;
const exchangesMax = 10;

/** A process that has come to rest has few timers and requests, and one that has ended in order has none. */
export const bounded: Property = {
  name: 'bounded',
  make(scene) {
    return {
      settled() {
        const attachments = [...scene.cluster.attachments()].length;
        for (const { load, process } of scene.replicas) {
          if (process === undefined) continue;
          const { timers, exchanges, calls } = load;
          if (timers > timersMax + 4 * attachments) scene.broken(`${process.name} has ${timers} timers at rest`);
          if (exchanges > exchangesMax) scene.broken(`${process.name} has ${exchanges} requests under way at rest`);
          if (calls > 1) scene.broken(`${process.name} has ${calls} calls under way at rest`);
        }
      },
      ended(by, why, { timers, exchanges, calls }) {
        if (why.kind !== 'stopped' || timers + exchanges + calls === 0) return;
        const left = `${timers} timers, ${exchanges} requests and ${calls} calls`;
        scene.broken(`${by.name} has ended and leaves ${left}`);
      },
    };
  },
};
