/** Randomness, as everything under src/ sees it. Production hands in the machine's, the simulator a seeded one. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next(): number;
  /** A UUID, version 4. */
  uuid(): string;
}

/** `value`, lengthened by up to `factor` of itself: jitter(random, 1000, 0.2) is in [1000, 1200). */
export function jitter(random: Random, value: number, factor: number): number {
  return value * (1 + random.next() * factor);
}
