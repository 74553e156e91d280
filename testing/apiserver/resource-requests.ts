/** Requests for stored objects: get, list, watch, create, update, patch, delete. */
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import { type CoreAnswer, type CoreRequest, done, warningHeaders } from './answers.ts';
import { type Accepted, negotiate } from './codec/negotiate.ts';
import { ApiError, expired, methodNotAllowed, noSuchResource, notFound, tooLargeVersion } from './errors.ts';
import type { Extension } from './extension.ts';
import type { ServerFeatures } from './features.ts';
import type { JsonObject } from './object.ts';
import type { Resource } from './registry.ts';
import { lookOf, shapedList, shapedObject } from './representation.ts';
import { isTrue, type RequestInfo, type ResourcePath } from './request.ts';
import { encode, encodeList, encodeVersion, viewOf } from './storage/encodings.ts';
import {
  awaitedRevision,
  type ListOptions,
  listOptionsInvalid,
  listPage,
  parseRevision,
  readListOptions,
} from './storage/list.ts';
import { readSelector, type Selector } from './storage/selectors.ts';
import { keyOf, type Store, type Version } from './storage/store.ts';
import { SharedFrames, Watch, type WatchOptions, type WatchSink, type WatchStart } from './storage/watch.ts';
import { Deleter } from './writes/deletion.ts';
import { type Target, Writer, type Written } from './writes/writes.ts';

export interface ResourceContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly features: ServerFeatures;
  readonly extension: Extension | undefined;
  /** A reader of a watch that is this many events behind is cut off. */
  readonly watchBuffer: number;
}

/** One request, with all that was read from it. */
interface Call {
  readonly info: RequestInfo;
  readonly path: ResourcePath;
  readonly resource: Resource;
  readonly request: CoreRequest;
  readonly accepted: Accepted;
}

/** How long a list waits for a version that is not there yet. */
const freshnessTimeoutMs = 3_000;
/** A watch that does not say how long it wants to live gets this long, or up to twice as much. */
const minWatchMs = 1_800_000;

export class ResourceRequests {
  readonly writer: Writer;
  readonly #context: ResourceContext;
  readonly #deleter: Deleter;
  readonly #shared = new SharedFrames();
  readonly #watches = new Set<Watch>();

  constructor(context: ResourceContext) {
    this.#context = context;
    this.writer = new Writer(context);
    this.#deleter = new Deleter({ ...context, writer: this.writer });
  }

