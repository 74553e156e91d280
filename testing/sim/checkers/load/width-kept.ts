import type { Property } from '../checker.ts';
import { numberOf } from '../flags.ts';

/** A process waits for no more publish calls at once, nor for more unpublish calls, than its workers are. */
export const widthKept: Property = {
  name: 'width-kept',
  make(scene) {
    const workers = numberOf(scene.options.flags, 'worker-threads') ?? Number.POSITIVE_INFINITY;
    /** By process and method. */
    const awaited = new Map<string, Set<number>>();
    return {
      driver({ method, phase, call, nodeId, by, calledOff }) {
        if (nodeId === '' || calledOff) return;
        const key = `${by.name} ${method}`;
        const calls = awaited.get(key) ?? new Set();
        awaited.set(key, calls);
        if (phase === 'end' || phase === 'given up') calls.delete(call);
        if (phase !== 'start') return;
        calls.add(call);
        // An attach on a node that was made anew unpublishes too, and an attachment may have two ids to be tried.
        const most = method === 'ControllerPublishVolume' ? workers : 2 * workers;
        if (calls.size > most) scene.broken(`${by.name} has ${calls.size} calls of ${method} at once`);
      },
    };
  },
};
