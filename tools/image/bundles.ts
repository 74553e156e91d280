import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** One npm package whose code is in the image. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Where it is installed, with its licence. */
  readonly folder: string;
  /** A file of its own, for one that is loaded only when it is needed; absent if it is in the attacher's bundle. */
  readonly bundle?: string | undefined;
}

/** What the attacher loads only for some users, and what it takes of it. */
const separate: Readonly<Record<string, string>> = {
  '@kubernetes/client-node': "export { KubeConfig } from '@kubernetes/client-node';",
};

/** All packages of the image: those in the attacher's bundle, by its `meta` file, and those beside it. */
export async function bundledPackages(meta: string, folder: string): Promise<BundledPackage[]> {
  const inputs = (JSON.parse(readFileSync(meta, 'utf8')) as { inputs: Record<string, unknown> }).inputs;
  const found = new Map(packagesOf(Object.keys(inputs)).map((each) => [each.name, each]));
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
  for (const [name, contents] of Object.entries(separate)) {
    if (!(name in dependencies)) continue;
    const bundle = join(folder, `${name.replace('/', '+')}.cjs`);
    mkdirSync(folder, { recursive: true });
    const { metafile } = await build({
      stdin: { contents, resolveDir: process.cwd(), loader: 'js' },
      outfile: bundle,
      ...{ bundle: true, platform: 'node', target: 'node24', format: 'cjs', minify: true, metafile: true },
      logLevel: 'error',
    });
    for (const each of packagesOf(Object.keys(metafile.inputs))) {
      const own = each.name === name ? bundle : undefined;
      if (!found.has(each.name)) found.set(each.name, { ...each, bundle: own });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function packagesOf(inputs: readonly string[]): BundledPackage[] {
  const folders = new Set<string>();
  for (const input of inputs) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  return [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
      license?: string;
    };
    return { name, version, license: license ?? 'NOASSERTION', folder };
  });
}
