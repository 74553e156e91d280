/** Names by a key that many of them share. A key without names takes no room. */
export class NameIndex {
  readonly #names = new Map<string, Set<string>>();

  of(key: string): Iterable<string> {
    return this.#names.get(key) ?? [];
  }

  add(key: string | undefined, name: string): void {
    if (key === undefined) return;
    const names = this.#names.get(key);
    if (names === undefined) this.#names.set(key, new Set([name]));
    else names.add(name);
  }

  remove(key: string | undefined, name: string): void {
    if (key === undefined) return;
    const names = this.#names.get(key);
    names?.delete(name);
    if (names?.size === 0) this.#names.delete(key);
  }

  clear(): void {
    this.#names.clear();
  }
}
