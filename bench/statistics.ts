/** The value that `percent` of the values do not exceed (nearest rank); undefined for no values. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  if (!(percent > 0 && percent <= 100)) throw new RangeError(`percent must be above 0 and at most 100, not ${percent}`);
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1];
}

/** Events for each second; undefined where no time has passed. */
export function perSecond(count: number, durationMs: number): number | undefined {
  return durationMs > 0 ? (count * 1_000) / durationMs : undefined;
}

/** `value` with `digits` digits behind the point, as a number again: for JSON that people read. */
export function rounded(value: number | undefined, digits: number): number | undefined {
  return value === undefined ? undefined : Number(value.toFixed(digits));
}
