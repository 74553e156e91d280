import type { Logger } from '../../base/log/logger.ts';
import type { ObjectMeta } from '../api/objects.ts';
import { apiVersionOf, type Resource } from '../codec/resources.ts';
import { isForbidden, isUnknownResource, KubeError } from './errors.ts';

export interface ApiVersionsOptions {
  logger: Logger;
  /** Whether discovery shows that very version; true if discovery does not tell. Never rejects. */
  isServed(version: Resource<ObjectMeta>, signal: AbortSignal | undefined): Promise<boolean>;
}

/**
 * Which version of each resource one server serves. Nobody asks before there is need: requests go to the newest, and
 * only an answer that says that the server does not know it leads to the older ones. What was found is kept until the
 * server does not know that either (it was upgraded).
 */
export class ApiVersions {
  readonly #logger: Logger;
  readonly #isServed: ApiVersionsOptions['isServed'];
  /** The older version in use, by resource; absent while it is the newest. */
  readonly #older = new Map<Resource<ObjectMeta>, Resource<ObjectMeta>>();

  constructor(options: ApiVersionsOptions) {
    this.#logger = options.logger.named('kube/client/api-versions');
    this.#isServed = options.isServed;
  }

  /** The version that is used now. */
  current<T extends ObjectMeta>(resource: Resource<T>): Resource<T> {
    // What was put in under a resource is one of its own versions, which have its type.
    return (this.#older.get(resource) as Resource<T> | undefined) ?? resource;
  }

  /**
   * Sends a request to the version that is used now (with `anew`, to the newest) and, if the server does not serve
   * it, to the others. Rejects as `send` does; if none is served, with a 404 that names them all.
   */
  request<T extends ObjectMeta, R>(
    resource: Resource<T>,
    send: (version: Resource<T>) => Promise<R>,
    options: { anew?: boolean; signal?: AbortSignal | undefined } = {},
  ): Promise<R> {
    // Nearly all requests go this way, and cost no more for it.
    return resource.older === undefined ? send(resource) : this.#search(resource, resource.older, send, options);
  }

  async #search<T extends ObjectMeta, R>(
    resource: Resource<T>,
    older: readonly Resource<T>[],
    send: (version: Resource<T>) => Promise<R>,
    options: { anew?: boolean; signal?: AbortSignal | undefined },
  ): Promise<R> {
    const first = options.anew ? resource : this.current(resource);
    const versions = [first, ...[resource, ...older].filter((version) => version !== first)];
    for (const version of versions) {
      try {
        const answer = await send(version);
        this.#use(resource, version);
        return answer;
      } catch (error) {
        if (await this.#mayBeServed(versions, version, error, options.signal)) throw error;
      }
    }
    this.#older.delete(resource);
    throw noneServed(versions);
  }

  /** Whether the failure leaves it possible that the server has this version. */
  async #mayBeServed(
    versions: readonly Resource<ObjectMeta>[],
    version: Resource<ObjectMeta>,
    error: unknown,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (isUnknownResource(error)) return false;
    // Permissions are checked before anybody looks whether there is such a resource, so that a role that was written for
    // this server's version is refused the newer one that it does not have. Permissions are by group, not by version.
    const inOneGroup = versions.every((each) => each.group === version.group);
    if (!isForbidden(error) || inOneGroup) return true;
    return this.#isServed(version, signal);
  }

  #use<T extends ObjectMeta>(resource: Resource<T>, version: Resource<T>): void {
    const before = this.current(resource);
    if (version === before) return;
    if (version === resource) this.#older.delete(resource);
    else this.#older.set(resource, version);
    this.#logger.info('The API server serves another version of a resource', {
      resource: resource.plural,
      using: nameOf(version),
      insteadOf: nameOf(before),
    });
  }
}

function nameOf(version: Resource<ObjectMeta>): string {
  return `${apiVersionOf(version)} ${version.plural}`;
}

function noneServed(versions: readonly Resource<ObjectMeta>[]): KubeError {
  const message = `the API server serves none of ${versions.map(nameOf).join(', ')}`;
  return new KubeError(message, { code: 404, reason: 'NotFound', sent: false });
}
