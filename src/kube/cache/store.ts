/** A local copy of one kind of object, kept up to date by a reflector. Readers never see half a list. */
export interface Store<T> {
  get(name: string): T | undefined;
  values(): Iterable<T>;
  readonly size: number;
  /** True once the first list was taken in whole; never false again. */
  readonly synced: boolean;
  /** resourceVersion of the last event, bookmark or list taken in; empty before the first list. */
  readonly resourceVersion: string;
  /** Calls `listener` for every later change (not for what is there already). Returns the way to end that. */
  subscribe(listener: StoreListener<T>): () => void;
  /** Resolves once `synced` is true. */
  whenSynced(): Promise<void>;
}

/** Called after the store has changed, once for each object. Must not throw. */
export interface StoreListener<T> {
  /** `old` is undefined for an object that is new here; a periodic resync hands in the same object twice. */
  upserted(object: T, old: T | undefined): void;
  /** `object` as it was last seen. An object created again under its name comes as deleted, then upserted. */
  deleted(object: T): void;
  /** A whole list was taken in, after all that it changed was told. What came and went since the last is not in it. */
  listed?(): void;
  /**
   * The server has gone back to an earlier moment, as after a restore of etcd: nothing that is remembered beside the
   * store survives it. Told before the changes that the first list from then on brings; `listed` ends those.
   */
  restored?(): void;
}
