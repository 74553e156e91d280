import type { Property } from '../checker.ts';
import { Leadership } from '../leadership.ts';

/** A lease that has not expired changes hands only if its holder gives it back. By true time, whatever the clocks say. */
export const oneHolder: Property = {
  name: 'one-holder',
  make(scene) {
    const leadership = new Leadership(scene);
    return {
      stored(write) {
        const wrong = leadership.take(write);
        // A clock that runs slow makes its owner late, one that runs fast early, by no more than this.
        const toleranceMs = 2 * scene.options.clock.drift * 60_000;
        const leftMs = Number(/has (-?\d+) ms left/.exec(wrong ?? '')?.[1] ?? 0);
        if (wrong !== undefined && leftMs > toleranceMs) scene.broken(wrong);
      },
    };
  },
};
