import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectFile } from './rig/paths.ts';

const bundle = projectFile('dist/csi-attacher.cjs');

/** Builds our attacher unless the bundle is newer than every source. Throws if it cannot be built. */
export function buildBundle(): void {
  if (existsSync(bundle) && statSync(bundle).mtimeMs > newest(projectFile('src'))) return;
  const { status, stderr } = spawnSync(projectFile('tools/node'), [projectFile('tools/build.ts')], {
    cwd: projectFile('.'),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`cannot build the attacher:\n${stderr}`);
}

function newest(folder: string): number {
  const times = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs);
  return Math.max(...times);
}
