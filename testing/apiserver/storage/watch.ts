/** One watch: what was missed first, then what happens, with bookmarks, until its time is over or its reader is lost. */
import type { Clock, Timer } from '../../../src/base/clock.ts';
import { canonical } from '../codec/canonical.ts';
import type { Format } from '../codec/negotiate.ts';
import type { ApiError } from '../errors.ts';
import type { JsonObject } from '../object.ts';
import type { Resource } from '../registry.ts';
import { type Look, shapedObject } from '../representation.ts';
import { encode, encodeFrame, encodeVersion, viewOf } from './encodings.ts';
import type { Selector } from './selectors.ts';
import type { Collection, EventType, Store, StoreEvent, Version } from './store.ts';

/** The way to one reader. */
export interface WatchSink {
  /** Returns false once the reader is behind; `resume()` of the watch says when it has caught up. */
  write(frame: Uint8Array): boolean;
  /** No more frames will come. */
  end(): void;
}

export interface WatchOptions {
  readonly resource: Resource;
  readonly format: Format;
  readonly look: Look;
  /** Empty for all. */
  readonly namespace: string;
  readonly selector: Selector;
  readonly timeoutMs: number;
  readonly bookmarks: boolean;
  /** The first thing to send. */
  readonly start: WatchStart;
  /** A reader this many events behind is cut off. */
  readonly maxBehind: number;
}

export type WatchStart =
  | { readonly kind: 'error'; readonly error: ApiError }
  /** All objects that are there now as ADDED, then, if `marked`, a bookmark that says that these were all. */
  | { readonly kind: 'state'; readonly marked: boolean }
  /** What happened after `revision`. */
  | { readonly kind: 'events'; readonly revision: number; readonly events: readonly StoreEvent[] };

const bookmarkEveryMs = 60_000;
/** A last bookmark comes this long before the end. */
const lastBookmarkMs = 2_000;

/**
 * Frames of the event that is being handed round: made by the first watch that needs one, used by all that want the
 * same bytes.
 */
export class SharedFrames {
  #event: StoreEvent | undefined;
  readonly #frames = new Map<string, Uint8Array>();

  get(event: StoreEvent, type: EventType, format: Format, resource: Resource, version: Version): Uint8Array {
    if (this.#event !== event) {
      this.#event = event;
      this.#frames.clear();
    }
    const key = `${type} ${format} ${resource.apiVersion}`;
    let frame = this.#frames.get(key);
    if (frame === undefined) {
      frame = encodeFrame(format, type, encodeVersion(format, resource, version));
      this.#frames.set(key, frame);
    }
    return frame;
  }
}

export class Watch {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #options: WatchOptions;
  readonly #sink: WatchSink;
  readonly #shared: SharedFrames;
  readonly #collection: Collection;
  readonly #onStop: () => void;
  /** What was there or happened before the watch began, not sent yet. */
  #backlog: Iterator<Uint8Array> | undefined;
  /** What happened since, not sent yet. */
  readonly #queue: Uint8Array[] = [];
  #ready = true;
  #ended = false;
  /** A Table shows its columns only in the first event. */
  #isFirst = true;
  #startRevision = 0;
  #unsubscribe: () => void = () => {};
  #timeout: Timer | undefined;
  #bookmark: Timer | undefined;

  constructor(
    context: { store: Store; collection: Collection; clock: Clock; shared: SharedFrames },
    options: WatchOptions,
    sink: WatchSink,
    onStop: () => void,
  ) {
    this.#store = context.store;
    this.#clock = context.clock;
    this.#shared = context.shared;
    this.#options = options;
    this.#sink = sink;
    this.#collection = context.collection;
    this.#onStop = onStop;
  }

  /** The reader can take more. */
  resume(): void {
    this.#ready = true;
    this.#pump();
  }

