import { truncateUtf8 } from '../base/text.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import { compareVersions } from '../kube/api/resource-version.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { isConflict, isInvalid, isNotFound, refusesField } from '../kube/client/errors.ts';
import { volumeAttachments } from '../kube/codec/resources.ts';
import { assertLeading, type Term, underLease } from './leadership.ts';
import type { AttachmentRecord } from './state/assume-cache.ts';
import { nodeIdAnnotation, volumeHandleAnnotation } from './state/names.ts';
import type { Failure } from './state/operation-error.ts';

/** The attachment that a write was decided for is not there any more, or another one has its name. */
export class AttachmentGone extends Error {
  constructor(name: string, uid: string) {
    super(`volume attachment ${name} with uid ${uid} is gone`);
    this.name = 'AttachmentGone';
  }
}

/** The attachment changed so that the decision no longer holds: it is to be decided again. */
export class AttachmentChanged extends Error {
  constructor(name: string) {
    super(`volume attachment ${name} changed meanwhile`);
    this.name = 'AttachmentChanged';
  }
}

/** What to merge into the metadata or the status of an object; undefined if nothing is to be written. */
type Change = (object: VolumeAttachment) => object | undefined;

/** How often a write is decided anew after a conflict before it counts as failed. */
const conflictTriesMax = 5;

/** `VolumeError.message` in bytes; Kubernetes before 1.36 claims to take more and then does not. */
const errorMessageBytesMax = 1024;

/**
 * The only one who writes VolumeAttachments. Every write carries UID and version of what it was decided for, so that it
 * cannot hit an object created anew under the name, lose somebody else's finalizer, or come too late. Each moves the record's `newest` on. All reject with AttachmentGone, NotLeading or KubeError.
 */
export class AttachmentWriter {
  readonly #client: KubeClient;
  readonly #term: Term;
  readonly #finalizer: string;
  /** False once a server has refused them. */
  #errorCodes: boolean;

  /** `errorCodes`: whether gRPC codes go into the status, which servers before Kubernetes 1.33 drop. */
  constructor(options: { client: KubeClient; term: Term; finalizer: string; errorCodes: boolean }) {
    this.#errorCodes = options.errorCodes;
    this.#client = options.client;
    this.#term = options.term;
    this.#finalizer = options.finalizer;
  }

  /** True if the object carries our finalizer. */
  protects(object: VolumeAttachment): boolean {
    return object.finalizers.includes(this.#finalizer);
  }

  /**
   * Makes finalizer, node id and volume handle durable; writes nothing if they are. Rejects with AttachmentChanged if
   * the object was marked for deletion meanwhile.
   */
  protect(record: AttachmentRecord, nodeId: string, volumeHandle: string): Promise<void> {
    return this.#patchMetadata(record, (object) => {
      if (object.deletionMs !== undefined) throw new AttachmentChanged(record.name);
      const annotations: Record<string, string> = {};
      if (object.annotations[nodeIdAnnotation] !== nodeId) annotations[nodeIdAnnotation] = nodeId;
      if (object.annotations[volumeHandleAnnotation] !== volumeHandle) {
        annotations[volumeHandleAnnotation] = volumeHandle;
      }
      const missing = !this.protects(object);
      if (!missing && Object.keys(annotations).length === 0) return undefined;
      return { ...(missing ? { finalizers: [...object.finalizers, this.#finalizer] } : {}), annotations };
    });
  }

  /** Takes our finalizer off. True if the object is gone with it, false if something else still keeps it. */
  async release(record: AttachmentRecord): Promise<boolean> {
    try {
      await this.#patchMetadata(record, (object) => {
        if (!this.protects(object)) return undefined;
        const finalizers = object.finalizers.filter((finalizer) => finalizer !== this.#finalizer);
        return { finalizers: finalizers.length > 0 ? finalizers : null };
      });
    } catch (error) {
      if (!(error instanceof AttachmentGone)) throw error;
      record.gone = true;
      return true;
    }
    const { finalizers, deletionMs } = record.newest;
    record.gone = deletionMs !== undefined && finalizers.length === 0;
    return record.gone;
  }

  /** Rejects with AttachmentChanged if the object was marked for deletion meanwhile. */
  markAttached(record: AttachmentRecord, context: Readonly<Record<string, string>>): Promise<void> {
    return this.#patchStatus(record, ({ attached, attachmentMetadata, attachError, deletionMs }) => {
      if (deletionMs !== undefined) throw new AttachmentChanged(record.name);
      const metadata = replacement(attachmentMetadata, context);
      if (attached && metadata === undefined && attachError === undefined) return undefined;
      return {
        attached: true,
        ...(metadata === undefined ? {} : { attachmentMetadata: metadata }),
        ...(attachError === undefined ? {} : { attachError: null }),
      };
    });
  }

