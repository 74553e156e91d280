/** The image as what runs: entered by its entry point, against the embedded API server and driver. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { attacherUser, seedAttacherRole } from '../apiserver/attacher-role.ts';
import { CoreClient } from '../apiserver/core-client.ts';
import { type RunningApiServer, startApiServer } from '../apiserver/start.ts';
import { type StartedDriver, startDriver } from '../csi-driver/index.ts';
import { attachmentName, csiNode, paths, persistentVolume, volumeAttachment } from '../support/cluster-objects.ts';
import { Container, cannotEnter, fileSystem, giveSocket, type Pod, pod } from './container.ts';
import { reserveDocumentedPorts } from './documented-ports.ts';
import { memoryLimit } from './memory-limit.ts';
import { type Image, imageMissing, images, tags } from './oci-layout.ts';

const driverName = 'image.csi.example';
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const skip = cannotEnter ?? false;

/** Word for word what pages about the attacher show. */
const dockerRun = '--csi-address=/csi/csi.sock --v=5 --leader-election=false'.split(' ');
const statefulSet = [
  ...'--v=5 --csi-address=/csi/csi.sock --leader-election=true --leader-election-namespace=kube-system'.split(' '),
  ...'--timeout=30s --metrics-addr=:8080 --health-addr=:9808'.split(' '),
];
const memoryLimitBytes = 256 * 1024 * 1024;

let folder: string;
let root: string;
let image: Image;
let upstream: Image;

before(async () => {
  if (skip !== false) return;
  assert.equal(imageMissing(), undefined);
  folder = await mkdtemp(join(tmpdir(), 'csi-image-'));
  const named = [...tags()].map(([tag, descriptor]) => [tag, images(descriptor).get(architecture)] as const);
  const [plain, other] = [/^[\d.]+$/, /-upstream$/].map((name) => named.find(([tag]) => name.test(tag))?.[1]);
  assert.ok(plain && other, `the layout has images for ${architecture}`);
  [image, upstream] = [plain, other];
  root = fileSystem(image, join(folder, 'root'));
});

after(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

class Surroundings {
  readonly server: RunningApiServer;
  readonly driver: StartedDriver;
  readonly pod: Pod;
  readonly #admin: CoreClient;
  readonly #context: TestContext;

  private constructor(context: TestContext, server: RunningApiServer, driver: StartedDriver, around: Pod) {
    [this.#context, this.server, this.driver, this.pod] = [context, server, driver, around];
    this.#admin = new CoreClient(server.core, server.token('admin'));
    seedAttacherRole(server.core, server.token('admin'));
    this.#admin.create(paths.csiNodes, csiNode('n1', { [driverName]: 'id-n1' }));
  }

  static async start(context: TestContext): Promise<Surroundings> {
    const server = await startApiServer();
    context.after(() => server.close());
    const around = pod(context, server, attacherUser);
    const driver = await startDriver({ socketPath: around.socket, name: driverName });
    context.after(() => driver.close());
    giveSocket(around, image);
    return new Surroundings(context, server, driver, around);
  }

  container(
    args: readonly string[],
    options: { procsFile?: string; command?: string[]; image?: Image } = {},
  ): Container {
    return new Container(this.#context, { image, root, pod: this.pod, args, ...options });
  }

  attach(...volumes: string[]): void {
    for (const name of volumes) {
      const volume = { name, driver: driverName, handle: `h-${name}` };
      this.#admin.create(paths.volumes, persistentVolume(volume));
      this.#admin.create(paths.attachments, volumeAttachment({ ...volume, nodeName: 'n1' }));
    }
  }

  detach(...volumes: string[]): void {
    for (const name of volumes) this.#admin.delete(this.#path(name));
  }

  attached(volume: string): boolean {
    const { status } = this.#admin.get(this.#path(volume)).body as { status?: { attached?: boolean } };
    return status?.attached === true && this.#published(volume);
  }

  gone(volume: string): boolean {
    return this.#admin.get(this.#path(volume)).status === 404 && !this.#published(volume);
  }

  #published(volume: string): boolean {
    return [...this.driver.core.ledger.entries()].some(({ volumeId }) => volumeId === `h-${volume}`);
  }

  #path(volume: string): string {
    return `${paths.attachments}/${attachmentName(`h-${volume}`, driverName, 'n1')}`;
  }
}

async function until(what: string, container: Container, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `${what}, not within 30 s:\n${container.output}`);
    await delay(10);
  }
}

