import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { run } from './run.ts';

export interface Layer {
  /** The compressed bytes, and their digest: `sha256:…`. */
  readonly bytes: Buffer;
  readonly digest: string;
  /** Digest of the bytes before compression. */
  readonly diffId: string;
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** What makes two archives of the same files the same bytes: order, times, owners, and no extended headers of the day. */
export const sameBytes: readonly string[] = [
  ...['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=posix'],
  '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
];

/** A folder as a layer. Packing takes long, so that a layer is kept in `cache` under the digest of what it packs. */
export async function layerOf(root: string, cache: string): Promise<Layer> {
  mkdirSync(cache, { recursive: true });
  const archive = join(cache, 'layer.tar');
  run('tar', [...sameBytes, '--create', '--file', archive, '--directory', root, '.']);
  const content = readFileSync(archive);
  rmSync(archive);
  const diffId = sha256(content);
  const packed = join(cache, `${diffId.slice('sha256:'.length)}.tar.gz`);
  if (!existsSync(packed)) {
    writeFileSync(`${packed}.new`, await promisify(gzip)(content, { level: 9 }));
    renameSync(`${packed}.new`, packed);
  }
  const bytes = readFileSync(packed);
  return { bytes, digest: sha256(bytes), diffId };
}
