import { finalizerName } from '../../../src/attacher/state/names.ts';
import { attachmentName } from '../../../src/attacher/volume/handle.ts';
import type { KubeObject } from '../../apiserver/object.ts';
import { resources } from '../../apiserver/registry.ts';
import type { Collection, StoreEvent } from '../../apiserver/storage/store.ts';
import type { ApiSide } from './api-side.ts';

export const driverName = 'sim.csi.example';
const otherDriver = 'other.csi.example';
export const ourFinalizer = finalizerName(driverName);
const secretNamespace = 'kube-system';
/** Whatever carries this in its text is a secret and must be shown nowhere. */
export const secretMark = 'hush-hush';

const paths = {
  volumeattachments: '/apis/storage.k8s.io/v1/volumeattachments',
  persistentvolumes: '/api/v1/persistentvolumes',
  csinodes: '/apis/storage.k8s.io/v1/csinodes',
  secrets: `/api/v1/namespaces/${secretNamespace}/secrets`,
  leases: `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases`,
} as const;
export type Plural = keyof typeof paths;

/** One volume, as it was provisioned: what is true of it whether its PersistentVolume is there or not. */
export interface SimVolume {
  readonly index: number;
  readonly pv: string;
  readonly handle: string;
  readonly shared: boolean;
  readonly block: boolean;
  readonly withSecret: boolean;
  /** Somebody else has a finalizer on it and on its attachments: see Guard. */
  readonly guarded: boolean;
}

/** One machine. Its id changes when it is created anew. */
export interface SimNode {
  readonly name: string;
  id: string;
  generation: number;
  /** The driver is registered on it: its CSINode says so. */
  registered: boolean;
}

/** The objects of the cluster as everybody in the world sees and changes them, without network in between. */
export class Cluster {
  readonly volumes: readonly SimVolume[];
  readonly nodes: readonly SimNode[];
  readonly #api: ApiSide;
  readonly #collections: Readonly<Record<Plural, Collection>>;
  /** By name; our driver's only. */
  readonly #attachments = new Map<string, KubeObject>();
  readonly #byVolume = new Map<string, Map<string, KubeObject>>();
  readonly #volumes = new Map<string, SimVolume>();
  readonly #byHandle = new Map<string, SimVolume>();
  #secretGeneration = 1;

  constructor(options: { api: ApiSide; volumes: readonly SimVolume[]; nodes: number }) {
    this.#api = options.api;
    this.volumes = options.volumes;
    this.nodes = Array.from({ length: options.nodes }, (_, index) => ({
      name: `n${index}`,
      id: `id-n${index}-1`,
      generation: 1,
      registered: true,
    }));
    const { store } = options.api.server;
    const entries = Object.keys(paths).map((plural) => {
      const resource = resources.find((each) => each.plural === plural);
      if (resource === undefined) throw new Error(`no resource ${plural}`);
      return [plural, store.collection(resource.storedAs)] as const;
    });
    this.#collections = Object.fromEntries(entries) as Record<Plural, Collection>;
    this.#collections.volumeattachments.subscribe((event) => this.#follow(event));
    for (const volume of options.volumes) {
      this.#volumes.set(volume.pv, volume);
      this.#byHandle.set(volume.handle, volume);
    }
  }

  collection(plural: Plural): Collection {
    return this.#collections[plural];
  }

  get(plural: Plural, name: string): KubeObject | undefined {
    const key =
      plural === 'secrets' ? `${secretNamespace}/${name}` : plural === 'leases' ? `kube-system/${name}` : name;
    return this.#collections[plural].get(key)?.object;
  }

  /** All attachments of our driver. */
  attachments(): Iterable<KubeObject> {
    return this.#attachments.values();
  }

