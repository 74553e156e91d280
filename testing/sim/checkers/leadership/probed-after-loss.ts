import type { SimProcess } from '../../replica/sim-process.ts';
import type { Property } from '../checker.ts';
import { millisecondsOf } from '../flags.ts';

/**
 * Whoever has lost the connection to the driver probes it before it gives it new work: it may be another version, or
 * another driver. What was begun before may come to its end. Checked where processes do not stand still.
 */
export const probedAfterLoss: Property = {
  name: 'probed-after-loss',
  make(scene) {
    if (scene.options.focus === 'everything') return {};
    const drainMs = millisecondsOf(scene.options.flags, 'timeout') + 1_000;
    let lostMs: number | undefined;
    const probed = new Set<SimProcess>();
    return {
      driverLost() {
        lostMs = scene.nowMs;
        probed.clear();
      },
      callSent(by, method) {
        if (lostMs === undefined || probed.has(by)) return;
        if (method.endsWith('/Probe')) probed.add(by);
        else if (/\/Controller(Publish|Unpublish)Volume$/.test(method) && scene.nowMs > lostMs + drainMs) {
          const agoMs = Math.round(scene.nowMs - lostMs);
          scene.broken(`${by.name} calls ${method}, and has not probed the driver that it lost ${agoMs} ms ago`);
        }
      },
    };
  },
};
