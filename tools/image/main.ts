/**
 * `make image`: the image for every platform, as an OCI layout in dist/image/, and beside it an archive for each platform
 * that `docker load` takes. Made of this repository, npm and Debian's packages; no other image, and no emulation.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeArchive } from './archive.ts';
import { bundledPackages } from './bundles.ts';
import { debianPackages } from './debian.ts';
import { attacherFiles, baseFiles } from './file-system.ts';
import { compileLauncher } from './launcher.ts';
import { type Layer, layerOf } from './layer.ts';
import { nodeBinary } from './node-binary.ts';
import { type Image, OciLayout } from './oci.ts';
import { platforms } from './platforms.ts';
import { run } from './run.ts';
import { spdx } from './sbom.ts';

const cache = resolve('.cache/image');
const output = 'dist/image';
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const source = {
  revision: run('git', ['rev-parse', 'HEAD']).trim(),
  seconds: run('git', ['log', '-1', '--format=%ct']).trim(),
};
const created = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? source.seconds) * 1000).toISOString();

/** The tags of a release, and what is set in each: they share all layers. */
const tags: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [version]: { PATH: '/' },
  [`${version}-upstream`]: { PATH: '/', CSI_ATTACHER_DEFAULTS: 'upstream' },
};

const labels = {
  'org.opencontainers.image.title': 'csi-attacher',
  'org.opencontainers.image.description': 'Kubernetes CSI external-attacher in TypeScript',
  'org.opencontainers.image.version': version,
  'org.opencontainers.image.revision': source.revision,
  'org.opencontainers.image.created': created,
  'org.opencontainers.image.licenses': 'Apache-2.0',
};

async function layers(platform: (typeof platforms)[number]): Promise<Layer[]> {
  const { architecture } = platform;
  const debian = debianPackages(platform, cache);
  const node = nodeBinary(platform, cache);
  const packages = await bundledPackages('dist/csi-attacher.meta.json', `${cache}/bundles`);
  const launcher = `${cache}/launcher-${architecture}`;
  compileLauncher(platform, launcher);
  const sbom = spdx({ version, architecture, created, debian, node, packages });
  writeFileSync(`dist/csi-attacher-${version}-linux-${architecture}.spdx.json`, sbom);
  baseFiles(`${cache}/roots/${architecture}/base`, platform, debian, node);
  const upper = `${cache}/roots/${architecture}/attacher`;
  const bundles = ['dist/csi-attacher.cjs', 'dist/csi-attacher-tools.cjs'];
  attacherFiles(upper, { launcher, bundles, packages, sbom });
  const packed = [`${cache}/roots/${architecture}/base`, upper].map((root) => layerOf(root, `${cache}/layers`));
  return Promise.all(packed);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

mkdirSync(cache, { recursive: true });
const layout = new OciLayout(output);
const built = new Map<string, Layer[]>();
// Compressing takes longest, and goes on for one platform while the other is prepared.
const packed = platforms.map(async (platform) => [platform.architecture, await layers(platform)] as const);
for (const [architecture, shared] of await Promise.all(packed)) built.set(architecture, shared);
for (const [tag, environment] of Object.entries(tags)) {
  const images: Image[] = [];
  for (const [architecture, shared] of built) {
    const options = { architecture, layers: shared, labels, created, environment };
    images.push(layout.image(options));
    writeArchive(`dist/csi-attacher-${tag}-linux-${architecture}.tar`, `csi-attacher:${tag}`, options);
  }
  process.stdout.write(`csi-attacher:${tag} ${layout.tag(tag, images, labels)}\n`);
}
layout.finish();
for (const [architecture, shared] of built) {
  const size = shared.reduce((sum, { bytes }) => sum + bytes.length, 0);
  process.stdout.write(`linux/${architecture}: ${megabytes(size)} compressed\n`);
}
