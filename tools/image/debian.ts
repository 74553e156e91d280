import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Platform } from './platforms.ts';
import { run } from './run.ts';

/** Debian's packages with the libraries that Node links. */
const packages = ['libc6', 'libstdc++6', 'libgcc-s1'] as const;
/** It tells scanners which release the packages are of; nothing else is taken from it. */
const release = 'base-files';

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Its stanza as dpkg keeps it. */
  readonly control: string;
  /** The folder that it is unpacked in. */
  readonly root: string;
  /** The file with its licences. */
  readonly copyright: string;
}

/**
 * The packages of that platform, downloaded by apt with a state of its own (so that the machine's architectures stay as
 * they are), checked by apt against Debian's signatures, and unpacked. Nothing of them is run.
 */
export function debianPackages(platform: Platform, cache: string): DebianPackage[] {
  const folder = join(cache, 'debian', platform.debian);
  const apt = aptOptions(folder, platform.debian);
  if (!isFresh(join(folder, 'apt/updated'))) {
    run('apt-get', [...apt, 'update']);
    writeFileSync(join(folder, 'apt/updated'), '');
  }
  return [...packages, release].map((name) => unpack(name, apt, folder));
}

/** Debian's lists change a few times a day; a build that follows another at once takes the same packages. */
function isFresh(stamp: string): boolean {
  return existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < 6 * 60 * 60_000;
}

function aptOptions(folder: string, architecture: string): string[] {
  const [lists, archives, state] = ['lists', 'archives', 'state'].map((part) => join(folder, 'apt', part)) as [
    string,
    string,
    string,
  ];
  for (const part of [join(lists, 'partial'), join(archives, 'partial'), state]) mkdirSync(part, { recursive: true });
  writeFileSync(join(state, 'status'), '', { flag: 'a' });
  const options = {
    'Dir::State': state,
    'Dir::State::Lists': lists,
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(folder, 'apt'),
    'Dir::Cache::archives': archives,
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  return ['-qq', ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])];
}

/** The path of the downloaded file. One that is there already, with the checksum that apt gives, is not loaded anew. */
function download(name: string, apt: readonly string[], debs: string): string {
  mkdirSync(debs, { recursive: true });
  const told = run('apt-get', [...apt, '--print-uris', 'download', name]);
  const [, file = '', sha256 = ''] = /^'[^']+' (\S+) \d+ SHA256:(\w+)$/m.exec(told) ?? [];
  if (file === '') throw new Error(`apt does not say where ${name} is: ${told.trim()}`);
  const path = join(debs, basename(file));
  if (!existsSync(path)) run('apt-get', [...apt, 'download', name], { cwd: debs });
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (found !== sha256) throw new Error(`${file} has the checksum ${found}, but apt says ${sha256}`);
  return path;
}

function unpack(name: string, apt: readonly string[], folder: string): DebianPackage {
  const deb = download(name, apt, join(folder, 'debs'));
  const field = (which: string): string => run('dpkg-deb', ['--field', deb, which]).trim();
  const root = extract(deb, join(folder, 'roots', name));
  const control = run('dpkg-deb', ['--field', deb]);
  const copyright = copyrightOf(name, root, apt, folder);
  return { name, version: field('Version'), architecture: field('Architecture'), control, root, copyright };
}

function extract(deb: string, root: string): string {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  run('dpkg-deb', ['--extract', deb, root]);
  return root;
}

/** Libraries of a compiler have a link there, named after the package that has their licences. */
function copyrightOf(name: string, root: string, apt: readonly string[], folder: string): string {
  const documents = join(root, 'usr/share/doc', name);
  if (!lstatSync(documents).isSymbolicLink()) return join(documents, 'copyright');
  const owner = basename(readlinkSync(documents));
  const owned = extract(download(owner, apt, join(folder, 'debs')), join(folder, 'licences', owner));
  return join(owned, 'usr/share/doc', owner, 'copyright');
}
