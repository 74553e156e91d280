import type { Logger } from '../base/log/logger.ts';
import type { Driver } from '../csi/driver.ts';
import type { SecretReference, VolumeAttachment } from '../kube/api/objects.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { assertLeading, type Term, whileLeading } from './leadership.ts';
import type { Operation, Stopwatch } from './operation.ts';
import { nodeIdAnnotation, volumeHandleAnnotation } from './state/names.ts';
import { OperationError } from './state/operation-error.ts';
import type { AttachmentEvents } from './status/events.ts';
import { madeByControllerManager, provesHandle } from './volume/handle.ts';
import { isUnknownNode, type NodeIds } from './volume/node-ids.ts';
import { secretsOf } from './volume/secrets.ts';
import type { VolumeSources } from './volume/source.ts';
import type { AttachmentWriter } from './writer.ts';

export interface DetachOptions {
  client: KubeClient;
  driver: Driver;
  driverName: string;
  term: Term;
  volumes: VolumeSources;
  nodes: NodeIds;
  writer: AttachmentWriter;
  events: AttachmentEvents;
  logger: Logger;
}

/** What is to be unpublished. */
interface Target {
  volumeId: string;
  secretRef: SecretReference | undefined;
  migrated: boolean;
}

/** The way of a volume from its node: unpublish, then the finalizer. Only then may the object go. */
export class Detach {
  readonly #options: DetachOptions;

  constructor(options: DetachOptions) {
    this.#options = { ...options, logger: options.logger.named('attacher/detach') };
  }

  /** Rejects with what went wrong; the finalizer stays until an unpublish has succeeded. */
  async run(operation: Operation): Promise<void> {
    const { record } = operation;
    await this.#unpublishAs(operation, record.newest);
    record.apply({ type: 'unpublish-succeeded' });
    await this.release(operation);
  }

  /** The last step alone: lets the object go, its volume being surely detached. */
  async release(operation: Operation): Promise<void> {
    const { writer } = this.#options;
    const gone = await operation.inApi(() => writer.release(operation.record));
    // Finalizer first: a status write before it would come back through the watch as a reason to unpublish once more.
    if (!gone) await operation.inApi(() => writer.markDetached(operation.record));
  }

  /** Unpublishes the volume of an attachment that went away by force: nobody else will ever undo its publish. */
  async runOrphan(stopwatch: Stopwatch, orphan: VolumeAttachment): Promise<void> {
    await this.#unpublishAs(stopwatch, orphan);
  }

  async #unpublishAs(stopwatch: Stopwatch, attachment: VolumeAttachment): Promise<void> {
    const { secretRef, ...target } = await stopwatch.inApi(() => this.#target(attachment));
    const secrets = await stopwatch.inApi(() => this.#secrets(secretRef));
    await this.#unpublish(stopwatch, { ...target, secrets, nodeIds: this.#nodeIds(attachment) });
  }

  /** The volume as it was published: what the attachment remembers comes before what the PersistentVolume says now. */
  async #target(attachment: VolumeAttachment): Promise<Target> {
    const { volumes, driverName, logger, events } = this.#options;
    const remembered = attachment.annotations[volumeHandleAnnotation];
    try {
      const { csi, migrated } = await volumes.find(attachment);
      const found = { volumeId: csi.volumeHandle, secretRef: csi.controllerPublishSecretRef, migrated };
      if (remembered === undefined || remembered === csi.volumeHandle) return found;
      // The annotation can be edited and the volume be created anew. The name tells which is right, if it can.
      const provesPresent = provesHandle(attachment.name, csi.volumeHandle, driverName, attachment.nodeName);
      return provesPresent ? found : { ...found, volumeId: remembered };
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      if (remembered === undefined || remembered === '') {
        const text = `${error.message}, and the attachment has no annotation ${volumeHandleAnnotation} to tell its volume`;
        throw new OperationError('HandleUnknown', text);
      }
      // A name made by controller-manager proves the handle. One that proves another would have us detach a volume that
      // somebody may be using.
      const { name, nodeName } = attachment;
      if (madeByControllerManager(name) && !provesHandle(name, remembered, driverName, nodeName)) {
        const text = `${error.message}, and annotation ${volumeHandleAnnotation} says "${remembered}", which is not the volume that the attachment's name stands for`;
        throw new OperationError('HandleUnknown', text);
      }
      logger.warning('Detaching by the remembered volume handle', {
        attachment: attachment.name,
        because: error.message,
      });
      events.detachedWithoutVolume(attachment, `detaching "${remembered}" as remembered: ${error.message}`);
      return { volumeId: remembered, secretRef: undefined, migrated: false };
    }
  }

  /**
   * The id that was published comes first. A node that was created again has another one now; and so has one whose driver
   * writes its ids in another form since, while the disk stayed where it is.
   */
  #nodeIds(attachment: VolumeAttachment): string[] {
    const published = attachment.annotations[nodeIdAnnotation];
    const present = this.#options.nodes.find(attachment.nodeName);
    const ids = [published, present].filter((id) => id !== undefined && id !== '');
    if (ids.length > 0) return [...new Set(ids)] as string[];
    throw new OperationError(
      'NodeNotFound',
      `the id of node "${attachment.nodeName}" is unknown: neither annotation ${nodeIdAnnotation} nor a CSINode tells it`,
    );
  }

  /**
   * From every id: a driver answers OK for one that it does not know, too, and so one OK does not tell that the volume is
   * off its machine. An id that the driver refuses to know is enough only beside another one's OK.
   */
  async #unpublish(
    stopwatch: Stopwatch,
    target: Omit<Target, 'secretRef'> & { secrets: Readonly<Record<string, string>>; nodeIds: string[] },
  ): Promise<void> {
    const { driver, term } = this.#options;
    const { volumeId, secrets, migrated } = target;
    const unknown: unknown[] = [];
    for (const nodeId of target.nodeIds) {
      assertLeading(term);
      try {
        await stopwatch.inDriver(() =>
          driver.unpublish({ volumeId, nodeId, secrets }, term.signal, { migrated, ...whileLeading(term) }),
        );
      } catch (error) {
        if (!isUnknownNode(error)) throw error;
        unknown.push(error);
      }
    }
    if (unknown.length === target.nodeIds.length) throw unknown[0];
  }

  #secrets(reference: SecretReference | undefined): Promise<Readonly<Record<string, string>>> {
    const { client, logger } = this.#options;
    return secretsOf(client, reference, (secret) => {
      logger.warning('Secret for the unpublish call not found: calling without secrets', { secret });
    });
  }
}
