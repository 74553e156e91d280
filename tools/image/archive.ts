import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sameBytes } from './layer.ts';
import { type ImageOptions, OciLayout } from './oci.ts';
import { run } from './run.ts';

/**
 * One platform's image as one file that `docker load`, `podman load` and `ctr images import` take: an OCI layout, with
 * Docker's manifest.json beside its index.
 */
export function writeArchive(path: string, name: string, options: ImageOptions): void {
  const folder = mkdtempSync(join(tmpdir(), 'csi-attacher-image-'));
  try {
    const layout = new OciLayout(folder);
    const image = layout.image(options);
    layout.tagImage(name, image);
    layout.finish();
    const blob = ({ digest }: { digest: string }): string => `blobs/${digest.replace(':', '/')}`;
    const docker = [{ Config: blob(image.config), RepoTags: [name], Layers: image.layers.map(blob) }];
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(docker));
    run('tar', [...sameBytes, '--create', '--file', path, '--directory', folder, '.']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
