import type { Served } from './cluster/api-side.ts';
import { type Cluster, specOf } from './cluster/cluster.ts';
import type { StoredWrite } from './cluster/stored-write.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The story of a run, a line for each event: when, who, what. */
export class EventLog {
  readonly #write: ((line: string) => void) | undefined;
  readonly #time: VirtualTime;
  readonly #cluster: Cluster;
  #names: Map<string, string> | undefined;

  constructor(options: { write: ((line: string) => void) | undefined; time: VirtualTime; cluster: Cluster }) {
    this.#write = options.write;
    this.#time = options.time;
    this.#cluster = options.cluster;
  }

  get isOn(): boolean {
    return this.#write !== undefined;
  }

  say(who: string, what: string): void {
    if (this.#write === undefined) return;
    const seconds = (this.#time.nowMs / 1000).toFixed(4).padStart(10);
    this.#write(`${seconds} ${who.padEnd(6)} ${this.#short(what)}`);
  }

  served({ by, method, path, status }: Served): void {
    if (this.#write === undefined) return;
    const who = typeof by === 'string' ? by : by.name;
    const short = path.replace(/^\/apis?\/(?:[^/]+\/)?v1\//, '').replace(/^namespaces\/[^/]+\//, '');
    this.say(who, `${method} ${short} ${status === 0 ? 'watch' : status}`);
  }

  stored({ plural, event }: StoredWrite): void {
    if (this.#write === undefined || plural === 'leases') return;
    const { object } = event.version;
    const { name, finalizers = [], deletionTimestamp, annotations = {} } = object.metadata;
    const parts = [`${event.type} ${plural}/${name} at ${event.revision}`];
    if (deletionTimestamp !== undefined) parts.push('deleting');
    if (finalizers.length > 0) parts.push(`finalizers ${finalizers.join(',')}`);
    const nodeId = annotations['csi.alpha.kubernetes.io/node-id'];
    if (nodeId !== undefined) parts.push(`for ${nodeId}`);
    if (object.status !== undefined) parts.push(JSON.stringify(object.status));
    this.say('store', parts.join(', '));
  }

  /** Attachments have names of 68 characters that say nothing: here they are called after volume and node. */
  #short(text: string): string {
    return text.replace(/csi-[0-9a-f]{64}/g, (name) => this.#nameOf(name));
  }

  #nameOf(name: string): string {
    this.#names ??= new Map(
      this.#cluster.volumes.flatMap((volume) =>
        this.#cluster.nodes.map((node) => [this.#cluster.attachmentName(volume, node), `${volume.pv}@${node.name}`]),
      ),
    );
    const object = this.#cluster.get('volumeattachments', name);
    return this.#names.get(name) ?? (object === undefined ? name : specOf(object).nodeName);
  }
}
