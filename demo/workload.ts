import { setTimeout as delay } from 'node:timers/promises';
import type { Api, KubeObject } from '../bench/rig/api.ts';
import { releaseVolumes } from '../bench/rig/volume-protection.ts';
import {
  attachmentName,
  csiDriver,
  csiNode,
  node,
  paths,
  persistentVolume,
  volumeAttachment,
} from '../testing/support/cluster-objects.ts';
import { driverName } from './cluster.ts';

/** The volumes come in waves of at most so many, one wave each so many milliseconds. */
const waveSize = 60;
const wavePauseMs = 3_500;
/** How long a volume stays attached, in milliseconds. */
const stays = { leastMs: 1_500, mostMs: 5_000 };

interface DemoVolume {
  name: string;
  handle: string;
  nodeName: string;
  attachment: string;
  startMs: number;
  staysMs: number;
  attached: PromiseWithResolvers<void>;
  gone: PromiseWithResolvers<void>;
}

/** Pods that come and go, as far as an attacher notices: each volume is attached, stays a while, and is detached. */
export class DemoWorkload {
  readonly nodes: readonly string[];
  readonly #api: Api;
  readonly #volumes: ReadonlyMap<string, DemoVolume>;

  constructor(api: Api, counts: { volumes: number; nodes: number }) {
    this.#api = api;
    this.nodes = Array.from({ length: counts.nodes }, (_, index) => `node-${padded(index, 2)}`);
    const volumes = Array.from({ length: counts.volumes }, (_, index) => this.#volume(index));
    this.#volumes = new Map(volumes.map((volume) => [volume.attachment, volume]));
  }

  #volume(index: number): DemoVolume {
    const handle = `vol-${padded(index, 3)}`;
    const nodeName = this.nodes[index % this.nodes.length] ?? '';
    // Spread evenly and without chance: every run shows the same.
    const spread = (index * 0.618) % 1;
    return {
      ...{ name: `pv-${padded(index, 3)}`, handle, nodeName },
      attachment: attachmentName(handle, driverName, nodeName),
      startMs: Math.floor(index / waveSize) * wavePauseMs + spread * 1_000,
      staysMs: stays.leastMs + spread * (stays.mostMs - stays.leastMs),
      attached: Promise.withResolvers<void>(),
      gone: Promise.withResolvers<void>(),
    };
  }

  /** Creates the driver's object and the nodes. */
  async prepare(): Promise<void> {
    await this.#api.create(paths.csiDrivers, csiDriver(driverName));
    for (const name of this.nodes) {
      await this.#api.create(paths.nodes, node(name));
      await this.#api.create(paths.csiNodes, csiNode(name, { [driverName]: `id-of-${name}` }));
    }
  }

  /** What the watch of attachments shows. */
  seen(object: KubeObject, deleted: boolean): void {
    const volume = this.#volumes.get(object.metadata.name);
    const status = object.status as { attached?: boolean } | undefined;
    if (deleted) volume?.gone.resolve();
    else if (status?.attached === true) volume?.attached.resolve();
  }

  /** Resolves when every volume has come and gone. Rejects when the API server refuses something. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#volumes.values()].map((volume) => this.#live(volume, signal)));
  }

  async #live(volume: DemoVolume, signal: AbortSignal): Promise<void> {
    await delay(volume.startMs, undefined, { signal });
    await this.#api.create(paths.volumes, persistentVolume({ ...volume, driver: driverName }));
    await this.#api.create(paths.attachments, volumeAttachment({ ...volume, driver: driverName }));
    await volume.attached.promise;
    await delay(volume.staysMs, undefined, { signal });
    await this.#api.delete(`${paths.attachments}/${volume.attachment}`);
    await volume.gone.promise;
    await this.#api.delete(`${paths.volumes}/${volume.name}`);
  }

  /** How many PersistentVolumes are still there. */
  volumesLeft(): Promise<number> {
    return releaseVolumes(this.#api, 'pv-');
  }

  /** Waits until the last PersistentVolume is gone: no finalizer holds it any more. */
  async untilReleased(signal: AbortSignal): Promise<void> {
    while ((await this.volumesLeft()) > 0) await delay(100, undefined, { signal });
  }

  /** Some more volumes, which stay. Resolves with their attachments, as they were created, when they are attached. */
  async leaveSome(count: number): Promise<object[]> {
    const volumes = [...this.#volumes.values()].slice(0, count);
    const attachments = volumes.map((volume) => volumeAttachment({ ...volume, driver: driverName }));
    for (const [index, volume] of volumes.entries()) {
      volume.attached = Promise.withResolvers<void>();
      await this.#api.create(paths.volumes, persistentVolume({ ...volume, driver: driverName }));
      await this.#api.create(paths.attachments, attachments[index]);
    }
    await Promise.all(volumes.map(({ attached }) => attached.promise));
    return attachments;
  }
}

function padded(index: number, digits: number): string {
  return String(index + 1).padStart(digits, '0');
}
