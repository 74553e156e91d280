import { type Clock, sleep } from '../../base/clock.ts';
import type { Logger } from '../../base/log/logger.ts';
import type { ObjectMeta } from '../../kube/api/objects.ts';
import { compareVersions } from '../../kube/api/resource-version.ts';
import type { Store } from '../../kube/cache/store.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import type { ListPage } from '../../kube/codec/list.ts';
import type { Resource } from '../../kube/codec/resources.ts';

/**
 * Reads one kind of object from the store, but asks the server as long as the store may not have caught up with what
 * the last leader wrote. A new leader that acted on an older cache could publish a volume whose attachment has gone, or
 * unpublish one that was attached anew.
 */
export class ConsistentReader<T extends ObjectMeta> {
  readonly #client: KubeClient;
  readonly #resource: Resource<T>;
  readonly #store: Store<T>;
  /** Version of the server's data when the term began; undefined once the store has been seen at or past it. */
  #barrier: string | undefined;

  /** `barrier` is what `currentVersion` gave when the term began. */
  constructor(options: { client: KubeClient; resource: Resource<T>; store: Store<T>; barrier: string }) {
    this.#client = options.client;
    this.#resource = options.resource;
    this.#store = options.store;
    this.#barrier = options.barrier;
  }

  get store(): Store<T> {
    return this.#store;
  }

  /** True if the store is known to hold all that was written before the term began. */
  get fresh(): boolean {
    // Versions that cannot be compared give NaN and keep the reader asking: slower, never wrong.
    if (this.#barrier !== undefined && this.covers(this.#barrier)) this.#barrier = undefined;
    return this.#barrier === undefined;
  }

  /** True if the store has come as far as `resourceVersion`. */
  covers(resourceVersion: string): boolean {
    return compareVersions(this.#store.resourceVersion, resourceVersion) >= 0;
  }

  /**
   * Compares the store with the whole collection as the server has it now: what is the same is as fresh as it can be.
   * For a server whose watch does not tell how far it is (none before Kubernetes 1.16 does). Rejects with KubeError.
   */
  async confirm(keep: (object: T) => boolean): Promise<void> {
    let kept = 0;
    let continueToken: string | undefined;
    do {
      const page = await this.#client.list(this.#resource, { limit: pageSize, continueToken });
      for (const object of page.items) {
        if (!keep(object)) continue;
        if (!isSame(object, this.#store.get(object.name))) return;
        kept++;
      }
      continueToken = page.continueToken || undefined;
    } while (continueToken !== undefined);
    if (kept === this.#store.size) this.#barrier = undefined;
  }

  /** The object, or undefined if there is none. Rejects with KubeError if the server had to be asked and failed. */
  read(name: string): T | undefined | Promise<T | undefined> {
    return this.fresh ? this.#store.get(name) : this.ask(name);
  }

  /** The same, from the server in any case. */
  ask(name: string): Promise<T | undefined> {
    return this.#client.find(this.#resource, name);
  }
}

/** Between two tries to learn the server's version, in milliseconds. */
const retryMs = 1000;

/** As many as a reflector reads at once. */
const pageSize = 500;

/**
 * How far `store` must have come to hold all that is written by now: the version that the server's collection has, or
 * where the store is already if it has the same objects (a version moves with every write to any object). Asks until it
 * is told; an empty text once `signal` has aborted.
 */
export async function currentVersion<T extends ObjectMeta>(options: {
  client: KubeClient;
  resource: Resource<T>;
  store: Store<T>;
  keep: (object: T) => boolean;
  clock: Clock;
  logger: Logger;
  signal: AbortSignal;
}): Promise<string> {
  const { client, resource, store, clock, signal } = options;
  const logger = options.logger.named('attacher/state/consistent-read');
  for (;;) {
    if (signal.aborted) return '';
    try {
      const page = await client.list(resource, { limit: pageSize, signal });
      const { resourceVersion } = page;
      const isAsFar = compareVersions(resourceVersion, store.resourceVersion) >= 0;
      return isAsFar && hasTheSame(store, page, options.keep) ? store.resourceVersion : resourceVersion;
    } catch (error) {
      if (signal.aborted) return '';
      logger.error(error, 'Could not learn how far the API server is', { resource: resource.plural });
    }
    await sleep(clock, retryMs, signal);
  }
}

function hasTheSame<T extends ObjectMeta>(store: Store<T>, page: ListPage<T>, keep: (object: T) => boolean): boolean {
  if (page.continueToken !== '') return false;
  const kept = page.items.filter(keep);
  return kept.length === store.size && kept.every((object) => isSame(object, store.get(object.name)));
}

function isSame(object: ObjectMeta, known: ObjectMeta | undefined): boolean {
  return known?.uid === object.uid && known.resourceVersion === object.resourceVersion;
}
