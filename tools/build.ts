/** Bundles the attacher into one CommonJS file: it starts smaller and sooner than modules do (docs/decisions/0002). */
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

await build({
  entryPoints: ['src/main.ts'],
  outfile: 'dist/csi-attacher.cjs',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  legalComments: 'linked',
  sourcemap: false,
  define: { __CSI_ATTACHER_VERSION__: JSON.stringify(version), 'import.meta.url': 'undefined' },
  external: ['@kubernetes/client-node'],
  logLevel: 'warning',
});
