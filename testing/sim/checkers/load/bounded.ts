import type { Property } from '../checker.ts';

/** Beside what belongs to each attachment: reflectors, watchdogs, lease, reconcile. */
const timersMax = 60;
const exchangesMax = 10;

/** A process comes to rest with few timers and requests, and one that has ended in order has none. */
export const bounded: Property = {
  name: 'bounded',
  make(scene) {
    return {
      pending() {
        const attachments = [...scene.cluster.attachments()].length;
        for (const { load, process } of scene.replicas) {
          if (process === undefined) continue;
          const { timers, exchanges, calls } = load;
          if (timers > timersMax + 4 * attachments) return `${process.name} has ${timers} timers`;
          if (exchanges > exchangesMax) return `${process.name} has ${exchanges} requests under way`;
          if (calls > 1) return `${process.name} has ${calls} calls under way`;
        }
        return undefined;
      },
      ended(by, why, { timers, exchanges, calls }) {
        if (why.kind !== 'stopped' || timers + exchanges + calls === 0) return;
        const left = `${timers} timers (${by.timerPlaces}), ${exchanges} requests and ${calls} calls`;
        scene.broken(`${by.name} has ended and leaves ${left}`);
      },
    };
  },
};
