import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BundledPackage } from './bundles.ts';
import type { DebianPackage } from './debian.ts';
import type { NodeBinary } from './node-binary.ts';
import type { Platform } from './platforms.ts';
import { run } from './run.ts';

/** The user and group that the image runs as; `nonroot`, under the number that others give it too. */
export const userId = 65532;

const home = 'usr/lib/csi-attacher';

/** Writes a file of the image, readable by all. */
function put(root: string, path: string, content: string | Buffer, mode = 0o644): void {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content, { mode });
  chmodSync(target, mode);
}

function empty(root: string): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
}

/**
 * The lower layer: Node, the libraries that it links, the user, and what tells scanners where all that came from. It
 * changes only when Node or Debian change.
 */
export function baseFiles(root: string, platform: Platform, debian: readonly DebianPackage[], node: NodeBinary): void {
  empty(root);
  for (const folder of ['dev', 'etc', 'proc', 'sys', 'var/run']) mkdirSync(join(root, folder), { recursive: true });
  put(root, `${home}/node`, readFileSync(node.path), 0o755);
  put(root, 'usr/share/doc/nodejs/LICENSE', readFileSync(node.license));
  for (const name of linkedLibraries(node.path, platform, debian)) copyLibrary(root, name, platform, debian);
  for (const { name, control, copyright } of debian) {
    put(root, `var/lib/dpkg/status.d/${name}`, control);
    put(root, `usr/share/doc/${name}/copyright`, readFileSync(copyright));
  }
  const release = find(debian, 'usr/lib/os-release');
  put(root, 'etc/os-release', readFileSync(release));
  put(root, 'etc/passwd', `root:x:0:0:root:/:/none\nnonroot:x:${userId}:${userId}:nonroot:/:/none\n`);
  put(root, 'etc/group', `root:x:0:\nnonroot:x:${userId}:\n`);
  put(root, 'etc/nsswitch.conf', 'hosts: files dns\n');
}

/** The upper layer: the attacher. It changes with each release, and is shared by all tags of one. */
export function attacherFiles(
  root: string,
  parts: { launcher: string; bundles: readonly string[]; packages: readonly BundledPackage[]; sbom: string },
): void {
  empty(root);
  put(root, 'csi-attacher', readFileSync(parts.launcher), 0o755);
  for (const bundle of parts.bundles) put(root, `${home}/${basename(bundle)}`, readFileSync(bundle));
  put(root, 'usr/share/doc/csi-attacher/LICENSE', readFileSync('LICENSE'));
  put(root, 'usr/share/sbom/csi-attacher.spdx.json', parts.sbom);
  for (const { name, version, license, folder, bundle } of parts.packages) {
    // Where scanners look for packages; the code itself is in the bundle, unless it is loaded only when it is needed.
    const manifest = { name, version, license, ...(bundle === undefined ? {} : { main: 'index.js' }) };
    put(root, `${home}/node_modules/${name}/package.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);
    if (bundle !== undefined) put(root, `${home}/node_modules/${name}/index.js`, readFileSync(bundle));
    for (const file of readdirSync(folder).filter((each) => /^(licen[cs]e|notice|copying)/i.test(each))) {
      put(root, `usr/share/doc/csi-attacher/${name}/${file}`, readFileSync(join(folder, file)));
    }
  }
}

/** The names of all libraries that the program needs, and those that they need. */
function linkedLibraries(program: string, platform: Platform, debian: readonly DebianPackage[]): Set<string> {
  const found = new Set<string>([basename(platform.loader)]);
  const follow = (file: string): void => {
    for (const [, name = ''] of run('readelf', ['--dynamic', file]).matchAll(/\(NEEDED\)[^[]*\[([^\]]+)\]/g)) {
      if (found.has(name)) continue;
      found.add(name);
      follow(libraryFile(name, platform, debian).path);
    }
  };
  follow(program);
  // Loaded by name when a host is looked up.
  for (const name of ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2']) found.add(name);
  return found;
}

function libraryFile(
  name: string,
  platform: Platform,
  debian: readonly DebianPackage[],
): { path: string; target: string } {
  if (name === basename(platform.loader)) return { path: find(debian, platform.loader), target: platform.loader };
  for (const folder of [`lib/${platform.triplet}`, `usr/lib/${platform.triplet}`]) {
    const target = `${folder}/${name}`;
    const root = debian.map((each) => each.root).find((each) => existsSync(join(each, target)));
    if (root !== undefined) return { path: join(root, target), target };
  }
  throw new Error(`none of ${debian.map((each) => each.name).join(', ')} has the library ${name}`);
}

/** Links are followed: each library stands under the one name that it is loaded by. */
function copyLibrary(root: string, name: string, platform: Platform, debian: readonly DebianPackage[]): void {
  const { path, target } = libraryFile(name, platform, debian);
  mkdirSync(dirname(join(root, target)), { recursive: true });
  cpSync(realpathSync(path), join(root, target));
  chmodSync(join(root, target), 0o755);
}

function find(debian: readonly DebianPackage[], path: string): string {
  const root = debian.map((each) => each.root).find((each) => existsSync(join(each, path)));
  if (root === undefined) throw new Error(`none of ${debian.map((each) => each.name).join(', ')} has ${path}`);
  return join(root, path);
}
