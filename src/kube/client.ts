import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { Credentials } from './credentials.ts';
import type { ObjectMeta } from './objects.ts';
import type { Patch } from './patches.ts';
import type { Resource } from './resources.ts';
import type { HttpTransport } from './transport.ts';

export interface KubeClientOptions {
  transport: HttpTransport;
  clock: Clock;
  random: Random;
  logger: Logger;
  credentials?: Credentials | undefined;
  metrics?: Metrics | undefined;
}

export interface GetOptions {
  namespace?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface PatchOptions extends GetOptions {
  subresource?: 'status' | undefined;
}

/** Typed requests to one API server over one transport. Every method rejects with KubeError only. */
export class KubeClient {
  readonly #options: KubeClientOptions;

  constructor(options: KubeClientOptions) {
    this.#options = options;
  }

  get<T extends ObjectMeta>(resource: Resource<T>, name: string, options?: GetOptions): Promise<T> {
    return this.#todo(resource, name, options);
  }

  patch<T extends ObjectMeta>(resource: Resource<T>, name: string, patch: Patch, options?: PatchOptions): Promise<T> {
    return this.#todo(resource, name, patch, options);
  }

  create<T extends ObjectMeta>(resource: Resource<T>, body: object, options?: GetOptions): Promise<T> {
    return this.#todo(resource, body, options);
  }

  update<T extends ObjectMeta>(resource: Resource<T>, name: string, body: object, options?: GetOptions): Promise<T> {
    return this.#todo(resource, name, body, options);
  }

  #todo(...args: unknown[]): Promise<never> {
    return Promise.reject(new Error(`not written yet: ${args.length} ${this.#options.logger.enabled(0)}`));
  }
}
