import { randomUUID } from 'node:crypto';
import type { Random } from '../base/random.ts';

/** The machine's randomness: good enough for jitter, and UUIDs that nobody can guess. */
export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
};
