import type { CSINode } from '../kube/objects.ts';
import type { Store } from '../kube/store.ts';
import { OperationError } from './operation-error.ts';

/** The driver's ids of nodes, from the CSINodes. */
export class NodeIds {
  readonly #driver: string;
  readonly #nodes: Store<CSINode>;

  constructor(options: { driver: string; nodes: Store<CSINode> }) {
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
    const node = this.#nodes.get(nodeName);
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
