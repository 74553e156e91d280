import { readObject, readPage } from './answers.ts';
import type { ListPage } from './decode-list.ts';
import { KubeError, type RequestInfo } from './errors.ts';
import type { ObjectMeta } from './objects.ts';
import { type Patch, patchContentType } from './patches.ts';
import { type KubeRequest, Requester, type RequesterOptions } from './requester.ts';
import { type Resource, resourcePath } from './resources.ts';
import type { HttpResponse } from './transport.ts';
import { type WatchEvents, WatchStream } from './watch-stream.ts';

export type KubeClientOptions = RequesterOptions;

export interface GetOptions {
  /** For namespaced kinds. */
  namespace?: string | undefined;
  /** Calls the request off: it then rejects with a KubeError of reason `aborted`. */
  signal?: AbortSignal | undefined;
}

export interface PatchOptions extends GetOptions {
  subresource?: 'status' | undefined;
}

export interface ListOptions extends GetOptions {
  /** Objects on a page at most. */
  limit: number;
  /** From the page before; it carries the version, so the two below must be absent with it. */
  continueToken?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: 'NotOlderThan' | 'Exact' | undefined;
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

  constructor(options: KubeClientOptions) {
    this.#requester = new Requester(options);
  }

  async get<T extends ObjectMeta>(resource: Resource<T>, name: string, options: GetOptions = {}): Promise<T> {
    const info = requestInfo('get', resource, { ...options, name });
    return this.#object(resource, { info, method: 'GET', path: resourcePath(resource, info), signal: options.signal });
  }

  /** The answer is the object as it is now, or as it was last if the patch took its last finalizer. */
  async patch<T extends ObjectMeta>(
    resource: Resource<T>,
    name: string,
    patch: Patch,
    options: PatchOptions = {},
  ): Promise<T> {
    const info = requestInfo('patch', resource, { ...options, name });
    return this.#object(resource, {
      info,
      method: 'PATCH',
      path: resourcePath(resource, info),
      body: encode(patch.body),
      contentType: patchContentType[patch.type],
      signal: options.signal,
    });
  }

  async create<T extends ObjectMeta>(resource: Resource<T>, body: object, options: GetOptions = {}): Promise<T> {
    const info = requestInfo('create', resource, options);
    const path = resourcePath(resource, info);
    const { signal } = options;
    const contentType = 'application/json';
    return this.#object(resource, { info, method: 'POST', path, body: encode(body), contentType, signal });
  }

  /** Replaces the object; `body` must carry the resourceVersion that it replaces. */
  async update<T extends ObjectMeta>(
    resource: Resource<T>,
    name: string,
    body: object,
    options: GetOptions = {},
  ): Promise<T> {
    const info = requestInfo('update', resource, { ...options, name });
    const path = resourcePath(resource, info);
    const { signal } = options;
    const contentType = 'application/json';
    return this.#object(resource, { info, method: 'PUT', path, body: encode(body), contentType, signal });
  }

  /** One page of a list. */
  async list<T extends ObjectMeta>(resource: Resource<T>, options: ListOptions): Promise<ListPage<T>> {
    const info = requestInfo('list', resource, options);
    const query = new URLSearchParams({ limit: String(options.limit) });
    if (options.continueToken !== undefined) query.set('continue', options.continueToken);
    if (options.resourceVersion !== undefined) query.set('resourceVersion', options.resourceVersion);
    if (options.resourceVersionMatch !== undefined) query.set('resourceVersionMatch', options.resourceVersionMatch);
    const path = `${resourcePath(resource, info)}?${query}`;
    const { signal } = options;
    const response = await this.#send(resource, { info, method: 'GET', path, signal });
    return this.#read(response, info, () => readPage(response, resource));
  }

  /**
   * Watches a collection until the server ends the stream (then it resolves), or refuses, or breaks off, or sends an
   * ERROR event (then it rejects). With bookmarks. Has no deadline: that is what `signal` is for.
   */
  async watch<T extends ObjectMeta>(
    resource: Resource<T>,
    options: WatchOptions,
    events: WatchEvents<T>,
  ): Promise<void> {
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
    const stream = new WatchStream({ resource, info, events, abort });
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
    if (failure instanceof KubeError && failure.code === 406)
      this.#requester.fallBackToJson('the server refused protobuf');
    return this.#requester.undecodable(failure, stream, info);
  }

  async #object<T extends ObjectMeta>(resource: Resource<T>, request: KubeRequest): Promise<T> {
    const response = await this.#send(resource, request);
    return this.#read(response, request.info, () => readObject(response, resource));
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
