/** What the image is made of, for both platforms, and that tools which take images take it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseArgs } from '../../src/cli/parse-args.ts';
import {
  blob,
  type Descriptor,
  type Image,
  type ImageConfig,
  imageMissing,
  images,
  layoutFolder,
  tags,
  unpack,
} from './oci-layout.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const architectures = ['amd64', 'arm64'];
/** What ELF calls them. */
const machines: Readonly<Record<string, number>> = { amd64: 62, arm64: 183 };

function tagged(name: string): Map<string, Image> {
  assert.equal(imageMissing(), undefined);
  const tag: Descriptor | undefined = tags().get(name);
  assert.ok(tag, `the layout has the tag ${name}`);
  return images(tag);
}

function imageOf(tag: string, architecture: string): Image {
  const image = tagged(tag).get(architecture);
  assert.ok(image, `${tag} has an image for ${architecture}`);
  return image;
}

interface Unpacked {
  root: string;
  files: string[];
}

const folder = mkdtempSync(join(tmpdir(), 'csi-layout-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const laidOut = new Map<string, Unpacked>();

/** Once for all tests: none of them changes it. */
function unpacked(architecture: string): Unpacked {
  const known = laidOut.get(architecture);
  if (known !== undefined) return known;
  const root = join(folder, architecture);
  mkdirSync(root);
  unpack(imageOf(version, architecture), root);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  laidOut.set(architecture, { root, files });
  return { root, files };
}

function skopeo(...args: string[]): string {
  return execFileSync('skopeo', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The machine that a program or library is for; undefined for any other file. */
function machineOf(path: string): number | undefined {
  const head = Buffer.alloc(20);
  const file = openSync(path, 'r');
  readSync(file, head);
  closeSync(file);
  return head.subarray(0, 4).toString('latin1') === '\x7fELF' ? head.readUInt16LE(18) : undefined;
}

test('both tags have both platforms, share their layers, and differ in one variable that the attacher understands', () => {
  assert.deepEqual([...tags().keys()], [version, `${version}-upstream`]);
  for (const architecture of architectures) {
    const [plain, upstream] = [imageOf(version, architecture), imageOf(`${version}-upstream`, architecture)];
    assert.deepEqual(upstream.layers, plain.layers);
    const without = { ...upstream.config, config: { ...upstream.config.config, Env: plain.config.config.Env } };
    assert.deepEqual(without, plain.config);
    const added = upstream.config.config.Env.filter((variable) => !plain.config.config.Env.includes(variable));
    assert.deepEqual(added, ['CSI_ATTACHER_DEFAULTS=upstream']);
    assert.equal(upstream.config.config.Env.length, plain.config.config.Env.length + 1);
    const command = parseArgs([], Object.fromEntries(added.map((variable) => variable.split('='))));
    assert.equal(command.kind === 'run' && command.config.leaderElection, false, JSON.stringify(command));
  }
});

test('every image starts the attacher as an unprivileged user, and says what it is', () => {
  for (const architecture of architectures) {
    const { config, layers } = imageOf(version, architecture);
    assert.equal(config.architecture, architecture);
    assert.equal(config.os, 'linux');
    assert.equal(config.config.User, '65532:65532');
    assert.deepEqual(config.config.Entrypoint, ['/csi-attacher']);
    assert.equal(config.config.Cmd, undefined);
    const labels = config.config.Labels;
    assert.equal(labels['org.opencontainers.image.version'], version);
    assert.equal(labels['org.opencontainers.image.licenses'], 'Apache-2.0');
    assert.match(labels['org.opencontainers.image.revision'] ?? '', /^[0-9a-f]{40}$/);
    const size = layers.reduce((sum, layer) => sum + blob(layer).length, 0);
    assert.ok(size < 50e6, `${architecture} has ${(size / 1e6).toFixed(1)} MB`);
  }
});

test('every program and library of an image is for its platform, and every library that one needs is there', () => {
  for (const architecture of architectures) {
    const { root, files } = unpacked(architecture);
    const programs = files.filter((file) => machineOf(join(root, file)) !== undefined);
    assert.ok(programs.includes('csi-attacher'));
    for (const file of programs) assert.equal(machineOf(join(root, file)), machines[architecture], file);
    const names = new Set(programs.map((file) => file.split('/').at(-1)));
    for (const file of programs) {
      const dynamic = execFileSync('readelf', ['--wide', '--dynamic', '--program-headers', join(root, file)], {
        ...{ encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
      });
      for (const [, needed = ''] of dynamic.matchAll(/\(NEEDED\)[^[]*\[([^\]]+)\]/g)) {
        assert.ok(names.has(needed), `${architecture}: ${file} needs ${needed}`);
      }
      const loader = /program interpreter: \/([^\]]+)\]/.exec(dynamic)?.[1];
      if (loader !== undefined) assert.ok(existsSync(join(root, loader)), `${architecture}: ${file} needs /${loader}`);
    }
  }
});

test('scanners find the packages, and the list of parts has each of them', () => {
  for (const architecture of architectures) {
    const { root, files } = unpacked(architecture);
    const list = files.find((file) => file.endsWith('.spdx.json')) ?? '';
    const { spdxVersion, packages } = JSON.parse(readFileSync(join(root, list), 'utf8')) as {
      spdxVersion: string;
      packages: { name: string; versionInfo: string }[];
    };
    assert.equal(spdxVersion, 'SPDX-2.3');
    const listed = new Set(packages.map((each) => `${each.name} ${each.versionInfo}`));
    const databases = files.filter((file) => file.startsWith('var/lib/dpkg/status.d/'));
    const installed = databases.map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      assert.match(text, new RegExp(`^Architecture: ${architecture}$`, 'm'), file);
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
      return `${field('Package')} ${field('Version')}`;
    });
    const manifests = files.filter((file) => /node_modules\/.*\/package\.json$/.test(file));
    const bundled = manifests.map((file) => {
      const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as { name: string; version: string };
      return `${manifest.name} ${manifest.version}`;
    });
    for (const name of ['libc6', 'libstdc++6', 'libgcc-s1']) assert.ok(installed.some((each) => each.startsWith(name)));
    for (const name of ['prom-client', 'yaml']) assert.ok(bundled.some((each) => each.startsWith(name)));
    for (const each of [...installed, ...bundled]) assert.ok(listed.has(each), `${list} has ${each}`);
    for (const name of [...installed.map((each) => each.split(' ')[0]), 'nodejs', 'csi-attacher']) {
      assert.ok(
        files.some((file) => file.startsWith(`usr/share/doc/${name}/`)),
        `a licence of ${name}`,
      );
    }
  }
});

test('skopeo reads the layout, and each archive as what `docker load` and `podman load` take', () => {
  for (const tag of [version, `${version}-upstream`]) {
    const index = JSON.parse(skopeo('inspect', '--raw', `oci:${layoutFolder}:${tag}`)) as { manifests: Descriptor[] };
    assert.deepEqual(
      index.manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`),
      ['linux/amd64', 'linux/arm64'],
    );
    for (const architecture of architectures) {
      const archive = join(layoutFolder, '..', `csi-attacher-${tag}-linux-${architecture}.tar`);
      const docker = JSON.parse(skopeo('inspect', '--config', `docker-archive:${archive}`)) as ImageConfig;
      const { config, rootfs } = imageOf(tag, architecture).config;
      assert.partialDeepStrictEqual(docker, { config, rootfs }, archive);
    }
  }
});