  /** Throws ApiError. */
  handle(resource: Resource, path: ResourcePath, info: RequestInfo, request: CoreRequest): CoreAnswer {
    checkRoute(resource, path, info);
    const protobuf = this.#context.features.protobuf && resource.isCustom !== true;
    const accepted = negotiate(request.headers.accept, { protobuf, tables: this.#context.extension !== undefined });
    const call: Call = { info, path, resource, request, accepted };
    switch (info.verb) {
      case 'get':
        return this.#get(call);
      case 'list':
        return this.#list(call);
      case 'watch':
        return this.#watch(call);
      case 'deletecollection':
        return this.#deleteCollection(call);
      default:
        return this.#write(call);
    }
  }

  /** Watches that are open. */
  get watchCount(): number {
    return this.#watches.size;
  }

  /** Ends all watches cleanly, as a server does that shuts down. */
  endWatches(): void {
    for (const watch of [...this.#watches]) watch.end();
  }

  #get(call: Call): CoreAnswer {
    const { resource, path, accepted } = call;
    const version = this.#collection(resource).get(keyOf(path.namespace, path.name));
    if (version === undefined) throw notFound(resource.byPlural, path.name);
    return this.#versionAnswer(200, call, version, accepted);
  }

  #versionAnswer(status: number, call: Call, version: Version, accepted: Accepted): CoreAnswer {
    if (accepted.shape === 'object') {
      return done(status, accepted.contentType, encodeVersion(accepted.format, call.resource, version));
    }
    return this.#objectAnswer(status, call, viewOf(call.resource, version), accepted);
  }

  #objectAnswer(status: number, call: Call, object: JsonObject, accepted: Accepted): CoreAnswer {
    const look = lookOf(object.kind === 'Status' ? 'object' : accepted.shape, call.info.query, this.#context.extension);
    const shown = shapedObject(look, call.resource, object, this.#context.clock.now());
    return done(status, accepted.contentType, encode(accepted.format, shown));
  }

  #list(call: Call): CoreAnswer {
    const options = this.#listOptions(call);
    const selector = readSelector(call.resource, call.info.query);
    const { store } = this.#context;
    if (awaitedRevision(options) <= store.revision) return this.#page(call, selector);
    const timeoutMs = durationMs(call.info.query.get('timeout'));
    if (timeoutMs !== undefined && timeoutMs < freshnessTimeoutMs) {
      return { kind: 'later', afterMs: timeoutMs, answer: () => allottedTimeout() };
    }
    return { kind: 'later', afterMs: freshnessTimeoutMs, answer: () => this.#page(call, selector) };
  }

  #listOptions(call: Call): ListOptions {
    return readListOptions(call.info.query, this.#context.features);
  }

  #page(call: Call, selector: Selector): CoreAnswer {
    const { resource, path, accepted } = call;
    const options = this.#listOptions(call);
    const { store } = this.#context;
    const awaited = awaitedRevision(options);
    if (awaited > store.revision) throw tooLargeVersion(awaited, store.revision);
    const scope = { resource, namespace: path.namespace, selector };
    const page = listPage(store, this.#collection(resource), scope, options);
    return done(200, accepted.contentType, this.#listBytes(call, page.metadata, page.versions));
  }

  #listBytes(call: Call, metadata: JsonObject, versions: readonly Version[]): Uint8Array {
    const { resource, accepted } = call;
    if (accepted.shape === 'object') return encodeList(accepted.format, resource, metadata, versions);
    const look = lookOf(accepted.shape, call.info.query, this.#context.extension);
    const objects = versions.map((version) => viewOf(resource, version));
    return encode(accepted.format, shapedList(look, resource, objects, metadata, this.#context.clock.now()));
  }

  #watch(call: Call): CoreAnswer {
    const { resource, path, info, accepted } = call;
    const { store, clock, random, features, watchBuffer } = this.#context;
    const selector = readSelector(resource, info.query);
    const start = this.#watchStart(call);
    const seconds = Number(info.query.get('timeoutSeconds') ?? '0') || 0;
    const options: WatchOptions = {
      resource,
      format: accepted.format,
      look: lookOf(accepted.shape, info.query, this.#context.extension),
      namespace: path.namespace,
      selector,
      timeoutMs: seconds > 0 ? seconds * 1000 : Math.round(minWatchMs * (1 + random.next())),
      bookmarks: features.bookmarks && isTrue(info.query.get('allowWatchBookmarks')),
      start,
      maxBehind: watchBuffer,
    };
    const context = { store, collection: this.#collection(resource), clock, shared: this.#shared };
    const open = (sink: WatchSink): Watch => {
      const watch = new Watch(context, options, sink, () => this.#watches.delete(watch));
      this.#watches.add(watch);
      watch.start();
      return watch;
    };
    return { kind: 'watch', headers: { 'content-type': accepted.watchType }, open };
  }

  #watchStart(call: Call): WatchStart {
    const { query } = call.info;
    const given = query.get('resourceVersion') ?? '';
    const revision = given === '' ? 0 : parseRevision(given, 'watch');
    const initial = query.get('sendInitialEvents');
    if (initial !== null) {
      if (!this.#context.features.watchLists) {
        throw listOptionsInvalid(
          'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
          'sendInitialEvents',
        );
      }
      if (query.get('resourceVersionMatch') !== 'NotOlderThan') {
        throw listOptionsInvalid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
      }
      if (isTrue(initial)) return { kind: 'state', marked: isTrue(query.get('allowWatchBookmarks')) };
    } else if (query.has('resourceVersionMatch')) {
      throw listOptionsInvalid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    }
    if (revision === 0) return { kind: 'state', marked: false };
    const collection = this.#collection(call.resource);
    const events = collection.eventsSince(revision);
    if (events !== undefined) return { kind: 'events', revision, events };
    const message = `too old resource version: ${revision} (${collection.watchFloor})`;
    return { kind: 'error', error: expired(message) };
  }

  #write(call: Call): CoreAnswer {
    const written = this.#written(call);
    const { accepted } = call;
    const answer =
      written.version === undefined
        ? this.#objectAnswer(written.status, call, written.object ?? {}, accepted)
        : this.#versionAnswer(written.status, call, written.version, accepted);
    return warningHeaders(answer, written.warnings);
  }

  #written({ info, path, resource, request }: Call): Written {
    const { namespace, name, subresource } = path;
    const target: Target = { resource, namespace, name, subresource, query: info.query };
    const body = { bytes: request.body, contentType: request.headers['content-type'] };
    switch (info.verb) {
      case 'create':
        return this.writer.create(target, body);
      case 'update':
        return this.writer.update(target, body);
      case 'patch':
        return this.writer.patch(target, body);
      case 'delete':
        return this.#deleter.delete(target, body);
      default:
        throw methodNotAllowed();
    }
  }

  #deleteCollection(call: Call): CoreAnswer {
    const { resource, path, info, accepted } = call;
    const { store } = this.#context;
    const scope = { resource, namespace: path.namespace, selector: readSelector(resource, info.query) };
    const page = listPage(store, this.#collection(resource), scope, this.#listOptions(call));
    const deleted = this.#deleter.deleteAll(resource, page.versions);
    return done(200, accepted.contentType, this.#listBytes(call, page.metadata, deleted));
  }

  #collection(resource: Resource): ReturnType<Store['collection']> {
    return this.#context.store.collection(resource.storedAs);
  }
}

/** Throws ApiError if the path names what is not there, or the method what it cannot do. */
function checkRoute(resource: Resource, path: ResourcePath, info: RequestInfo): void {
  if (!resource.namespaced && path.namespace !== '') throw noSuchResource();
  const isNamed = path.name !== '' && info.verb !== 'list' && info.verb !== 'watch';
  if (resource.namespaced && path.namespace === '' && isNamed) throw noSuchResource();
  if (path.subresource !== '') {
    const found = resource.subresources.find((one) => one.name === path.subresource);
    if (found === undefined) throw noSuchResource();
    if (!found.verbs.includes(info.verb)) throw methodNotAllowed();
    return;
  }
  const needsName = info.verb === 'update' || info.verb === 'patch';
  const forbidsName = info.verb === 'create';
  if (!resource.verbs.includes(info.verb) || (needsName && !isNamed) || (forbidsName && isNamed)) {
    throw methodNotAllowed();
  }
  if (resource.namespaced && path.namespace === '' && info.verb === 'create') throw methodNotAllowed();
}

/** What the outermost layer of the server says when a request's own timeout is over; it knows no content types. */
function allottedTimeout(): CoreAnswer {
  const error = new ApiError({
    code: 504,
    reason: 'Timeout',
    message: 'Timeout: request did not complete within the allotted timeout',
    details: {},
  });
  const { kind: _kind, apiVersion: _apiVersion, ...body } = error.status();
  return done(504, 'text/plain; charset=utf-8', encode('json', body));
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A Go duration of one unit, as the timeout parameter has it. */
function durationMs(text: string | null): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text ?? '');
  return match === null ? undefined : Number(match[1]) * (units[match[2] ?? ''] ?? 0);
}
