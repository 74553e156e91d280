import { truncateUtf8 } from '../base/text.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { refusesField } from '../kube/client/errors.ts';
import { volumeAttachments } from '../kube/codec/resources.ts';
import { type Change, conditionalPatch, finalizerLost, ObjectGone } from './conditional-patch.ts';
import type { Term } from './leadership.ts';
import { type AttachmentRecord, sameRecord } from './state/attachment-record.ts';
import { nodeIdAnnotation, volumeHandleAnnotation } from './state/names.ts';
import type { Failure } from './state/operation-error.ts';

/** The attachment changed so that the decision no longer holds: it is to be decided again. */
export class AttachmentChanged extends Error {
  constructor(name: string) {
    super(`volume attachment ${name} changed meanwhile`);
    this.name = 'AttachmentChanged';
  }
}

type ErrorField = 'attachError' | 'detachError';
type Decide = (object: VolumeAttachment) => Change<VolumeAttachment> | undefined;

/** `VolumeError.message` in bytes; Kubernetes before 1.36 claims to take more and then does not. */
const errorMessageBytesMax = 1024;

/**
 * The only one who writes VolumeAttachments. Every write carries UID and version of what it was decided for, is checked
 * in the server's answer, and moves the record on. All reject as `conditionalPatch` does.
 */
export class AttachmentWriter {
  readonly #client: KubeClient;
  readonly #term: Term;
  readonly #finalizer: string;
  /** False once a server has refused them; for this term, since the server may be another one by the next. */
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
    const wanted = { [nodeIdAnnotation]: nodeId, [volumeHandleAnnotation]: volumeHandle };
    return this.#patch(record, undefined, (object) => {
      if (object.deletionMs !== undefined) throw new AttachmentChanged(record.name);
      const annotations: Record<string, string> = {};
      for (const [key, value] of Object.entries(wanted))
        if (object.annotations[key] !== value) annotations[key] = value;
      const missing = !this.protects(object);
      if (!missing && Object.keys(annotations).length === 0) return undefined;
      const finalizers = missing ? { finalizers: [...object.finalizers, this.#finalizer] } : {};
      return {
        body: { metadata: { ...finalizers, annotations } },
        lost: (answer) => finalizerLost(answer.finalizers, this.#finalizer, true) ?? annotationLost(answer, wanted),
      };
    });
  }

  /** Takes our finalizer off. True if the object is gone with it, false if something else still keeps it. */
  async release(record: AttachmentRecord): Promise<boolean> {
    try {
      await this.#patch(record, undefined, (object) => {
        if (!this.protects(object)) return undefined;
        const finalizers = object.finalizers.filter((finalizer) => finalizer !== this.#finalizer);
        return {
          body: { metadata: { finalizers: finalizers.length > 0 ? finalizers : null } },
          lost: (answer) => finalizerLost(answer.finalizers, this.#finalizer, false),
        };
      });
    } catch (error) {
      if (!(error instanceof ObjectGone)) throw error;
      record.apply({ type: 'vanished' });
      return true;
    }
    const { finalizers, deletionMs } = record.newest;
    if (deletionMs !== undefined && finalizers.length === 0) record.apply({ type: 'vanished' });
    return record.isGone;
  }

  /** Rejects with AttachmentChanged if the object was marked for deletion meanwhile. */
  markAttached(record: AttachmentRecord, context: Readonly<Record<string, string>>): Promise<void> {
    return this.#patch(record, 'status', ({ attached, attachmentMetadata, attachError, deletionMs }) => {
      if (deletionMs !== undefined) throw new AttachmentChanged(record.name);
      const metadata = replacement(attachmentMetadata, context);
      if (attached && metadata === undefined && attachError === undefined) return undefined;
      return {
        body: {
          status: {
            attached: true,
            ...(metadata === undefined ? {} : { attachmentMetadata: metadata }),
            ...(attachError === undefined ? {} : { attachError: null }),
          },
        },
        lost: (answer) => statusLost(answer, true, context, 'attachError'),
      };
    });
  }

  /** For an object that another finalizer keeps alive after our detach. */
  markDetached(record: AttachmentRecord): Promise<void> {
    return this.#patch(record, 'status', ({ attached, attachmentMetadata, detachError }) => {
      if (!attached && detachError === undefined && Object.keys(attachmentMetadata).length === 0) return undefined;
      return {
        body: { status: { attached: false, attachmentMetadata: null, detachError: null } },
        lost: (answer) => statusLost(answer, false, {}, 'detachError'),
      };
    });
  }

  /**
   * `timeMs` is wall-clock time in milliseconds since the epoch. Rejects with AttachmentChanged if the object became
   * attached, or was marked for deletion, while it failed.
   */
  async recordError(record: AttachmentRecord, field: ErrorField, failure: Failure, timeMs: number): Promise<void> {
    const time = new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const shown = { message: truncateUtf8(failure.message, errorMessageBytesMax), time };
    const before = record.newest;
    const write = (error: { message: string }): Promise<void> =>
      this.#patch(record, 'status', ({ attached, deletionMs }) => {
        if (attached !== before.attached || deletionMs !== before.deletionMs) throw new AttachmentChanged(record.name);
        return {
          body: { status: { [field]: error } },
          // Servers older than the code drop it, and that is no fault of theirs.
          lost: (answer) => (answer[field]?.message === error.message ? undefined : `status.${field} is not the error`),
        };
      });
    if (failure.code === undefined || !this.#errorCodes) return write(shown);
    try {
      await write({ ...shown, errorCode: failure.code } as typeof shown);
    } catch (error) {
      if (!refusesField(error, 'errorCode')) throw error;
      this.#errorCodes = false;
      await write(shown);
    }
  }

  /** A uid alone would not do for the status: that subresource ignores metadata, save for the version. */
  #patch(record: AttachmentRecord, subresource: 'status' | undefined, change: Decide): Promise<void> {
    return conditionalPatch<VolumeAttachment>({
      client: this.#client,
      term: this.#term,
      resource: volumeAttachments,
      subresource,
      newest: () => {
        if (record.isGone) throw new ObjectGone('VolumeAttachment', record.name, record.uid);
        return record.newest;
      },
      change,
      written: (object) => record.apply({ type: 'written', object }),
      read: (object, asked) => record.apply({ type: 'read', object, asked }),
    });
  }
}

function annotationLost(answer: VolumeAttachment, wanted: Readonly<Record<string, string>>): string | undefined {
  for (const [key, value] of Object.entries(wanted)) {
    const kept = answer.annotations[key];
    if (kept !== value) return `metadata.annotations["${key}"] is ${kept === undefined ? 'missing' : 'another'}`;
  }
  return undefined;
}

/** Never with the values: what a driver publishes may be secret. */
function statusLost(
  answer: VolumeAttachment,
  attached: boolean,
  context: Readonly<Record<string, string>>,
  error: ErrorField,
): string | undefined {
  if (answer.attached !== attached) return `status.attached is ${answer.attached}, not ${attached}`;
  if (!sameRecord(answer.attachmentMetadata, context)) return 'status.attachmentMetadata is another';
  return errorLost(answer, error);
}

function errorLost(answer: VolumeAttachment, error: ErrorField): string | undefined {
  return answer[error] === undefined ? undefined : `status.${error} is still there`;
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
