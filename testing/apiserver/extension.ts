/** What a server can do besides the core: the core asks for it here, and does without where nobody has brought it. */
import type { JsonObject, KubeObject } from './object.ts';
import type { Resource } from './registry.ts';

export interface TableOptions {
  /** What ages are counted to, in milliseconds since 1970. */
  readonly nowMs: number;
  /** The query's includeObject; Metadata if it says nothing. */
  readonly includeObject?: 'None' | 'Metadata' | 'Object' | undefined;
  /** False for all but the first event of a watch. */
  readonly headers?: boolean | undefined;
}

export interface Document {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Each server has an extension of its own: it may remember what was applied to the server's objects. */
export interface Extension {
  /** Answers a GET; undefined if there is no such document. Throws ApiError. */
  document(path: string, accept: string): Document | undefined;
  /** The Table of a list's items or of one object; `metadata` is that of the list, or the object's resourceVersion. */
  table(
    resource: Pick<Resource, 'group' | 'plural'>,
    objects: Iterable<JsonObject>,
    metadata: JsonObject,
    options: TableOptions,
  ): JsonObject;
  readonly apply: ServerSideApply;
}

export interface ServerSideApply {
  /**
   * What `current` becomes when `manager` applies `config`; changes neither.
   * Throws ApiError (409) if another manager has applied another value, unless `force`.
   */
  merged(resource: Resource, current: KubeObject, applying: Applying): JsonObject;
  /** The result has been stored under this uid. */
  stored(uid: string, applying: Applying): void;
  /** The object is gone. */
  forget(uid: string): void;
}

export interface Applying {
  readonly manager: string;
  readonly config: JsonObject;
  readonly force: boolean;
}