  /** Those of them that name the PersistentVolume. */
  attachmentsOf(pv: string): KubeObject[] {
    return [...(this.#byVolume.get(pv)?.values() ?? [])];
  }

  /** The volume behind a PersistentVolume of that name. */
  volumeNamed(pv: string | undefined): SimVolume | undefined {
    return pv === undefined ? undefined : this.#volumes.get(pv);
  }

  volumeOf(handle: string): SimVolume | undefined {
    return this.#byHandle.get(handle);
  }

  #follow({ type, version: { object } }: StoreEvent): void {
    const { attacher, source } = specOf(object);
    if (attacher !== driverName) return;
    const { name } = object.metadata;
    const pv = source.persistentVolumeName ?? '';
    const siblings = this.#byVolume.get(pv) ?? new Map<string, KubeObject>();
    this.#byVolume.set(pv, siblings);
    for (const index of [this.#attachments, siblings]) {
      if (type === 'DELETED') index.delete(name);
      else index.set(name, object);
    }
  }

  create(by: string, plural: Plural, object: object): boolean {
    return this.#api.act(by, 'POST', paths[plural], object) < 300;
  }

  delete(by: string, plural: Plural, name: string): boolean {
    return this.#api.act(by, 'DELETE', `${paths[plural]}/${name}`) < 300;
  }

  patch(by: string, plural: Plural, name: string, patch: object): boolean {
    return this.#api.act(by, 'PATCH', `${paths[plural]}/${name}`, patch, 'application/merge-patch+json') < 300;
  }

  attachmentName(volume: SimVolume, node: SimNode): string {
    return attachmentName(volume.handle, driverName, node.name);
  }

  createAttachment(by: string, volume: SimVolume, node: SimNode): boolean {
    return this.create(by, 'volumeattachments', {
      metadata: { name: this.attachmentName(volume, node) },
      spec: { attacher: driverName, nodeName: node.name, source: { persistentVolumeName: volume.pv } },
    });
  }

  createVolume(by: string, volume: SimVolume): boolean {
    const { pv, handle, shared, block, withSecret } = volume;
    return this.create(by, 'persistentvolumes', {
      metadata: { name: pv, finalizers: ['kubernetes.io/pv-protection'] },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: [shared ? 'ReadWriteMany' : 'ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Delete',
        ...(block ? { volumeMode: 'Block' } : {}),
        csi: {
          driver: driverName,
          volumeHandle: handle,
          ...(block ? {} : { fsType: 'ext4' }),
          volumeAttributes: { hint: `${secretMark}-attribute` },
          ...(withSecret ? { controllerPublishSecretRef: { name: 'publish', namespace: secretNamespace } } : {}),
        },
      },
    });
  }

  /** Writes the node's CSINode as it is to be now: with our driver on it, or without. */
  registerNode(by: string, node: SimNode): void {
    const drivers = node.registered ? [{ name: driverName, nodeID: node.id, topologyKeys: [] }] : [];
    this.delete(by, 'csinodes', node.name);
    this.create(by, 'csinodes', { metadata: { name: node.name }, spec: { drivers } });
  }

  createSecret(by: string): void {
    const value = Buffer.from(`${secretMark}-${this.#secretGeneration++}`).toString('base64');
    this.create(by, 'secrets', { metadata: { name: 'publish' }, data: { password: value } });
  }

  rotateSecret(by: string): void {
    const value = Buffer.from(`${secretMark}-${this.#secretGeneration++}`).toString('base64');
    this.patch(by, 'secrets', 'publish', { data: { password: value } });
  }

  /** Everything that is there from the start. */
  setUp(): void {
    for (const node of this.nodes) this.registerNode('world', node);
    this.createSecret('world');
    for (const volume of this.volumes) this.createVolume('world', volume);
    this.#createForeign();
  }

  /** Somebody else's volume: the attacher must never touch it. */
  #createForeign(): void {
    this.create('world', 'persistentvolumes', {
      metadata: { name: 'foreign' },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        csi: { driver: otherDriver, volumeHandle: 'foreign' },
      },
    });
    this.create('world', 'volumeattachments', {
      metadata: { name: 'foreign' },
      spec: { attacher: otherDriver, nodeName: 'n0', source: { persistentVolumeName: 'foreign' } },
    });
  }
}

export interface AttachmentSpec {
  attacher: string;
  nodeName: string;
  source: { persistentVolumeName?: string };
}

export function specOf(object: KubeObject): AttachmentSpec {
  return object.spec as AttachmentSpec;
}

export interface AttachmentStatus {
  attached: boolean;
  attachmentMetadata?: Record<string, string>;
  attachError?: { message: string; time: string; errorCode?: number };
  detachError?: { message: string; time: string; errorCode?: number };
}

export function statusOf(object: KubeObject): AttachmentStatus {
  return (object.status ?? { attached: false }) as unknown as AttachmentStatus;
}
