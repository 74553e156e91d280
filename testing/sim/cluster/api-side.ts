import type { HttpRequest } from '../../../src/kube/client/transport.ts';
import type { CoreAnswer } from '../../apiserver/answers.ts';
import type { ApiServer } from '../../apiserver/core.ts';
import type { Chance } from '../chance.ts';
import type { SimProcess } from '../replica/sim-process.ts';
import type { VirtualTime } from '../virtual-time.ts';
import type { ApiFaults, RequestFate, WatchFate } from './api-faults.ts';

/** One request as it was served. */
export interface Served {
  /** Who sent it: an attacher's process, or the name of somebody in the world. */
  readonly by: SimProcess | string;
  readonly method: string;
  readonly path: string;
  /** 0 for a watch. */
  readonly status: number;
  /** Something was changed by it. */
  readonly wrote: boolean;
}

export interface ApiSideOptions {
  server: ApiServer;
  time: VirtualTime;
  chance: Chance;
  faults: ApiFaults;
  /** How many servers there are, each with caches of its own. */
  frontends: number;
  /** How much goes wrong now: 0 for nothing. */
  intensity: () => number;
  /** To be told of each request as an attacher sends it. */
  sent: (by: SimProcess, request: HttpRequest) => void;
  /** To be told of each request that was served. */
  served: (served: Served) => void;
}

/** The API server as everybody meets it: who writes now, and how far the watch caches lie behind. */
export class ApiSide {
  readonly server: ApiServer;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly sent: (by: SimProcess, request: HttpRequest) => void;
  readonly #options: ApiSideOptions;
  /** By frontend: how far its caches lie behind, in milliseconds. */
  readonly #lagsMs: number[];
  /** Each revision with the time of its write, for what a cache that lags still shows. */
  readonly #revisions: { atMs: number; revision: number }[] = [];
  #writer: SimProcess | string = 'world';

  constructor(options: ApiSideOptions) {
    this.#options = options;
    this.server = options.server;
    this.time = options.time;
    this.chance = options.chance;
    this.sent = options.sent;
    this.#lagsMs = new Array<number>(options.frontends).fill(0);
  }

  /** Whose request is being served. */
  get writer(): SimProcess | string {
    return this.#writer;
  }

  chooseFrontend(): number {
    return this.chance.whole(0, this.#lagsMs.length - 1);
  }

  lagMs(frontend: number): number {
    return this.#lagsMs[frontend] ?? 0;
  }

  setLag(frontend: number, lagMs: number): void {
    if (frontend < this.#lagsMs.length) this.#lagsMs[frontend] = lagMs;
  }

  /** To be told of each write, in order. */
  wrote(revision: number): void {
    this.#revisions.push({ atMs: this.time.nowMs, revision });
  }

  fate(request: HttpRequest, by: SimProcess): RequestFate {
    return this.#options.faults.request(request.method !== 'GET', this.#intensity(by));
  }

  watchFate(by: SimProcess): WatchFate {
    return this.#options.faults.watch(this.#intensity(by));
  }

  /** Serves a request of an attacher that is connected to `frontend`. */
  handle(by: SimProcess, request: HttpRequest, frontend: number): CoreAnswer {
    return this.#serve(by, { ...request, path: this.#fromCache(request, frontend) });
  }

  /** Serves a request of somebody in the world. */
  act(by: string, method: HttpRequest['method'], path: string, body?: object, contentType?: string): number {
    const headers = { authorization: 'Bearer admin', 'content-type': contentType ?? 'application/json' };
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answer = this.#serve(by, { method, path, headers, body: bytes });
    return answer.kind === 'done' ? answer.status : 0;
  }

  #serve(by: SimProcess | string, request: HttpRequest): CoreAnswer {
    const before = this.#writer;
    this.#writer = by;
    const { revision } = this.server.store;
    const answer = this.server.handle(request);
    this.#writer = before;
    const status = answer.kind === 'done' ? answer.status : 0;
    const wrote = this.server.store.revision !== revision;
    this.#options.served({ by, method: request.method, path: request.path, status, wrote });
    return answer;
  }

  #intensity(by: SimProcess): number {
    return by.state === 'dead' ? 0 : this.#options.intensity();
  }

  /** A list that may be answered from a cache is answered from one that lies behind. */
  #fromCache({ path }: HttpRequest, frontend: number): string {
    const lagMs = this.lagMs(frontend);
    const asked = /[?&]resourceVersion=(\d+)&resourceVersionMatch=NotOlderThan/.exec(path)?.[1];
    if (lagMs === 0 || asked === undefined) return path;
    const shown = Math.max(Number(asked), this.#revisionAt(this.time.nowMs - lagMs));
    return path
      .replace(/resourceVersion=\d+/, `resourceVersion=${shown}`)
      .replace('resourceVersionMatch=NotOlderThan', 'resourceVersionMatch=Exact');
  }

  #revisionAt(atMs: number): number {
    let low = 0;
    let high = this.#revisions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#revisions[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    return this.#revisions[low - 1]?.revision ?? 1;
  }
}
