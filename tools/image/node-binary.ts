import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from './platforms.ts';
import { run } from './run.ts';

interface LockedPackage {
  version: string;
  integrity: string;
}

export interface NodeBinary {
  readonly version: string;
  /** The program, without symbols for debuggers. */
  readonly path: string;
  readonly license: string;
}

/** Node for that platform, in the version and with the checksum of the lock file. */
export function nodeBinary(platform: Platform, cache: string): NodeBinary {
  const { version, integrity } = locked(platform.nodePackage);
  const folder = join(cache, 'node', `${platform.nodePackage}-${version}`);
  const tarball = join(folder, `${platform.nodePackage}-${version}.tgz`);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(tarball)) {
    run('npm', ['pack', '--silent', '--pack-destination', folder, `${platform.nodePackage}@${version}`]);
  }
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (found !== integrity) {
    rmSync(tarball);
    throw new Error(`${platform.nodePackage} ${version} has the checksum ${found}; package-lock.json has ${integrity}`);
  }
  const path = join(folder, 'node');
  run('tar', ['--extract', '--gzip', '--file', tarball, '--directory', folder, 'package/bin/node', 'package/LICENSE']);
  copyFileSync(join(folder, 'package/bin/node'), path);
  // A sixth of the file is of use to debuggers alone.
  run(`${platform.triplet}-strip`, [path]);
  return { version, path, license: join(folder, 'package/LICENSE') };
}

function locked(name: string): LockedPackage {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockedPackage> };
  const found = lock.packages[`node_modules/${name}`];
  if (found === undefined) throw new Error(`package-lock.json has no ${name}`);
  return found;
}
