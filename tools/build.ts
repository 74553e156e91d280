/** Bundles the attacher into one CommonJS file: it starts smaller and sooner than modules do (docs/decisions/0002). */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const { outputFiles } = await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/csi-attacher.cjs',
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
});

// Whole or not at all: an attacher that starts while this runs must not read half a bundle.
for (const { path, contents } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, contents);
  renameSync(`${path}.new`, path);
}
