const decimal = /^[0-9]{1,30}$/;

/**
 * Compares two resourceVersions: negative if `a` is older, 0 if they are the same, positive if `a` is newer, and NaN
 * (which is neither less nor more) if only their inequality is known. The API calls them opaque, but every server that
 * keeps its objects in etcd counts; what is no decimal integer is compared for equality alone.
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  if (!decimal.test(a) || !decimal.test(b)) return Number.NaN;
  // Up to 15 digits a number is exact.
  if (a.length < 16 && b.length < 16) return Number(a) - Number(b);
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
