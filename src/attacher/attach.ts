import type { Logger } from '../base/log/logger.ts';
import type { ControllerCapabilities } from '../csi/capabilities.ts';
import type { Driver } from '../csi/driver.ts';
import { Code, CsiError } from '../csi/errors.ts';
import type { PublishRequest } from '../csi/messages.ts';
import type { VolumeAttachment } from '../kube/api/objects.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { assertLeading, type Term, whileLeading } from './leadership.ts';
import type { Operation } from './operation.ts';
import type { PvFinalizer } from './pv-finalizer.ts';
import { nodeIdAnnotation } from './state/names.ts';
import { OperationError } from './state/operation-error.ts';
import { volumeDeleting } from './volume/errors.ts';
import { isUnknownNode, type NodeIds } from './volume/node-ids.ts';
import { publishRequest } from './volume/publish-request.ts';
import { secretsOf } from './volume/secrets.ts';
import type { Volume, VolumeSources } from './volume/source.ts';
import type { AttachmentWriter } from './writer.ts';

export interface AttachOptions {
  client: KubeClient;
  driver: Driver;
  capabilities: ControllerCapabilities;
  term: Term;
  volumes: VolumeSources;
  nodes: NodeIds;
  writer: AttachmentWriter;
  pvFinalizer: PvFinalizer;
  logger: Logger;
  /** For volumes that name no file system. */
  defaultFsType: string;
}

/** The way of a volume to its node: finalizers, publish, status; in this order, each durable before the next. */
export class Attach {
  readonly #options: AttachOptions;

  constructor(options: AttachOptions) {
    this.#options = { ...options, logger: options.logger.named('attacher/attach') };
  }

  /** Rejects with what went wrong; what was done by then stays, and the next run goes on from there. */
  async run(operation: Operation): Promise<void> {
    const { record } = operation;
    const { volumes, pvFinalizer } = this.#options;
    const volume = await operation.inApi(() => volumes.find(record.newest));
    const { pv } = volume;
    if (pv !== undefined && (pv.deletionMs !== undefined || pvFinalizer.released(pv))) throw volumeDeleting(pv.name);
    const nodeId = await this.#nodeId(operation);
    const keptId = keptNodeId(operation, nodeId);
    if (keptId !== undefined) {
      try {
        return await this.#publish(operation, volume, await this.#request(operation, volume, keptId));
      } catch (error) {
        // A driver that does not know that node (any more) has nothing published there.
        if (!(error instanceof CsiError) || error.code !== Code.NotFound) throw error;
      }
    }
    const request = await this.#request(operation, volume, nodeId);
    await this.#leaveFormerNode(operation, volume, nodeId);
    await this.#publish(operation, volume, request);
  }

  async #request(operation: Operation, volume: Volume, nodeId: string): Promise<PublishRequest> {
    return publishRequest(volume, { ...this.#options, nodeId, secrets: await this.#secrets(volume, operation) });
  }

  /** Finalizers and node id, durable; then the publish; then the status. */
  async #publish(operation: Operation, volume: Volume, request: PublishRequest): Promise<void> {
    const { record } = operation;
    const { writer, pvFinalizer, driver, term } = this.#options;
    const { pv } = volume;
    await operation.inApi(() =>
      allDone([
        writer.protect(record, request.nodeId, volume.csi.volumeHandle),
        pv === undefined ? Promise.resolve() : pvFinalizer.protect(pv),
      ]),
    );
    assertLeading(term);
    record.apply({ type: 'publish-sent' });
    operation.publishSent = true;
    const context = await operation.inDriver(() =>
      driver.publish(request, term.signal, { migrated: volume.migrated, ...whileLeading(term) }),
    );
    record.apply({ type: 'publish-succeeded', context });
    await this.recordAttached(operation);
  }

  /** The last step alone: shows the API a publish that has succeeded. */
  async recordAttached(operation: Operation): Promise<void> {
    const { record } = operation;
    const { state } = record;
    if (state.is !== 'published') return;
    await operation.inApi(() => this.#options.writer.markAttached(record, state.context));
    record.apply({ type: 'publish-shown' });
  }

  /**
   * The id of the node. A node that was created again has another one than before; but so has a node in a cache that
   * lags, and the volume would be taken from under its pod. So the server has to say it, too.
   */
  async #nodeId(operation: Operation): Promise<string> {
    const { nodes } = this.#options;
    const { annotations, nodeName } = operation.record.newest;
    const known = nodes.current(nodeName);
    const former = annotations[nodeIdAnnotation];
    return former === undefined || former === known ? known : operation.inApi(() => nodes.ask(nodeName));
  }

  /**
   * The annotation is the only trace of where the volume may be published. Before it is overwritten with another node
   * id (the node was created again), the volume leaves the former one.
   */
  async #leaveFormerNode(operation: Operation, volume: Volume, nodeId: string): Promise<void> {
    const { driver, term, logger } = this.#options;
    const { newest, state } = operation.record;
    const former = formerNodeId(newest, nodeId);
    if (former === undefined) return;
    // Without our finalizer too, if somebody took that off: what was published is there all the same.
    if (state.is === 'untouched' && !newest.attached) return;
    logger.info('Node has a new id: unpublishing from the former one first', {
      attachment: newest.name,
      former,
      nodeId,
    });
    const secrets = await this.#secrets(volume, operation);
    assertLeading(term);
    try {
      const request = { volumeId: volume.csi.volumeHandle, nodeId: former, secrets };
      await operation.inDriver(() =>
        driver.unpublish(request, term.signal, { migrated: volume.migrated, ...whileLeading(term) }),
      );
    } catch (error) {
      // A node that the driver does not know has nothing published to it.
      if (!isUnknownNode(error)) throw error;
    }
  }

  #secrets(volume: Volume, operation: Operation): Promise<Readonly<Record<string, string>>> {
    return operation.inApi(() =>
      secretsOf(this.#options.client, volume.csi.controllerPublishSecretRef, (secret) => {
        throw new OperationError('SecretNotFound', `secret "${secret}" not found`);
      }),
    );
  }
}

/** The id that the attachment was published under, if it is another one than the node has now. */
function formerNodeId({ annotations }: VolumeAttachment, nodeId: string): string | undefined {
  const former = annotations[nodeIdAnnotation];
  return former === undefined || former === '' || former === nodeId ? undefined : former;
}

/**
 * The former id of the node, if the volume is to stay published under it: a pod may be using it, and an id that is
 * written in another form since (after an upgrade of the driver) is no reason to take it away. Not if the driver's own
 * lists show the volume at neither.
 */
function keptNodeId({ record }: Operation, nodeId: string): string | undefined {
  const { state, newest } = record;
  const isMissing = state.is === 'exposed' && state.republish;
  return newest.attached && !isMissing ? formerNodeId(newest, nodeId) : undefined;
}

/** Waits for all to settle before it fails: nothing may still be on its way when the next run begins. */
async function allDone(writes: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(writes)) if (result.status === 'rejected') throw result.reason;
}
