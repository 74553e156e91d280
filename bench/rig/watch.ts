import { setTimeout as delay } from 'node:timers/promises';
import { type Api, ApiError, type KubeObject } from './api.ts';

export interface WatchOptions {
  api: Api;
  /** The collection. */
  path: string;
  /** Called for every object that is there at first, and then for every change. */
  onChange(object: KubeObject, deleted: boolean): void;
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubeObject & { code?: number; message?: string };
}

/** Follows a collection until it is stopped, through ends of the watch and lost history. */
export class Watch {
  readonly #options: WatchOptions;
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, KubeObject>();
  #version: string | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Resolves when everything that is there at first has been handed over. */
  static async start(options: WatchOptions): Promise<Watch> {
    const watch = new Watch(options);
    await watch.#list();
    watch.#running = watch.#run();
    return watch;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list();
        await this.#follow();
      } catch {
        // Gone history (410), or a server that restarts: the next list says whether it is back.
        this.#version = undefined;
        await delay(200, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** What has vanished since it was last seen is handed over as deleted. */
  async #list(): Promise<void> {
    const { api, path } = this.#options;
    const list = (await api.get(path)) as { metadata: { resourceVersion: string }; items: KubeObject[] };
    const names = new Set(list.items.map(({ metadata }) => metadata.name));
    for (const gone of [...this.#known.values()].filter(({ metadata }) => !names.has(metadata.name))) {
      this.#apply(gone, true);
    }
    for (const object of list.items) this.#apply(object, false);
    this.#version = list.metadata.resourceVersion;
  }

  /** Returns when the server ends the watch, which it may do at any time; then it goes on from the last version seen. */
  async #follow(): Promise<void> {
    const { api, path } = this.#options;
    const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${this.#version ?? ''}`;
    let rest = '';
    const text = new TextDecoder();
    let failed: ApiError | undefined;
    await api.transport.stream(
      { method: 'GET', path: `${path}?${query}`, headers: await api.headers(), signal: this.#stopping.signal },
      {
        onResponse: (status) => {
          if (status !== 200) failed = new ApiError(`watch ${path}`, status, '');
        },
        onData: (chunk) => {
          if (failed !== undefined) return;
          const lines = (rest + text.decode(chunk, { stream: true })).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) failed ??= this.#event(JSON.parse(line));
        },
      },
    );
    if (failed !== undefined) throw failed;
  }

  #event({ type, object }: WatchEvent): ApiError | undefined {
    if (type === 'ERROR') return new ApiError(`watch ${this.#options.path}`, object.code ?? 0, object.message ?? '');
    this.#version = object.metadata.resourceVersion;
    if (type !== 'BOOKMARK') this.#apply(object, type === 'DELETED');
    return undefined;
  }

  #apply(object: KubeObject, deleted: boolean): void {
    if (deleted) this.#known.delete(object.metadata.name);
    else this.#known.set(object.metadata.name, object);
    this.#options.onChange(object, deleted);
  }
}
