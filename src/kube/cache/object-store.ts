import type { ObjectMeta } from '../api/objects.ts';
import { compareVersions } from '../api/resource-version.ts';
import type { Store, StoreListener } from './store.ts';

/**
 * The writing side of a store; only its reflector has it. Every change is made first and told afterwards, so that a
 * listener always finds the store as its event says. An object never goes back to an older version of itself.
 */
export class ObjectStore<T extends ObjectMeta> implements Store<T> {
  #objects = new Map<string, T>();
  #resourceVersion = '';
  #synced = false;
  readonly #listeners = new Set<StoreListener<T>>();
  readonly #whenSynced: Promise<void>;
  #resolveSynced: () => void = () => {};

  constructor() {
    this.#whenSynced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  get size(): number {
    return this.#objects.size;
  }

  get synced(): boolean {
    return this.#synced;
  }

  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  subscribe(listener: StoreListener<T>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  whenSynced(): Promise<void> {
    return this.#whenSynced;
  }

  /** Takes in one object that was added or modified. */
  upsert(object: T): void {
    if (this.#isPast(object.resourceVersion)) return;
    const old = this.#objects.get(object.name);
    this.advance(object.resourceVersion);
    if (old !== undefined && isSameOrOlder(object, old)) return;
    this.#objects.set(object.name, object);
    this.#tellUpserted(object, old);
  }

  /** Takes out the object called `name`; `last` is its last state if the server sent it. */
  remove(name: string, last: T | undefined, resourceVersion: string): void {
    const old = this.#objects.get(name);
    const isEnd = last !== undefined && last.uid === old?.uid;
    if (!isEnd && this.#isPast(resourceVersion)) return;
    this.advance(resourceVersion);
    if (old === undefined) return;
    this.#objects.delete(name);
    const object = isEnd ? last : old;
    for (const listener of this.#listeners) listener.deleted(object);
  }

  /** Everything up to this version is in the store. Ignored if the store is further. */
  advance(resourceVersion: string): void {
    if (resourceVersion === '' || compareVersions(resourceVersion, this.#resourceVersion) < 0) return;
    this.#resourceVersion = resourceVersion;
  }

  /** The stored object if it is `object` in the same version: whoever has to keep one of the two keeps that. */
  known(object: T): T {
    const old = this.#objects.get(object.name);
    return old !== undefined && isSame(object, old) ? old : object;
  }

  /** The store has a newer version of one of them: a list that is newer itself then shows that the server has gone back. */
  hasNewer(list: readonly T[]): boolean {
    return list.some((object) => {
      const old = this.#objects.get(object.name);
      return old?.uid === object.uid && compareVersions(object.resourceVersion, old.resourceVersion) < 0;
    });
  }

  /**
   * The store is there already: a watch that begins earlier than it was asked to tells once more what has passed, and an
   * object of that name may be another one since.
   */
  #isPast(resourceVersion: string): boolean {
    return compareVersions(resourceVersion, this.#resourceVersion) <= 0;
  }

  /**
   * Swaps in a whole list. Tells what is new, changed, or (deleted while nobody watched) no longer there. `restored`: the
   * server has gone back to an earlier moment, so that a version which is known may be another one now.
   */
  replace(list: readonly T[], resourceVersion: string, { restored = false } = {}): void {
    const before = this.#objects;
    const after = new Map<string, T>();
    for (const object of list) after.set(object.name, restored ? object : this.known(object));
    if (restored) for (const listener of this.#listeners) listener.restored?.();
    this.#objects = after;
    this.#resourceVersion = resourceVersion;
    const first = !this.#synced;
    this.#synced = true;
    for (const old of before.values()) {
      if (!after.has(old.name)) for (const listener of this.#listeners) listener.deleted(old);
    }
    for (const object of after.values()) {
      const old = before.get(object.name);
      if (old !== object) this.#tellUpserted(object, old);
    }
    for (const listener of this.#listeners) listener.listed?.();
    if (first) this.#resolveSynced();
  }

  /** Tells every object again, as if it had changed. */
  resync(): void {
    for (const object of [...this.#objects.values()]) {
      for (const listener of this.#listeners) listener.upserted(object, object);
    }
  }

  #tellUpserted(object: T, old: T | undefined): void {
    const recreated = old !== undefined && old.uid !== object.uid;
    for (const listener of this.#listeners) {
      if (recreated) listener.deleted(old);
      listener.upserted(object, recreated ? undefined : old);
    }
  }
}

function isSame(a: ObjectMeta, b: ObjectMeta): boolean {
  return a.uid === b.uid && a.resourceVersion === b.resourceVersion;
}

function isSameOrOlder(object: ObjectMeta, than: ObjectMeta): boolean {
  return object.uid === than.uid && compareVersions(object.resourceVersion, than.resourceVersion) <= 0;
}
