/**
 * The objects and their history: one counter of versions for all of them, and for each kind a bounded log of what
 * happened, from which watches are served and earlier states are put together again.
 */
import type { KubeObject } from '../object.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One state of one object. Encodings are filled in on demand and shared by all that send it. */
export interface Version {
  readonly key: string;
  /** In the stored version of its kind. Never changed. */
  readonly object: KubeObject;
  readonly revision: number;
  readonly encodings: Map<string, Uint8Array>;
}

export interface StoreEvent {
  readonly type: EventType;
  readonly revision: number;
  /** The state after the event; of a deletion, the last state with the deletion's revision. */
  readonly version: Version;
  readonly previous: Version | undefined;
}

/** All objects of one moment, as a backup of etcd has them. */
export interface Backup {
  readonly revision: number;
  /** By `storedAs`. */
  readonly collections: ReadonlyMap<string, readonly Version[]>;
}

/** `namespace/name`, or just the name of a cluster-scoped object. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

export class Store {
  /** Revision of the last write to any collection. */
  revision = 1;
  readonly #collections = new Map<string, Collection>();
  readonly #historyLimit: number;
  readonly #onRestore: (() => void)[] = [];

  constructor(options: { historyLimit: number }) {
    this.#historyLimit = options.historyLimit;
  }

  /** The collection of a kind, by its `storedAs`; made on first use. */
  collection(storedAs: string): Collection {
    let found = this.#collections.get(storedAs);
    if (found === undefined) {
      found = new Collection(this, this.#historyLimit);
      this.#collections.set(storedAs, found);
    }
    return found;
  }

  collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  backup(): Backup {
    const collections = [...this.#collections].map(([kind, found]) => [kind, [...found.values()]] as const);
    return { revision: this.revision, collections: new Map(collections) };
  }

  /** Goes back to the moment of a backup, revisions and all. Nobody is told: watches must have ended before. */
  restore(backup: Backup): void {
    this.revision = backup.revision;
    for (const [kind, collection] of this.#collections) collection.restore(backup.collections.get(kind) ?? []);
    for (const listener of this.#onRestore) listener();
  }

  /** Calls `listener` after each restore. */
  onRestore(listener: () => void): void {
    this.#onRestore.push(listener);
  }

  /** Lists at versions before now are answered 410, as after a compaction of etcd. Watches go on. */
  compact(): void {
    for (const collection of this.#collections.values()) collection.forgetSnapshots();
  }

  /** Watches from versions before now are answered 410, as by a server that has just started. */
  forgetHistory(): void {
    for (const collection of this.#collections.values()) collection.forgetHistory();
  }
}

export class Collection {
  /** Watches from an earlier revision than this have missed something. */
  watchFloor: number;
  /** Lists at an earlier revision than this cannot be put together any more. */
  listFloor: number;
  readonly #store: Store;
  readonly #versions = new Map<string, Version>();
  /** All keys, in order. */
  readonly #keys: string[] = [];
  /** By revision; those before #logStart have been forgotten. */
  #log: StoreEvent[] = [];
  #logStart = 0;
  readonly #historyLimit: number;
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  /** The last earlier state that was put together: the next page will want the same. */
  #snapshot: { revision: number; versions: readonly Version[] } | undefined;

  constructor(store: Store, historyLimit: number) {
    this.#store = store;
    this.#historyLimit = historyLimit;
    this.watchFloor = 0;
    this.listFloor = 0;
  }

  get size(): number {
    return this.#versions.size;
  }

  get(key: string): Version | undefined {
    return this.#versions.get(key);
  }

  /** In the order of their keys. */
  *values(): IterableIterator<Version> {
    for (const key of this.#keys) {
      const version = this.#versions.get(key);
      if (version !== undefined) yield version;
    }
  }

  /** Calls `listener` with each event from now on, until the returned function is called. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Adds or replaces an object. `object` gets the new resourceVersion and must not be used elsewhere. */
  put(key: string, object: KubeObject): Version {
    const previous = this.#versions.get(key);
    const version = this.#nextVersion(key, object);
    if (previous === undefined) this.#keys.splice(this.#positionOf(key), 0, key);
    this.#versions.set(key, version);
    this.#record({
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      revision: version.revision,
      version,
      previous,
    });
    return version;
  }

  /** Takes an object out. Returns its last state under the deletion's revision. */
  remove(key: string): Version | undefined {
    const previous = this.#versions.get(key);
    if (previous === undefined) return undefined;
    const last = { ...previous.object, metadata: { ...previous.object.metadata } };
    const version = this.#nextVersion(key, last);
    this.#versions.delete(key);
    this.#keys.splice(this.#positionOf(key), 1);
    this.#record({ type: 'DELETED', revision: version.revision, version, previous });
    return version;
  }

  /** What happened after `revision`, or undefined if some of it has been forgotten. */
  eventsSince(revision: number): readonly StoreEvent[] | undefined {
    if (revision < this.watchFloor) return undefined;
    return this.#log.slice(this.#logIndexAfter(revision));
  }

  /** All objects as they were at `revision`, in the order of their keys; undefined if that has been forgotten. */
  at(revision: number): Iterable<Version> | undefined {
    if (revision < this.listFloor) return undefined;
    const undo = this.#logIndexAfter(revision);
    if (undo === this.#log.length) return this.values();
    if (this.#snapshot?.revision !== revision) this.#snapshot = { revision, versions: this.#rewind(undo) };
    return this.#snapshot.versions;
  }

  /** Puts `versions` in place of all there is; what happened before is not known any more. */
  restore(versions: readonly Version[]): void {
    this.#versions.clear();
    for (const version of versions) this.#versions.set(version.key, version);
    this.#keys.splice(0, this.#keys.length, ...versions.map(({ key }) => key));
    this.forgetHistory();
  }

  forgetSnapshots(): void {
    this.listFloor = this.#store.revision;
    this.#snapshot = undefined;
  }

  forgetHistory(): void {
    this.watchFloor = this.#store.revision;
    this.forgetSnapshots();
    this.#log = [];
    this.#logStart = 0;
  }

  #rewind(undoFrom: number): Version[] {
    const versions = new Map(this.#versions);
    for (let index = this.#log.length - 1; index >= undoFrom; index--) {
      const event = this.#log[index];
      if (event === undefined) continue;
      if (event.previous === undefined) versions.delete(event.version.key);
      else versions.set(event.version.key, event.previous);
    }
    return [...versions.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #nextVersion(key: string, object: KubeObject): Version {
    const revision = ++this.#store.revision;
    object.metadata.resourceVersion = String(revision);
    return { key, object, revision, encodings: new Map() };
  }

  #record(event: StoreEvent): void {
    this.#log.push(event);
    if (this.#log.length - this.#logStart > this.#historyLimit) {
      const forgotten = this.#log[this.#logStart++];
      if (forgotten !== undefined) {
        this.watchFloor = Math.max(this.watchFloor, forgotten.revision);
        this.listFloor = Math.max(this.listFloor, forgotten.revision);
      }
      // Cut now and then instead of each time: taking off the first of a long list costs its length.
      if (this.#logStart >= this.#historyLimit) {
        this.#log = this.#log.slice(this.#logStart);
        this.#logStart = 0;
      }
    }
    for (const listener of this.#listeners) listener(event);
  }

  /** Where `key` is in #keys, or where it would have to be. */
  #positionOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #logIndexAfter(revision: number): number {
    let low = this.#logStart;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
