import type { Property } from '../checker.ts';

/** A process never waits for two calls for one volume and node. */
export const oneAtATime: Property = {
  name: 'one-at-a-time',
  make(scene) {
    /** By process, volume and node: calls that it waits for. */
    const awaited = new Map<string, number>();
    return {
      driver({ phase, call, volumeId, nodeId, by, calledOff }) {
        if (nodeId === '' || calledOff) return;
        const key = `${by.name} ${volumeId} ${nodeId}`;
        const running = awaited.get(key);
        if (phase === 'start') {
          if (running !== undefined) scene.broken(`${by.name} calls twice at once for ${volumeId} on ${nodeId}`);
          awaited.set(key, call);
        } else if ((phase === 'end' || phase === 'given up') && running === call) awaited.delete(key);
      },
    };
  },
};
