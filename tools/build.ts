/** Bundles the attacher into one CommonJS file, and its tools into another: it starts smaller and sooner than modules do (docs/decisions/0002). */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  minifyIdentifiers: true,
  keepNames: false,
  legalComments: 'linked',
  sourcemap: false,
  define: { __CSI_ATTACHER_VERSION__: JSON.stringify(version), 'import.meta.url': 'undefined' },
  external: ['@kubernetes/client-node'],
  logLevel: 'warning',
  write: false,
  metafile: true,
} satisfies BuildOptions;

/** The tools are loaded only where somebody runs one: an attacher is not larger for them. */
const toolsApart: Plugin = {
  name: 'tools apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/tools\.ts$/ }, () => ({ path: './csi-attacher-tools.cjs', external: true }));
  },
};

const bundles = await Promise.all([
  build({ ...shared, entryPoints: ['src/main.ts'], outfile: 'dist/csi-attacher.cjs', plugins: [toolsApart] }),
  build({ ...shared, entryPoints: ['src/tools.ts'], outfile: 'dist/csi-attacher-tools.cjs' }),
]);
const outputFiles = bundles.flatMap((bundle) => bundle.outputFiles);

// Whole or not at all: an attacher that starts while this runs must not read half a bundle.
for (const { path, contents } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, contents);
  renameSync(`${path}.new`, path);
}

// Which packages are in them: for the image's list of parts.
const inputs = Object.assign({}, ...bundles.map(({ metafile }) => metafile.inputs));
writeFileSync('dist/csi-attacher.meta.json', JSON.stringify({ inputs }));
