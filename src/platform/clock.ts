import { uptime } from 'node:os';
import type { Clock, Timer } from '../base/clock.ts';

/** Node rounds longer delays down to 1 ms, with a warning. */
const longestDelayMs = 2 ** 31 - 1;
/** The kernel's uptime takes a hundred times as long to read as the other clocks, so it is read this often at most. */
const uptimeEveryMs = 20;

/** The uptime as last read, and when that was by the monotonic clock. */
let uptimeRead = { atMs: Number.NEGATIVE_INFINITY, uptimeMs: 0 };

/** Linux counts a suspended machine's time in its uptime (CLOCK_BOOTTIME). */
function boot(): number {
  const atMs = performance.now();
  if (atMs - uptimeRead.atMs >= uptimeEveryMs) {
    try {
      uptimeRead = { atMs, uptimeMs: uptime() * 1000 };
    } catch {
      // No /proc, say: then it goes on from what was read last, as the monotonic clock does.
      uptimeRead = {
        atMs,
        uptimeMs: uptimeRead.uptimeMs + (Number.isFinite(uptimeRead.atMs) ? atMs - uptimeRead.atMs : atMs),
      };
    }
  }
  return uptimeRead.uptimeMs + (atMs - uptimeRead.atMs);
}

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  boot,
  schedule: (delayMs, action): Timer => {
    const timeout = setTimeout(action, Math.min(delayMs, longestDelayMs));
    return { cancel: () => clearTimeout(timeout) };
  },
};
