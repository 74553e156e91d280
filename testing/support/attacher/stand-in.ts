/** Stand-ins for the parts beside the one that is tested: each has what the test gives, and nothing else. */
export function standIn<T extends object>(parts: Partial<T>): T {
  return new Proxy(parts, {
    get(target, key) {
      if (key in target) return Reflect.get(target, key);
      throw new Error(`nobody expected ${String(key)} to be asked for`);
    },
  }) as T;
}