async function attachAndDetach(around: Surroundings, container: Container, volumes: readonly string[]): Promise<void> {
  around.attach(...volumes);
  await until('attached', container, () => volumes.every((volume) => around.attached(volume)));
  around.detach(...volumes);
  await until('detached', container, () => volumes.every((volume) => around.gone(volume)));
}

/** Ends it as a kubelet does, and gives how long that took, in milliseconds. */
async function terminate(container: Container): Promise<number> {
  const stopped = performance.now();
  container.signal('SIGTERM');
  assert.equal(await container.ended, 0, container.output);
  return performance.now() - stopped;
}

test('what pages show behind `docker run` attaches and detaches, without privileges and on a read-only root', {
  skip,
}, async (context) => {
  await reserveDocumentedPorts(context);
  const around = await Surroundings.start(context);
  const container = around.container(dockerRun);
  const status = await container.begun();
  assert.equal(status.get('NSpid')?.split('\t').at(-1), '1');
  assert.equal(status.get('Uid'), '65532\t65532\t65532\t65532');
  assert.equal(status.get('Gid'), '65532\t65532\t65532\t65532');
  assert.equal(status.get('Groups')?.trim(), '');
  assert.equal(status.get('NoNewPrivs'), '1');
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.equal(status.get(set), '0'.repeat(16), set);
  await container.until(/CSI driver is ready/);
  assert.equal(container.child.exitCode, null, container.output);
  const mounts = readFileSync(`/proc/${container.pid}/mounts`, 'utf8').trim().split('\n');
  const own = mounts.map((line) => line.split(' ')).filter(([, , type]) => type !== 'proc');
  const writable = own.filter(([, , , flags]) => !flags?.split(',').includes('ro')).map(([, target]) => target);
  assert.deepEqual(writable, ['/csi'], 'only the folder of the socket is mounted for writing');
  await attachAndDetach(around, container, ['pv-1', 'pv-2']);
  const took = await terminate(container);
  assert.ok(took < 2_000, `it took ${Math.round(took)} ms to end`);
  assert.doesNotMatch(container.output, /orbidden|EACCES|EROFS/);
});

