import { readFileSync } from 'node:fs';
import {
  attachmentName,
  csiDriver,
  csiNode,
  node,
  paths,
  persistentVolume,
  volumeAttachment,
} from '../testing/support/cluster-objects.ts';
import type { Api } from './rig/api.ts';
import { forEachAtOnce } from './rig/pool.ts';
import { untilVolumesGone } from './rig/volume-protection.ts';

/** Requests of ours under way at once. */
export const requestsAtOnce = 100;

export interface WorkloadOptions {
  count: number;
  nodes: number;
  /** Name of the driver of everything in it. */
  driver: string;
  /** Handles of volumes that a driver has; ours knows any. */
  handles?: string | undefined;
  /** Id of every node at the driver; ours knows any. */
  nodeId?: string | undefined;
}

export interface BenchVolume {
  /** The PersistentVolume's. */
  name: string;
  attachment: string;
  /** The VolumeAttachment, as it is created. */
  object: object;
}

/** What is attached and detached again and again: volumes, spread over nodes, always the same volume on the same one. */
export class Workload {
  readonly volumes: readonly BenchVolume[];
  /** One more, for finding out whether the attacher is at work. */
  readonly canary: BenchVolume;
  readonly #options: WorkloadOptions;
  readonly #handles: readonly string[];
  readonly #prefix: string;

  /** `prefix` keeps the names of two workloads apart. */
  constructor(prefix: string, options: WorkloadOptions) {
    this.#prefix = prefix;
    this.#options = options;
    this.#handles = options.handles === undefined ? madeUp(prefix, options.count + 1) : read(options.handles);
    if (this.#handles.length <= options.count) {
      throw new Error(`${options.handles} has ${this.#handles.length} handles; ${options.count + 1} are needed`);
    }
    const all = this.#handles.slice(0, options.count + 1).map((handle, index) => this.#volume(handle, index));
    this.canary = all[options.count] as BenchVolume;
    this.volumes = all.slice(0, options.count);
  }

  #volume(handle: string, index: number): BenchVolume {
    const { driver, nodes } = this.#options;
    const nodeName = this.#nodeName(index % nodes);
    const name = `${this.#prefix}-pv-${index}`;
    const object = volumeAttachment({ name, driver, handle, nodeName });
    return { name, attachment: attachmentName(handle, driver, nodeName), object };
  }

  #nodeName(index: number): string {
    return `${this.#prefix}-node-${index + 1}`;
  }

  /** Creates all but the attachments. */
  async create(api: Api): Promise<void> {
    const { driver, nodeId, nodes } = this.#options;
    await api.create(paths.csiDrivers, csiDriver(driver));
    const names = Array.from({ length: nodes }, (_, index) => this.#nodeName(index));
    for (const name of names) {
      await api.create(paths.nodes, node(name));
      await api.create(paths.csiNodes, csiNode(name, { [driver]: nodeId ?? `id-of-${name}` }));
    }
    const volumes = [...this.volumes, this.canary].map(({ name }, index) => ({ name, handle: this.#handles[index] }));
    await forEachAtOnce(volumes, requestsAtOnce, ({ name, handle = '' }) =>
      api.create(paths.volumes, persistentVolume({ name, driver, handle })),
    );
  }

  /** Deletes all of it. The attacher has to run still: its finalizers hold the volumes. Throws if some stay. */
  async delete(api: Api): Promise<void> {
    const { driver, nodes } = this.#options;
    const volumes = [...this.volumes, this.canary].map(({ name }) => `${paths.volumes}/${name}`);
    await forEachAtOnce(volumes, requestsAtOnce, (path) => api.delete(path));
    for (let index = 0; index < nodes; index++) {
      await api.delete(`${paths.csiNodes}/${this.#nodeName(index)}`);
      await api.delete(`${paths.nodes}/${this.#nodeName(index)}`);
    }
    await api.delete(`${paths.csiDrivers}/${driver}`);
    await untilVolumesGone(api, `${this.#prefix}-pv-`);
  }
}

function madeUp(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-vol-${index}`);
}

function read(path: string): string[] {
  return readFileSync(path, 'utf8').split(/\s+/).filter(Boolean);
}

const foreignDriver = 'foreign.csi.example.com';

function foreignObjects(count: number) {
  return Array.from({ length: count }, (_, index) => ({
    name: `foreign-pv-${index}`,
    driver: foreignDriver,
    handle: `foreign-vol-${index}`,
    nodeName: `foreign-node-${index % 100}`,
  }));
}

/** Volumes and attachments of a driver that nobody here has: ballast in everybody's lists and watches. */
export async function createForeign(api: Api, count: number): Promise<void> {
  const objects = foreignObjects(count);
  await forEachAtOnce(objects, requestsAtOnce, (each) => api.create(paths.volumes, persistentVolume(each)));
  await forEachAtOnce(objects, requestsAtOnce, (each) => api.create(paths.attachments, volumeAttachment(each)));
}

export async function deleteForeign(api: Api, count: number): Promise<void> {
  await forEachAtOnce(foreignObjects(count), requestsAtOnce, async ({ name, handle, nodeName }) => {
    await api.delete(`${paths.attachments}/${attachmentName(handle, foreignDriver, nodeName)}`);
    await api.delete(`${paths.volumes}/${name}`);
  });
  await untilVolumesGone(api, 'foreign-pv-');
}
