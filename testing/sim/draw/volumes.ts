import type { Chance } from '../chance.ts';
import type { SimVolume } from '../cluster/cluster.ts';

/** Volumes of all sorts. What the first ones are does not depend on how many there are. */
export function drawVolumes(chance: Chance, count: number): SimVolume[] {
  return Array.from({ length: count }, (_, index) => {
    const own = chance.fork(String(index));
    return {
      ...{ index, pv: `pv-${index}`, handle: `vol-${index}` },
      shared: own.hits(0.15),
      block: own.hits(0.2),
      withSecret: own.hits(0.4),
      guarded: own.hits(0.25),
    };
  });
}
