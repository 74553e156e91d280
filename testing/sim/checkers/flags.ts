const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

/** The duration that an attacher's command line gives to a flag, in milliseconds; 0 if it gives none. */
export function millisecondsOf(flags: readonly string[], name: string): number {
  const match = flags
    .map((flag) => new RegExp(`^--${name}=(\\d+)(ms|s|m)$`).exec(flag))
    .find((found) => found !== null);
  return Number(match?.[1] ?? 0) * (unitMs[match?.[2] ?? ''] ?? 0);
}

/** The whole number that it gives; undefined if it gives none. */
export function numberOf(flags: readonly string[], name: string): number | undefined {
  const flag = flags.find((each) => each.startsWith(`--${name}=`));
  return flag === undefined ? undefined : Number(flag.slice(name.length + 3));
}