test('the StatefulSet of the same pages attaches and detaches within its memory limit, and answers its probes', {
  skip,
}, async (context) => {
  const [manifest] = parseAllDocuments(
    readFileSync(new URL('../../deploy/statefulset/statefulset.yaml', import.meta.url), 'utf8'),
  ).map((document) => document.toJS());
  assert.deepEqual(manifest.spec.template.spec.containers[0].args, statefulSet, 'deploy/ shows the same arguments');
  await reserveDocumentedPorts(context);
  const limit = memoryLimit(memoryLimitBytes);
  if (typeof limit === 'string') context.diagnostic(`WITHOUT the memory limit of 256Mi: ${limit}`);
  const around = await Surroundings.start(context);
  const container = around.container(statefulSet, typeof limit === 'string' ? {} : { procsFile: limit.procsFile });
  if (typeof limit !== 'string') context.after(() => limit.remove());
  await container.until(/Became leader/);
  const volumes = Array.from({ length: 300 }, (_, at) => `pv-${at}`);
  await attachAndDetach(around, container, volumes);
  for (const [port, page] of [
    [9808, '/healthz/leader-election'],
    [9808, '/readyz'],
    [8080, '/metrics'],
  ] as const) {
    const answer = await fetch(`http://127.0.0.1:${port}${page}`);
    assert.equal(answer.status, 200, `${port}${page}`);
    if (page === '/metrics') assert.match(await answer.text(), /^leader_election_master_status\{name="[^"]+"\} 1$/m);
  }
  await terminate(container);
  if (typeof limit === 'string') return;
  context.diagnostic(
    `at most ${(limit.peak() / 1024 / 1024).toFixed(0)} MiB of 256, without pages of files that others had read before`,
  );
  assert.equal(limit.kills(), 0, 'the kernel ended none for want of memory');
  assert.ok(limit.peak() > 20 * 1024 * 1024, 'it ran inside the limit');
  assert.ok(limit.peak() < memoryLimitBytes);
});

test('of two containers the one that waits goes on when the leader is stopped, and when it is killed', {
  skip,
}, async (context) => {
  const around = await Surroundings.start(context);
  const election = '--leader-election --leader-election-lease-duration=4s --leader-election-renew-deadline=3s';
  const flags = [...`--csi-address=/csi/csi.sock ${election} --http-endpoint=127.0.0.1:0`.split(' ')];
  const flagsOfAll = [...flags, '--leader-election-retry-period=500ms'];
  // The host name is the machine's in both, and not what tells them apart.
  const first = around.container(flagsOfAll);
  await first.until(/Became leader/);
  const second = around.container(flagsOfAll);
  await second.until(/New leader/);
  around.attach('pv-1');
  await until('attached', first, () => around.attached('pv-1'));
  const stopped = performance.now();
  assert.ok((await terminate(first)) < 2_000);
  await second.until(/Became leader/);
  assert.ok(performance.now() - stopped < 3_000, 'a lease that was given back is taken at once');
  const third = around.container(flagsOfAll);
  await third.until(/New leader/);
  around.detach('pv-1');
  await until('detached', second, () => around.gone('pv-1'));
  second.signal('SIGKILL');
  await third.until(/Became leader/);
  await attachAndDetach(around, third, ['pv-2']);
  assert.equal(around.driver.core.journal.counts.overlaps, 0);
  await terminate(third);
});

test('process 1 hears a SIGTERM that comes before Node has begun', { skip }, async (context) => {
  const around = await Surroundings.start(context);
  const container = around.container([...dockerRun, '--http-endpoint=127.0.0.1:0']);
  await container.begun();
  const took = await terminate(container);
  assert.ok(took < 2_000, `it took ${Math.round(took)} ms to end`);
});

test('words behind the image, and behind `command: ["/csi-attacher"]`, are those of the command', {
  skip,
}, async (context) => {
  const around = await Surroundings.start(context);
  const version = around.container(['--version'], { command: ['/csi-attacher'] });
  const mistake = around.container(['--no-such-flag']);
  const plain = around.container(['--print-config']);
  const explain = around.container(['explain', '--help']);
  const other = around.container(['--print-config', '--timeout=7s'], { image: upstream });
  assert.equal(await version.ended, 0, version.output);
  assert.equal(version.output, `csi-attacher ${image.config.config.Labels['org.opencontainers.image.version']}\n`);
  assert.equal(await mistake.ended, 2);
  assert.match(mistake.output, /no-such-flag/);
  assert.equal(await explain.ended, 0, explain.output);
  assert.match(explain.output, /csi-attacher explain/);
  assert.equal(await plain.ended, 0, plain.output);
  assert.equal(await other.ended, 0, other.output);
  assert.match(plain.output, /"worker-threads": *\{ *"value": *100\b/);
  assert.match(other.output, /"worker-threads": *\{ *"value": *10\b/);
  assert.match(other.output, /"timeout": *\{ *"value": *"7s", *"from": *"flag"/);
});

test('nothing else in the image can be run: no shell, no package manager, and no program that changes its user', {
  skip,
}, () => {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const named = files.map((entry) => join(entry.parentPath, entry.name).slice(root.length));
  const programs = named.filter((name) => /(^|\/)s?bin\//.test(name));
  assert.deepEqual(programs, []);
  assert.deepEqual(
    named.filter((name) => /\/(npm|npx|corepack|apt|dpkg|sh|bash|dash|busybox)$/.test(name)),
    [],
  );
});