  /** For an object that another finalizer keeps alive after our detach. */
  markDetached(record: AttachmentRecord): Promise<void> {
    return this.#patchStatus(record, ({ attached, attachmentMetadata, detachError }) => {
      if (!attached && detachError === undefined && Object.keys(attachmentMetadata).length === 0) return undefined;
      return { attached: false, attachmentMetadata: null, detachError: null };
    });
  }

  /**
   * `timeMs` is wall-clock time in milliseconds since the epoch. Rejects with AttachmentChanged if the object became
   * attached, or was marked for deletion, while it failed.
   */
  async recordError(
    record: AttachmentRecord,
    field: 'attachError' | 'detachError',
    failure: Failure,
    timeMs: number,
  ): Promise<void> {
    const time = new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const shown = { message: truncateUtf8(failure.message, errorMessageBytesMax), time };
    const before = record.newest;
    const write = (error: object): Promise<void> =>
      this.#patchStatus(record, ({ attached, deletionMs }) => {
        if (attached !== before.attached || deletionMs !== before.deletionMs) throw new AttachmentChanged(record.name);
        return { [field]: error };
      });
    if (failure.code === undefined || !this.#errorCodes) return write(shown);
    try {
      await write({ ...shown, errorCode: failure.code });
    } catch (error) {
      if (!refusesField(error, 'errorCode')) throw error;
      this.#errorCodes = false;
      await write(shown);
    }
  }

  #patchStatus(record: AttachmentRecord, change: Change): Promise<void> {
    // A uid alone would not do: the status subresource ignores metadata, save for the version.
    return this.#patch(record, 'status', (object) => {
      const status = change(object);
      return status === undefined ? undefined : { metadata: {}, status };
    });
  }

  #patchMetadata(record: AttachmentRecord, change: Change): Promise<void> {
    return this.#patch(record, undefined, (object) => {
      const metadata = change(object);
      return metadata === undefined ? undefined : { metadata };
    });
  }

  /**
   * `change` gives what to merge into the newest object, or undefined if all is well. Decided anew on conflict: the
   * version goes with each write, so that none that was held up on its way undoes what was decided later.
   */
  async #patch(
    record: AttachmentRecord,
    subresource: 'status' | undefined,
    change: (object: VolumeAttachment) => { metadata: object } | undefined,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      const changed = change(record.newest);
      if (changed === undefined) return;
      assertLeading(this.#term);
      const { uid, resourceVersion } = record.newest;
      const body = { ...changed, metadata: { uid, resourceVersion, ...changed.metadata } };
      const options = { subresource, ...underLease(this.#term) };
      try {
        advance(record, await this.#client.patch(volumeAttachments, record.name, body, options));
        return;
      } catch (error) {
        if (isNotFound(error)) throw new AttachmentGone(record.name, record.uid);
        const decideAgain = isConflict(error) || (isInvalid(error) && subresource === undefined);
        if (!decideAgain || tries === conflictTriesMax) throw error;
        await this.#reread(record);
        // The same version again means that the write itself is what the server will not have, now or ever.
        if (record.newest.resourceVersion === resourceVersion) throw error;
      }
    }
  }

  async #reread(record: AttachmentRecord): Promise<void> {
    const object = await this.#client.find(volumeAttachments, record.name);
    if (object?.uid !== record.uid) throw new AttachmentGone(record.name, record.uid);
    record.newest = object;
  }
}

/** Takes in what our own write returned, unless the watch brought a later version while it was under way. */
function advance(record: AttachmentRecord, written: VolumeAttachment): void {
  record.base = written;
  if (!(compareVersions(written.resourceVersion, record.newest.resourceVersion) < 0)) record.newest = written;
}

/** What to merge into a map so that it becomes `wanted`; undefined if it is that already. */
function replacement(
  present: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): Record<string, string | null> | undefined {
  const merge: Record<string, string | null> = {};
  for (const key of Object.keys(present)) if (!(key in wanted)) merge[key] = null;
  for (const [key, value] of Object.entries(wanted)) if (present[key] !== value) merge[key] = value;
  return Object.keys(merge).length === 0 ? undefined : merge;
}