  /** The reader has gone, or is to be sent away: nothing more is written. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unsubscribe();
    this.#timeout?.cancel();
    this.#bookmark?.cancel();
    this.#queue.length = 0;
    this.#backlog = undefined;
    this.#onStop();
  }

  /** Ends the stream cleanly. */
  end(): void {
    if (this.#ended) return;
    this.stop();
    this.#sink.end();
  }

  start(): void {
    const collection = this.#collection;
    const { start, timeoutMs } = this.#options;
    if (start.kind === 'error') {
      this.#sink.write(this.#objectFrame('ERROR', start.error.status()));
      this.end();
      return;
    }
    if (start.kind === 'events') this.#startRevision = start.revision;
    else this.#startRevision = this.#store.revision;
    const versions = start.kind === 'state' ? [...collection.values()] : [];
    this.#backlog = start.kind === 'state' ? this.#stateFrames(versions, start.marked) : this.#pastFrames(start.events);
    this.#unsubscribe = collection.subscribe((event) => this.#happened(event));
    this.#timeout = this.#clock.schedule(timeoutMs, () => this.end());
    if (this.#options.bookmarks) this.#scheduleBookmark(timeoutMs);
    this.#pump();
  }

  *#stateFrames(versions: readonly Version[], marked: boolean): Generator<Uint8Array> {
    const revision = this.#store.revision;
    for (const version of versions) {
      if (this.#matches(version)) yield this.#versionFrame('ADDED', version);
    }
    if (marked) yield this.#bookmarkFrame(revision, { 'k8s.io/initial-events-end': 'true' });
  }

  *#pastFrames(events: readonly StoreEvent[]): Generator<Uint8Array> {
    for (const event of events) {
      const seen = this.#seenAs(event);
      if (seen !== undefined) yield this.#versionFrame(seen, event.version);
    }
  }

  #happened(event: StoreEvent): void {
    if (event.revision <= this.#startRevision) return;
    const type = this.#seenAs(event);
    if (type === undefined) return;
    const { format, look, resource } = this.#options;
    const isShared = look.shape === 'object';
    this.#send(
      isShared
        ? this.#shared.get(event, type, format, resource, event.version)
        : this.#versionFrame(type, event.version),
    );
  }

  #send(frame: Uint8Array): void {
    if (this.#ready && this.#backlog === undefined && this.#queue.length === 0) {
      this.#ready = this.#sink.write(frame);
      return;
    }
    this.#queue.push(frame);
    if (this.#queue.length > this.#options.maxBehind) this.end();
  }

  #pump(): void {
    while (this.#ready && this.#backlog !== undefined) {
      const next = this.#backlog.next();
      if (next.done) this.#backlog = undefined;
      else this.#ready = this.#sink.write(next.value);
    }
    let sent = 0;
    while (this.#ready && sent < this.#queue.length) {
      const frame = this.#queue[sent++];
      if (frame !== undefined) this.#ready = this.#sink.write(frame);
    }
    if (sent > 0) this.#queue.splice(0, sent);
  }

  #matches(version: Version): boolean {
    const { namespace, selector, resource } = this.#options;
    if (namespace !== '' && version.object.metadata.namespace !== namespace) return false;
    return selector.matches === undefined || selector.matches(viewOf(resource, version));
  }

  /** What an event is to this watch: an object that begins to match was added, one that no longer does was deleted. */
  #seenAs(event: StoreEvent): EventType | undefined {
    const { namespace, selector } = this.#options;
    if (namespace === '' && selector.matches === undefined) return event.type;
    const before = event.previous !== undefined && this.#matches(event.previous);
    const after = event.type !== 'DELETED' && this.#matches(event.version);
    if (after) return before ? 'MODIFIED' : 'ADDED';
    return before ? 'DELETED' : undefined;
  }

  #versionFrame(type: EventType, version: Version): Uint8Array {
    const { format, look, resource } = this.#options;
    if (look.shape === 'object') return encodeFrame(format, type, encodeVersion(format, resource, version));
    return this.#objectFrame(type, viewOf(resource, version));
  }

  #objectFrame(type: string, object: JsonObject): Uint8Array {
    const { format, look, resource } = this.#options;
    const isPlain = type === 'ERROR' || look.shape === 'object';
    const shown = isPlain ? object : shapedObject(look, resource, object, this.#clock.now(), this.#isFirst);
    this.#isFirst = false;
    return encodeFrame(format, type, encode(format, shown));
  }

  #bookmarkFrame(revision: number, annotations?: Record<string, string>): Uint8Array {
    const { resource } = this.#options;
    const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
    const { object } = canonical(resource.schema, { metadata });
    return this.#objectFrame('BOOKMARK', { kind: resource.kind, apiVersion: resource.apiVersion, ...object });
  }

  #scheduleBookmark(remainingMs: number): void {
    const beforeEnd = remainingMs - lastBookmarkMs;
    const delayMs = beforeEnd > 0 ? Math.min(beforeEnd, bookmarkEveryMs) : bookmarkEveryMs;
    this.#bookmark = this.#clock.schedule(delayMs, () => {
      // A watch from a version that the server does not have (its data has gone back) is told nothing before it has.
      if (this.#store.revision >= this.#startRevision) this.#send(this.#bookmarkFrame(this.#store.revision));
      if (!this.#ended) this.#scheduleBookmark(remainingMs - delayMs);
    });
  }
}
