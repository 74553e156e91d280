/** Reads what `make image` has made, as whoever pulls it would: from the index of the layout down to the layers. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const layoutFolder = fileURLToPath(new URL('../../dist/image', import.meta.url));

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { architecture: string; os: string };
  annotations?: Record<string, string>;
}

interface Index {
  manifests: Descriptor[];
}

export interface ImageConfig {
  created: string;
  architecture: string;
  os: string;
  config: { User: string; Env: string[]; Entrypoint: string[]; Cmd?: string[]; Labels: Record<string, string> };
  rootfs: { diff_ids: string[] };
}

export interface Image {
  config: ImageConfig;
  layers: Descriptor[];
}

/** Why there is no image to test; undefined if there is one. */
export function imageMissing(): string | undefined {
  return existsSync(join(layoutFolder, 'index.json')) ? undefined : `${layoutFolder} has no image: make image`;
}

function blobPath({ digest }: Descriptor): string {
  return join(layoutFolder, 'blobs', digest.replace(':', '/'));
}

/** The bytes that a descriptor names. Throws unless size and digest are the ones that it says. */
export function blob(descriptor: Descriptor): Buffer {
  const bytes = readFileSync(blobPath(descriptor));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (digest !== descriptor.digest || bytes.length !== descriptor.size) {
    throw new Error(`${descriptor.digest} with ${descriptor.size} bytes is ${digest} with ${bytes.length}`);
  }
  return bytes;
}

function json<T>(descriptor: Descriptor): T {
  return JSON.parse(blob(descriptor).toString()) as T;
}

/** What each tag of the layout stands for. */
export function tags(): Map<string, Descriptor> {
  const { manifests } = JSON.parse(readFileSync(join(layoutFolder, 'index.json'), 'utf8')) as Index;
  return new Map(manifests.map((each) => [each.annotations?.['org.opencontainers.image.ref.name'] ?? '', each]));
}

/** The image of each platform that a tag has, by architecture. */
export function images(tag: Descriptor): Map<string, Image> {
  const read = (manifest: Descriptor): Image => {
    const { config, layers } = json<{ config: Descriptor; layers: Descriptor[] }>(manifest);
    return { config: json<ImageConfig>(config), layers };
  };
  const { manifests } = json<Index>(tag);
  return new Map(manifests.map((each) => [each.platform?.architecture ?? '', read(each)]));
}

/** Lays the layers over each other in `folder`, which has to be there. */
export function unpack({ layers }: Image, folder: string): void {
  for (const layer of layers) {
    blob(layer);
    execFileSync('tar', ['--extract', '--gzip', '--same-owner', '--file', blobPath(layer), '--directory', folder]);
  }
}
