import type { ObjectMeta } from '../api/objects.ts';
import type { ListPage } from '../codec/list.ts';
import { apiVersionOf, groupPath, type Resource, resourcePath } from '../codec/resources.ts';
import { asArray, asObject } from '../codec/values.ts';
import { parseJson, readObject, readPage } from './answers.ts';
import { ApiVersions } from './api-versions.ts';
import { isNotFound, isRefusedByAuthorizer, isUnknownResource, KubeError, type RequestInfo } from './errors.ts';
import { KnownResources } from './known-objects.ts';
import { type KubeRequest, Requester, type RequesterOptions } from './requester.ts';
import type { HttpResponse } from './transport.ts';
import { type WatchEvents, WatchStream } from './watch/stream.ts';

export type KubeClientOptions = RequesterOptions;

export interface GetOptions {
  /** For namespaced kinds. */
  namespace?: string | undefined;
  /** Calls the request off: it then rejects with a KubeError of reason `aborted`. */
  signal?: AbortSignal | undefined;
}

export interface PatchOptions extends GetOptions {
  subresource?: 'status' | undefined;
  /** Asked when the request goes onto the wire, before each try: false, and it is cancelled (see GetOptions.signal). */
  wanted?: (() => boolean) | undefined;
}

export interface ListOptions extends GetOptions {
  /** Objects on a page at most. */
  limit: number;
  /** From the page before; it carries the version, so the two below must be absent with it. */
  continueToken?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: 'NotOlderThan' | undefined;
}

export interface WatchOptions extends GetOptions {
  /** Events after this version. */
  resourceVersion: string;
  /** After how many seconds the server ends the watch by itself. */
  timeoutSeconds: number;
  /** As `metadata.name=x`: watch only that. */
  fieldSelector?: string | undefined;
}

/** Typed requests to one API server over one transport. Every method rejects with KubeError only. */
export class KubeClient {
  readonly #requester: Requester;
  readonly #onRefused: KubeClientOptions['onRefused'];
  readonly #versions: ApiVersions;
  readonly #known = new KnownResources();

