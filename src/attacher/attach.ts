import type { Logger } from '../base/log/logger.ts';
import type { ControllerCapabilities } from '../csi/capabilities.ts';
import type { Driver } from '../csi/driver.ts';
import { Code, CsiError } from '../csi/errors.ts';
import type { SecretReference } from '../kube/api/objects.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { assertLeading, type Term, whileLeading } from './leadership.ts';
import type { Operation } from './operation.ts';
import type { PvFinalizer } from './pv-finalizer.ts';
import { nodeIdAnnotation } from './state/names.ts';
import { OperationError } from './state/operation-error.ts';
import { volumeDeleting } from './volume/errors.ts';
import type { NodeIds } from './volume/node-ids.ts';
import { publishRequest } from './volume/publish-request.ts';
import { readSecret } from './volume/secrets.ts';
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
    const { volumes, writer, pvFinalizer, driver, term } = this.#options;
    const volume = await operation.inApi(() => volumes.find(record.newest));
    const { pv } = volume;
    if (pv !== undefined && (pv.deletionMs !== undefined || pvFinalizer.released(pv))) throw volumeDeleting(pv.name);
    const nodeId = await this.#nodeId(operation);
    const request = publishRequest(volume, {
      ...this.#options,
      nodeId,
      secrets: await this.#secrets(volume, operation),
    });

    await this.#leaveFormerNode(operation, volume, nodeId);
    await operation.inApi(() =>
      allDone([
        writer.protect(record, nodeId, volume.csi.volumeHandle),
        pv === undefined ? Promise.resolve() : pvFinalizer.protect(pv),
      ]),
    );
    assertLeading(term);
    record.exposed = true;
    const context = await operation.inDriver(() =>
      driver.publish(request, term.signal, { migrated: volume.migrated, ...whileLeading(term) }),
    );
    record.published = { context };
    record.forced = false;
    await this.recordAttached(operation);
  }

  /** The last step alone: shows the API a publish that has succeeded. */
  async recordAttached(operation: Operation): Promise<void> {
    const { record } = operation;
    const published = record.published;
    if (published === undefined) return;
    await operation.inApi(() => this.#options.writer.markAttached(record, published.context));
    record.published = undefined;
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
    const { newest, exposed } = operation.record;
    const former = newest.annotations[nodeIdAnnotation];
    if (former === undefined || former === nodeId) return;
    // Without our finalizer too, if somebody took that off: what was published is there all the same.
    if (!exposed && !newest.attached) return;
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
      const unknownNode =
        error instanceof CsiError && (error.code === Code.NotFound || error.code === Code.InvalidArgument);
      if (!unknownNode) throw error;
    }
  }

  async #secrets(volume: Volume, operation: Operation): Promise<Readonly<Record<string, string>>> {
    const reference: SecretReference | undefined = volume.csi.controllerPublishSecretRef;
    if (reference === undefined) return {};
    const secrets = await operation.inApi(() => readSecret(this.#options.client, reference));
    if (secrets === undefined) {
      throw new OperationError('SecretNotFound', `secret "${reference.namespace}/${reference.name}" not found`);
    }
    return secrets;
  }
}

/** Waits for all to settle before it fails: nothing may still be on its way when the next run begins. */
async function allDone(writes: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(writes)) if (result.status === 'rejected') throw result.reason;
}
