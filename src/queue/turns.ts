/**
 * Keys in line, where groups (nodes) take turns: of the groups that have keys waiting, each gives one key before any
 * gives a second. Within a group the order is first in, first out. Every operation takes constant time, save that
 * `take` passes over groups that may not have their turn now.
 */
export class Turns {
  // In the order in which the groups have their next turn. No set is ever empty.
  readonly #groups = new Map<string, Set<string>>();
  // Exactly the keys that stand in #groups, with their group.
  readonly #groupOf = new Map<string, string>();

  get size(): number {
    return this.#groupOf.size;
  }

  has(key: string): boolean {
    return this.#groupOf.has(key);
  }

  /** Puts the key at the end of its group's line. A key that already stands in line keeps its place. */
  push(key: string, group: string): void {
    if (this.#groupOf.has(key)) return;
    this.#groupOf.set(key, group);
    const keys = this.#groups.get(group);
    if (keys === undefined) this.#groups.set(group, new Set([key]));
    else keys.add(key);
  }

  /** Takes the next key of the next group that `mayTake`, or undefined if no group may. */
  take(mayTake: (group: string) => boolean): { key: string; group: string } | undefined {
    for (const [group, keys] of this.#groups) {
      if (!mayTake(group)) continue;
      const [key] = keys;
      if (key === undefined) continue;
      keys.delete(key);
      this.#groupOf.delete(key);
      // Setting it anew moves the group behind the others.
      this.#groups.delete(group);
      if (keys.size > 0) this.#groups.set(group, keys);
      return { key, group };
    }
    return undefined;
  }

  delete(key: string): void {
    const group = this.#groupOf.get(key);
    if (group === undefined) return;
    this.#groupOf.delete(key);
    const keys = this.#groups.get(group);
    keys?.delete(key);
    if (keys?.size === 0) this.#groups.delete(group);
  }
}
