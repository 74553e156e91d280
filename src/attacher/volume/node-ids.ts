import { Code, CsiError } from '../../csi/errors.ts';
import type { CSINode } from '../../kube/api/objects.ts';
import type { Store } from '../../kube/cache/store.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { csiNodes } from '../../kube/codec/resources.ts';
import { OperationError } from '../state/operation-error.ts';

/** The driver's ids of nodes, from the CSINodes. */
export class NodeIds {
  readonly #client: KubeClient;
  readonly #driver: string;
  readonly #nodes: Store<CSINode>;

  constructor(options: { client: KubeClient; driver: string; nodes: Store<CSINode> }) {
    this.#client = options.client;
    this.#driver = options.driver;
    this.#nodes = options.nodes;
  }

  /** The id that the node has now, or undefined if there is no CSINode or the driver is not on it. */
  find(nodeName: string): string | undefined {
    const node = this.#nodes.get(nodeName);
    return node && this.#idOn(node);
  }

  /** The same for an attach, which cannot do without. Throws OperationError. */
  current(nodeName: string): string {
    return this.#required(nodeName, this.#nodes.get(nodeName));
  }

  /** The same as the server has it at this moment, however far the store lags. Rejects with KubeError too. */
  async ask(nodeName: string): Promise<string> {
    return this.#required(nodeName, await this.#client.find(csiNodes, nodeName));
  }

  #required(nodeName: string, node: CSINode | undefined): string {
    if (node === undefined) throw new OperationError('NodeNotFound', `csinode "${nodeName}" not found`);
    const nodeId = this.#idOn(node);
    if (nodeId === undefined || nodeId === '') {
      throw new OperationError('NodeNotFound', `driver "${this.#driver}" is not registered on CSINode "${nodeName}"`);
    }
    return nodeId;
  }

  /** A driver may be called like something that every object has. */
  #idOn(node: CSINode): string | undefined {
    return Object.hasOwn(node.nodeIds, this.#driver) ? node.nodeIds[this.#driver] : undefined;
  }
}

/** True for a driver's answer that may mean that it does not know the id of the node. */
export function isUnknownNode(error: unknown): boolean {
  return error instanceof CsiError && (error.code === Code.NotFound || error.code === Code.InvalidArgument);
}
