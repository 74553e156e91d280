import type { Chance } from '../chance.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { type Cluster, type SimNode, type SimVolume, specOf } from './cluster.ts';

interface Wish {
  node: SimNode | undefined;
  /** Attach before the volume has left its former node. */
  force: boolean;
}

/**
 * A model of the attach/detach controller: knows where each volume is wanted, and makes and deletes VolumeAttachments
 * until those are there and no others. It looks now and then, as the real one does.
 */
export class ControllerManager {
  readonly #cluster: Cluster;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #wishes = new Map<SimVolume, Wish>();

  constructor(options: { cluster: Cluster; time: VirtualTime; chance: Chance }) {
    this.#cluster = options.cluster;
    this.#time = options.time;
    this.#chance = options.chance;
    this.#look();
  }

  /** Where the volume is wanted now. */
  wanted(volume: SimVolume): SimNode | undefined {
    return this.#wishes.get(volume)?.node;
  }

  want(volume: SimVolume, node: SimNode | undefined, force = false): void {
    this.#wishes.set(volume, { node, force });
    this.#serve(volume);
  }

  #look(): void {
    this.#time.schedule(this.#chance.between(1000, 3000), () => {
      for (const volume of this.#wishes.keys()) this.#serve(volume);
      this.#look();
    });
  }

  #serve(volume: SimVolume): void {
    const { node, force } = this.#wishes.get(volume) ?? { node: undefined, force: false };
    const there = this.#cluster.attachmentsOf(volume.pv);
    for (const { metadata, spec } of there) {
      const isWanted = (spec as { nodeName?: string }).nodeName === node?.name;
      if (isWanted || metadata.deletionTimestamp !== undefined) continue;
      this.#cluster.delete('kcm', 'volumeattachments', metadata.name);
    }
    if (node === undefined || this.#cluster.get('persistentvolumes', volume.pv) === undefined) return;
    const left = this.#cluster.attachmentsOf(volume.pv);
    if (left.some((object) => specOf(object).nodeName === node.name)) return;
    if (left.length === 0 || force) this.#cluster.createAttachment('kcm', volume, node);
  }
}