  constructor(options: KubeClientOptions) {
    this.#onRefused = options.onRefused;
    this.#requester = new Requester(options);
    this.#versions = new ApiVersions({
      logger: options.logger,
      isServed: (version, signal) => this.#isServed(version, signal),
    });
  }

  get<T extends ObjectMeta>(resource: Resource<T>, name: string, options: GetOptions = {}): Promise<T> {
    const { signal } = options;
    return this.#versions.request(resource, async (version) => {
      const info = requestInfo('get', version, { ...options, name });
      return this.#object(version, { info, method: 'GET', path: resourcePath(version, info), signal });
    });
  }

  /** The same; undefined if there is none. */
  async find<T extends ObjectMeta>(
    resource: Resource<T>,
    name: string,
    options: GetOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get(resource, name, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The server has gone back to an earlier moment: a version that was seen before may be another one now. */
  forgetKnownObjects(): void {
    this.#known.forget();
  }

  /** A JSON merge patch (RFC 7386). The answer is the object as it is now, or as it was last if the patch took its last finalizer. */
  patch<T extends ObjectMeta>(
    resource: Resource<T>,
    name: string,
    patch: object,
    options: PatchOptions = {},
  ): Promise<T> {
    const { signal, wanted } = options;
    return this.#versions.request(resource, async (version) => {
      const info = requestInfo('patch', version, { ...options, name });
      const path = resourcePath(version, info);
      const contentType = 'application/merge-patch+json';
      return this.#object(version, { info, method: 'PATCH', path, body: encode(patch), contentType, signal, wanted });
    });
  }

  /** `body` goes without apiVersion and kind, which are those of the version that the server serves. */
  create<T extends ObjectMeta>(resource: Resource<T>, body: object, options: GetOptions = {}): Promise<T> {
    return this.#versions.request(resource, async (version) => {
      const info = requestInfo('create', version, options);
      return this.#write(version, { info, method: 'POST', signal: options.signal }, body);
    });
  }

  /** Replaces the object; `body`, as for `create`, must carry the resourceVersion that it replaces. */
  update<T extends ObjectMeta>(
    resource: Resource<T>,
    name: string,
    body: object,
    options: GetOptions = {},
  ): Promise<T> {
    return this.#versions.request(resource, async (version) => {
      const info = requestInfo('update', version, { ...options, name });
      return this.#write(version, { info, method: 'PUT', signal: options.signal }, body);
    });
  }

  /** One page of a list. The first looks for the newest version that the server serves; the others keep to that. */
  list<T extends ObjectMeta>(resource: Resource<T>, options: ListOptions): Promise<ListPage<T>> {
    const { signal, continueToken } = options;
    const query = new URLSearchParams({ limit: String(options.limit) });
    if (continueToken !== undefined) query.set('continue', continueToken);
    if (options.resourceVersion !== undefined) query.set('resourceVersion', options.resourceVersion);
    if (options.resourceVersionMatch !== undefined) query.set('resourceVersionMatch', options.resourceVersionMatch);
    const page = async (version: Resource<T>): Promise<ListPage<T>> => {
      const info = requestInfo('list', version, options);
      const path = `${resourcePath(version, info)}?${query}`;
      const response = await this.#send(version, { info, method: 'GET', path, signal });
      return this.#read(response, info, () => readPage(response, version));
    };
    if (continueToken !== undefined) return page(this.#versions.current(resource));
    return this.#versions.request(resource, page, { anew: true, signal });
  }

  /**
   * Watches a collection until the server ends the stream (then it resolves), or refuses, or breaks off, or sends an
   * ERROR event (then it rejects). With bookmarks, if the server has them. Has no deadline: that is what `signal` is
   * for. Goes to the version that was listed: another may be another collection, with events of its own.
   */
  async watch<T extends ObjectMeta>(newest: Resource<T>, options: WatchOptions, events: WatchEvents<T>): Promise<void> {
    const resource = this.#versions.current(newest);
    const info = requestInfo('watch', resource, options);
    const query = new URLSearchParams({
      watch: '1',
      resourceVersion: options.resourceVersion,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(options.timeoutSeconds),
    });
    if (options.fieldSelector !== undefined) query.set('fieldSelector', options.fieldSelector);
    const path = `${resourcePath(resource, info)}?${query}`;
    const own = new AbortController();
    const abort = (): void => own.abort();
    if (options.signal?.aborted) abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    const stream = new WatchStream({ resource: this.#known.of(resource), info, events, abort });
    try {
      await this.#requester.stream(
        { ...this.#request(resource), info, method: 'GET', path, signal: own.signal },
        stream,
      );
    } catch (error) {
      if (stream.failure === undefined) throw error;
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
    stream.finish();
    if (stream.failure !== undefined) throw this.#watchFailure(stream, info);
  }

  #watchFailure<T extends ObjectMeta>(stream: WatchStream<T>, info: RequestInfo): unknown {
    const { failure } = stream;
    if (failure instanceof KubeError && isRefusedByAuthorizer(failure)) this.#onRefused?.(failure);
    if (failure instanceof KubeError && failure.code === 406)
      this.#requester.fallBackToJson('the server refused protobuf');
    return this.#requester.undecodable(failure, stream, info);
  }

  /** Whether discovery shows the resource in that version. */
  async #isServed(version: Resource<ObjectMeta>, signal: AbortSignal | undefined): Promise<boolean> {
    const info = requestInfo('get', version, {});
    try {
      const request = { info, method: 'GET', path: groupPath(version), jsonOnly: true, signal } as const;
      const { resources } = asObject(parseJson((await this.#requester.send(request)).body));
      return asArray(resources).some((each) => asObject(each).name === version.plural);
    } catch (error) {
      return !isUnknownResource(error);
    }
  }

  #write<T extends ObjectMeta>(
    resource: Resource<T>,
    request: Pick<KubeRequest, 'info' | 'method' | 'signal'>,
    given: object,
  ): Promise<T> {
    const path = resourcePath(resource, request.info);
    const body = encode({ ...given, apiVersion: apiVersionOf(resource), kind: resource.kind });
    return this.#object(resource, { ...request, path, body, contentType: 'application/json' });
  }

  async #object<T extends ObjectMeta>(resource: Resource<T>, request: KubeRequest): Promise<T> {
    const response = await this.#send(resource, request);
    return this.#read(response, request.info, () => readObject(response, this.#known.of(resource)));
  }

  #send<T extends ObjectMeta>(resource: Resource<T>, request: KubeRequest): Promise<HttpResponse> {
    return this.#requester.send({ ...request, ...this.#request(resource) });
  }

  #request<T extends ObjectMeta>(resource: Resource<T>): { jsonOnly: boolean } {
    return { jsonOnly: resource.decodeProto === undefined };
  }

  #read<R>(response: HttpResponse, info: RequestInfo, decode: () => R): R {
    try {
      return decode();
    } catch (error) {
      throw this.#requester.undecodable(error, response, info);
    }
  }
}

function requestInfo(
  verb: RequestInfo['verb'],
  resource: Resource<ObjectMeta>,
  options: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined },
): RequestInfo {
  const { namespace, name, subresource } = options;
  return { verb, group: resource.group, resource: resource.plural, subresource, namespace, name };
}

function encode(body: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(body));
}
