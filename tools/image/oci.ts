import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userId } from './file-system.ts';
import { type Layer, sha256 } from './layer.ts';

/** How OCI refers to a blob. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

const refName = 'org.opencontainers.image.ref.name';

/** A folder in OCI's image layout: blobs by digest, and an index of what has a name. */
export class OciLayout {
  readonly #folder: string;
  readonly #named: Descriptor[] = [];

  /** Begins anew: what was in the folder is gone. */
  constructor(folder: string) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  }

  blob(mediaType: string, bytes: Uint8Array): Descriptor {
    const digest = sha256(bytes);
    writeFileSync(join(this.#folder, 'blobs', digest.replace(':', '/')), bytes);
    return { mediaType, digest, size: bytes.length };
  }

  json(mediaType: string, value: unknown): Descriptor {
    return this.blob(mediaType, Buffer.from(JSON.stringify(value)));
  }

  /** The image for one platform. */
  image(options: ImageOptions): Image {
    const { architecture, layers, labels } = options;
    const config = this.json(mediaTypes.config, imageConfig(options));
    const stored = layers.map(({ bytes }) => this.blob(mediaTypes.layer, bytes));
    const annotations = labels;
    const content = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: stored, annotations };
    const manifest = { ...this.json(mediaTypes.manifest, content), platform: { architecture, os: 'linux' } };
    return { manifest, config, layers: stored };
  }

  /** One name for the images of all platforms. Returns the digest that the name stands for. */
  tag(name: string, images: readonly Image[], labels: Readonly<Record<string, string>>): string {
    const manifests = images.map(({ manifest }) => manifest);
    const content = { schemaVersion: 2, mediaType: mediaTypes.index, manifests, annotations: labels };
    const index = this.json(mediaTypes.index, content);
    this.#named.push({ ...index, annotations: { [refName]: name } });
    return index.digest;
  }

  /** One name for the image of one platform, in a layout that has no other. */
  tagImage(name: string, { manifest }: Image): void {
    this.#named.push({ ...manifest, annotations: { [refName]: name } });
  }

  finish(): void {
    writeFileSync(join(this.#folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    const content = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: this.#named };
    writeFileSync(join(this.#folder, 'index.json'), JSON.stringify(content));
  }
}

export interface Image {
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageOptions {
  readonly architecture: string;
  readonly layers: readonly Layer[];
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly created: string;
  readonly environment: Readonly<Record<string, string>>;
}

function imageConfig({ architecture, layers, labels, created, environment }: ImageOptions) {
  return {
    created,
    architecture,
    os: 'linux',
    config: {
      User: `${userId}:${userId}`,
      ExposedPorts: { '8080/tcp': {}, '9808/tcp': {} },
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      Entrypoint: ['/csi-attacher'],
      WorkingDir: '/',
      Labels: labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created, created_by: 'make image' })),
  };
}
