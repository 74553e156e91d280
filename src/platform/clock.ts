import type { Clock, Timer } from '../base/clock.ts';

/** Node rounds longer delays down to 1 ms, with a warning. */
const longestDelayMs = 2 ** 31 - 1;

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: (delayMs, action): Timer => {
    const timeout = setTimeout(action, Math.min(delayMs, longestDelayMs));
    return { cancel: () => clearTimeout(timeout) };
  },
};
