import type { ObjectMeta } from '../../api/objects.ts';
import type { Resource } from '../../codec/resources.ts';
import { readWatchEvent, type WatchSink, watchEventFromJson } from '../../codec/watch-event.ts';
import { errorFromStatus, isProtobuf, parseJson, protoDecoder, readError } from '../answers.ts';
import type { RequestInfo } from '../errors.ts';
import type { HttpHeaders, StreamSink } from '../transport.ts';
import { ByteBuffer, FrameSplitter, LineSplitter, type WatchSplitter } from './splitter.ts';

/** What a watch tells whoever started it; an ERROR event comes as the watch's own error instead. */
export type WatchEvents<T> = Omit<WatchSink<T>, 'failed'> & {
  /** The server has accepted the watch. */
  opened?(): void;
};

/** Bodies of refusals are cut here. */
const maxErrorBody = 64 * 1024;

/**
 * Reads the answer to one watch. Never throws into the transport: the first thing that goes wrong becomes `failure`,
 * `abort` is called, and everything after it is ignored.
 */
export class WatchStream<T extends ObjectMeta> implements StreamSink {
  /** Why the watch cannot go on: an ERROR event, a refusal, or bytes that make no sense. */
  failure: unknown;
  headers: HttpHeaders = {};
  readonly #resource: Resource<T>;
  readonly #info: RequestInfo;
  readonly #events: WatchEvents<T>;
  readonly #abort: () => void;
  readonly #onMessage: (message: Buffer) => void;
  readonly #refusal = new ByteBuffer();
  #status = 0;
  #splitter: WatchSplitter = new LineSplitter();
  #decode: ((message: Buffer) => void) | undefined;

  constructor(options: { resource: Resource<T>; info: RequestInfo; events: WatchEvents<T>; abort: () => void }) {
    this.#resource = options.resource;
    this.#info = options.info;
    this.#events = options.events;
    this.#abort = options.abort;
    this.#onMessage = (message) => {
      if (this.failure === undefined) this.#decode?.(message);
    };
  }

  onResponse(status: number, headers: HttpHeaders): void {
    this.#status = status;
    this.headers = headers;
    if (status !== 200) return;
    this.#guard(() => {
      const sink = this.#sink();
      if (isProtobuf(headers)) {
        const decode = protoDecoder(this.#resource);
        this.#splitter = new FrameSplitter();
        this.#decode = (message) => readWatchEvent(message, decode, sink);
      } else {
        this.#decode = (message) => watchEventFromJson(parseJson(message), this.#resource, sink);
      }
      this.#events.opened?.();
    });
  }

  onData(chunk: Uint8Array): void {
    if (this.failure !== undefined) return;
    if (this.#status === 200) this.#guard(() => this.#splitter.push(chunk, this.#onMessage));
    else if (this.#refusal.length + chunk.length <= maxErrorBody) this.#refusal.append(chunk, 0, chunk.length);
  }

  /** Call when the stream has ended: a refusal is only known in whole then. */
  finish(): void {
    if (this.#status === 200 || this.#status === 0) return;
    const response = { status: this.#status, headers: this.headers, body: this.#refusal.view() };
    this.failure ??= readError(response, this.#info);
  }

  #sink(): WatchSink<T> {
    const events = this.#events;
    return {
      changed: (object) => events.changed(object),
      deleted: (object) => events.deleted(object),
      bookmark: (version) => events.bookmark(version),
      failed: (status) => this.#fail(errorFromStatus(status, this.#info)),
    };
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.failure ??= error;
    this.#abort();
  }
}
