import { Code } from '../../src/csi/errors.ts';
import { AccessMode } from '../../src/csi/messages.ts';
import { Refusal } from './refusal.ts';

/** How a volume is on a node. */
export interface Publication {
  volumeId: string;
  nodeId: string;
  readonly: boolean;
  /** `block`, or `mount` with file system and flags: what must not change from one publish to the next. */
  access: string;
  mode: AccessMode;
  context: Record<string, string>;
}

export interface LedgerRules {
  maxPublishedPerNode: number;
}

const singleNodeModes: ReadonlySet<number> = new Set([
  AccessMode.SINGLE_NODE_WRITER,
  AccessMode.SINGLE_NODE_READER_ONLY,
  AccessMode.SINGLE_NODE_SINGLE_WRITER,
  AccessMode.SINGLE_NODE_MULTI_WRITER,
]);

/** What is published where: the truth that an attacher's picture is held against. */
export class Ledger {
  readonly #byVolume = new Map<string, Map<string, Publication>>();
  readonly #perNode = new Map<string, number>();
  readonly #rules: LedgerRules;

  constructor(rules: LedgerRules) {
    this.#rules = rules;
  }

  get(volumeId: string, nodeId: string): Publication | undefined {
    return this.#byVolume.get(volumeId)?.get(nodeId);
  }

  /** Ids of the nodes that have the volume. */
  nodesOf(volumeId: string): string[] {
    return [...(this.#byVolume.get(volumeId)?.keys() ?? [])];
  }

  /** All publications, volume by volume. */
  *entries(): Iterable<Publication> {
    for (const nodes of this.#byVolume.values()) yield* nodes.values();
  }

  get size(): number {
    let size = 0;
    for (const count of this.#perNode.values()) size += count;
    return size;
  }

  /**
   * Publishes, or finds the same publication already there. Throws Refusal if it is there in another form, if the
   * volume is on a node that will not share it, or if the node is full.
   */
  publish(wanted: Omit<Publication, 'context'>): Publication {
    const { volumeId, nodeId } = wanted;
    const existing = this.get(volumeId, nodeId);
    if (existing !== undefined) return requireSame(existing, wanted);
    const others = [...(this.#byVolume.get(volumeId)?.values() ?? [])];
    const owner = others.find((other) => singleNodeModes.has(other.mode) || singleNodeModes.has(wanted.mode));
    if (owner !== undefined) {
      throw new Refusal(Code.FailedPrecondition, `volume ${volumeId} is published to node ${owner.nodeId} already`);
    }
    const onNode = this.#perNode.get(nodeId) ?? 0;
    if (onNode >= this.#rules.maxPublishedPerNode) {
      throw new Refusal(Code.ResourceExhausted, `node ${nodeId} has ${onNode} volumes, which is as many as it takes`);
    }
    const publication = { ...wanted, context: { devicePath: `/dev/disk/by-id/${volumeId}`, node: nodeId } };
    this.#nodesFor(volumeId).set(nodeId, publication);
    this.#perNode.set(nodeId, onNode + 1);
    return publication;
  }

  /** False if it was not published there. */
  unpublish(volumeId: string, nodeId: string): boolean {
    const nodes = this.#byVolume.get(volumeId);
    if (nodes === undefined || !nodes.delete(nodeId)) return false;
    if (nodes.size === 0) this.#byVolume.delete(volumeId);
    const left = (this.#perNode.get(nodeId) ?? 0) - 1;
    if (left > 0) this.#perNode.set(nodeId, left);
    else this.#perNode.delete(nodeId);
    return true;
  }

  clear(): void {
    this.#byVolume.clear();
    this.#perNode.clear();
  }

  #nodesFor(volumeId: string): Map<string, Publication> {
    let nodes = this.#byVolume.get(volumeId);
    if (nodes === undefined) {
      nodes = new Map();
      this.#byVolume.set(volumeId, nodes);
    }
    return nodes;
  }
}

function requireSame(existing: Publication, wanted: Omit<Publication, 'context'>): Publication {
  for (const part of ['readonly', 'access', 'mode'] as const) {
    if (existing[part] === wanted[part]) continue;
    const text = `volume ${wanted.volumeId} is published to node ${wanted.nodeId} with ${part} ${existing[part]}`;
    throw new Refusal(Code.AlreadyExists, `${text}, not ${wanted[part]}`);
  }
  return existing;
}
