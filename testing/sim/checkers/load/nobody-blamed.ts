import type { Property } from '../checker.ts';

/** Who undoes what an attacher has done. */
const undoing = new Set<string>(['strip attachment', 'meddle', 'restore etcd']);

/** Nobody is said to undo an attacher's work unless somebody does: an attacher that forgets what it did would say so. */
export const nobodyBlamed: Property = {
  name: 'nobody-blamed',
  make(scene) {
    if (scene.options.script.some(({ kind }) => undoing.has(kind))) return {};
    return {
      logged(by, line) {
        if (line.includes('is to be done again')) scene.broken(`${by.name} blames somebody: ${line}`);
      },
    };
  },
};
