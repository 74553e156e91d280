import { attachMutants } from './attach.ts';
import { decisionMutants } from './decisions.ts';
import { detachMutants } from './detach.ts';
import { driverMutants } from './driver.ts';
import { leaseMutants } from './lease.ts';
import type { Mutant } from './mutant.ts';
import { queueMutants } from './queue.ts';
import { volumeMutants } from './volumes.ts';
import { watchMutants } from './watches.ts';
import { writeMutants } from './writes.ts';

/** Every mistake that the simulator has to find. */
export const mutants: readonly Mutant[] = [
  ...attachMutants,
  ...detachMutants,
  ...writeMutants,
  ...decisionMutants,
  ...volumeMutants,
  ...leaseMutants,
  ...watchMutants,
  ...queueMutants,
  ...driverMutants,
];

/** Throws if there is none of that name. */
export function mutantNamed(name: string): Mutant {
  const found = mutants.find((mutant) => mutant.name === name);
  if (found === undefined) throw new Error(`there is no mutant "${name}"`);
  return found;
}
