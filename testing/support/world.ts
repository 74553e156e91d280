import assert from 'node:assert/strict';
import { App } from '../../src/app.ts';
import { createLogger } from '../../src/base/log/create-logger.ts';
import type { Config } from '../../src/cli/config.ts';
import { parseArgs } from '../../src/cli/parse-args.ts';
import type { Access } from '../../src/kube/access/access.ts';
import type { HttpRequest } from '../../src/kube/client/transport.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import type { CoreRequest } from '../apiserver/answers.ts';
import { attacherUser, seedAttacherRole } from '../apiserver/attacher-role.ts';
import { ApiServer } from '../apiserver/core.ts';
import { nodesOn, type ServerFeatures } from '../apiserver/features.ts';
import { type Fault, MemoryTransport } from '../apiserver/memory.ts';
import type { Metadata } from '../apiserver/object.ts';
import { DriverCore } from '../csi-driver/core.ts';
import { MemoryTransport as DriverTransport } from '../csi-driver/memory.ts';
import type { DriverSettings } from '../csi-driver/settings.ts';
import { FakeClock } from './fake-clock.ts';
import { staticToken } from './fake-transport.ts';
import type { AnyObject, RecordedEvent } from './loose-objects.ts';
import { seededRandom } from './seeded-random.ts';

export const driverName = 'test.csi.example';
export const finalizer = 'external-attacher/test-csi-example';

export interface WorldOptions {
  /** Flags of the attacher, behind `--leader-election=false --v=4`. */
  flags?: readonly string[];
  settings?: Partial<DriverSettings>;
  features?: Partial<ServerFeatures>;
  /** The attacher has only the permissions of an attacher's ClusterRole, which `forbid` cuts down. Else it may do all. */
  rbac?: boolean;
}

/**
 * The whole attacher with the embedded API server and driver, without network and on a clock that stands still unless
 * the test moves it: for tests of what an attacher does, seen from both its ends.
 */
export class World {
  readonly clock = new FakeClock();
  readonly server: ApiServer;
  readonly driver: DriverCore;
  /** What the attacher logged, a line each. */
  readonly log: string[] = [];
  /** Write requests of the attacher, as `PATCH volumeattachments/x/status`. */
  readonly writes: string[] = [];
  /** What befalls the attacher's next requests; undefined lets one pass. */
  fault: (request: HttpRequest) => Fault | undefined = () => undefined;
  readonly app: App;
  readonly #driverName: string;
  readonly #metrics = createMetrics();
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: WorldOptions = {}) {
    const random = seededRandom(1);
    const { clock } = this;
    const tokens = [
      { token: 'admin', user: 'admin', groups: ['system:masters'] },
      { token: 'attacher', user: attacherUser, groups: [] },
    ];
    this.server = new ApiServer({ clock, random, tokens, features: options.features });
    seedAttacherRole(this.server, 'admin');
    const settings = { name: driverName, ...options.settings };
    this.#driverName = settings.name;
    this.driver = new DriverCore({ clock, random, settings, journalLimit: 10_000 });
    const config = configOf(['--leader-election=false', '--v=4', ...(options.flags ?? [])]);
    const logger = createLogger({
      ...{ format: 'text', verbosity: config.verbosity, clock, pid: 1 },
      write: (line) => void this.log.push(line.trimEnd()),
    });
    const access: Access = {
      namespace: undefined,
      credentials: staticToken(options.rbac === true ? 'attacher' : 'admin'),
      endpoint: () => Promise.resolve({ server: new URL('https://server.invalid'), tls: {} }),
      onChange: () => {},
    };
    this.app = new App({
      config,
      platform: {
        clock,
        random,
        files: { readText: (path) => Promise.reject(new Error(`no file ${path}`)) },
        hostname: 'host',
        kubeTransport: () =>
          new MemoryTransport({ server: this.server, clock, intercept: (request) => this.#see(request) }),
        csiTransport: () => new DriverTransport({ core: this.driver, clock }),
      },
      access,
      logger,
      metrics: this.#metrics,
    });
  }

  /** Starts the attacher and waits until it has looked at everything once. */
  async start(): Promise<void> {
    this.#running = this.app.run(this.#stop.signal);
    // Whoever waits for the end hears of a failure: `stop` does.
    this.#running.catch(() => {});
    await this.clock.advance(10);
  }

  /** Stops the attacher. The test fails if it left a timer or a watch behind; rejects if the attacher had failed. */
  async stop(): Promise<void> {
    this.#stop.abort();
    let ended = false;
    const end = (): void => {
      ended = true;
    };
    this.#running?.then(end, end);
    for (let minutes = 0; !ended && minutes < 60; minutes++) await this.clock.advance(60_000);
    assert.ok(ended, 'the attacher did not stop within an hour');
    await this.#running;
    assert.equal(this.clock.pendingTimers, 0, 'timers are pending after the attacher stopped');
    assert.equal(this.server.watchCount, 0, 'watches are open after the attacher stopped');
  }

  /** Sends a request as an administrator. Throws if it is refused. */
  async request(method: string, path: string, body?: object, contentType = 'application/json'): Promise<AnyObject> {
    const answer = this.server.handle({
      method,
      path,
      headers: adminHeaders(contentType),
      body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
    });
    if (answer.kind !== 'done') throw new Error(`${method} ${path}: not a plain answer`);
    const value = JSON.parse(Buffer.from(answer.body).toString());
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${value.message}`);
    await this.clock.advance(0);
    return value;
  }

  async tryRequest(method: string, path: string, body?: object): Promise<AnyObject | undefined> {
    try {
      return await this.request(method, path, body);
    } catch {
      return undefined;
    }
  }

  addNode(name: string, nodeId = `id-${name}`): Promise<AnyObject> {
    const { path, apiVersion, kind } = nodesOn(this.server.features);
    return this.request('POST', path, {
      ...{ apiVersion, kind, metadata: { name } },
      spec: { drivers: [{ name: this.#driverName, nodeID: nodeId, topologyKeys: [] }] },
    });
  }

  /** `csi` and `spec` are merged over what a plain volume has. */
  addVolume(name: string, csi: object = {}, spec: object = {}): Promise<AnyObject> {
    return this.request('POST', volumesPath, {
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name } },
      spec: {
        ...{ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
        csi: { driver: this.#driverName, volumeHandle: `h-${name}`, ...csi },
        ...spec,
      },
    });
  }

  addAttachment(name: string, volume: string, node: string, metadata: object = {}): Promise<AnyObject> {
    return this.request('POST', attachmentsPath, {
      ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name, ...metadata } },
      spec: { attacher: this.#driverName, nodeName: node, source: { persistentVolumeName: volume } },
    });
  }

  attachment(name: string): Promise<AnyObject | undefined> {
    return this.tryRequest('GET', `${attachmentsPath}/${name}`);
  }

  deleteAttachment(name: string): Promise<AnyObject> {
    return this.request('DELETE', `${attachmentsPath}/${name}`);
  }

  volume(name: string): Promise<AnyObject | undefined> {
    return this.tryRequest('GET', `${volumesPath}/${name}`);
  }

  /** One node, one volume, one attachment of that volume to that node, waited for. */
  async attachOne(): Promise<AnyObject> {
    await this.addNode('n1');
    await this.addVolume('pv1');
    await this.addAttachment('va1', 'pv1', 'n1');
    await this.clock.advance(10);
    const attachment = await this.attachment('va1');
    assert.equal(attachment?.status.attached, true, `not attached: ${JSON.stringify(attachment?.status)}`);
    return attachment;
  }

  /** The object as it is now, without letting time or promises move. */
  peek(path: string): AnyObject | undefined {
    const answer = this.server.handle({ method: 'GET', path, headers: adminHeaders('application/json') });
    return answer.kind === 'done' && answer.status === 200
      ? JSON.parse(Buffer.from(answer.body).toString())
      : undefined;
  }

  /** Puts an attachment into the server as it is, past all validation. */
  async storeAttachment(object: AnyObject): Promise<void> {
    const metadata = {
      uid: `uid-${object.metadata.name}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...object.metadata,
    };
    this.server.store.collection('storage.k8s.io/v1/VolumeAttachment').put(object.metadata.name, {
      ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', ...object },
      metadata: metadata as Metadata,
    });
    await this.clock.advance(0);
  }

  /** A merge patch as an administrator sends it, for those who send it themselves. */
  mergeRequest(path: string, body: object): CoreRequest {
    const headers = adminHeaders('application/merge-patch+json');
    return { method: 'PATCH', path, headers, body: Buffer.from(JSON.stringify(body)) };
  }

  renameNode(name: string, nodeId: string): Promise<AnyObject> {
    const drivers = [{ name: this.#driverName, nodeID: nodeId, topologyKeys: [] }];
    return this.merge(`${nodesOn(this.server.features).path}/${name}`, { spec: { drivers } });
  }

  merge(path: string, body: object): Promise<AnyObject> {
    return this.request('PATCH', path, body, 'application/merge-patch+json');
  }

  /** Calls that the driver was asked, by their short names. */
  calls(method: 'ControllerPublishVolume' | 'ControllerUnpublishVolume'): number {
    return this.driver.journal.counts.calls[method] ?? 0;
  }

  /** `volume@node` for all that is published, sorted. */
  get published(): string[] {
    return [...this.driver.ledger.entries()].map(({ volumeId, nodeId }) => `${volumeId}@${nodeId}`).sort();
  }

  /** The samples of one metric, as a scrape shows them: `name{label="value"} 1`. */
  async metric(name: string): Promise<string[]> {
    const lines = (await this.#metrics.render()).split('\n');
    return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  }

  /** Takes every rule about a resource (`volumeattachments/status`) out of the attacher's role. */
  async forbid(resource: string): Promise<void> {
    const role = await this.request('GET', rolePath);
    const rules = (role as unknown as { rules: { resources: string[] }[] }).rules;
    await this.merge(rolePath, { rules: rules.filter(({ resources }) => !resources.includes(resource)) });
  }

  /** Events as core/v1 has them, whichever version they were written in. */
  async events(): Promise<RecordedEvent[]> {
    const list = (await this.request('GET', '/api/v1/events')) as unknown as { items: RecordedEvent[] };
    return list.items;
  }

  #see(request: HttpRequest): Fault | undefined {
    // A review asks, though it is a POST.
    if (request.method !== 'GET' && !request.path.endsWith('reviews'))
      this.writes.push(`${request.method} ${request.path.replace(/^.*\/v1(?:alpha1|beta1)?\//, '')}`);
    return this.fault(request);
  }
}

export const rolePath = '/apis/rbac.authorization.k8s.io/v1/clusterroles/csi-attacher';
export const attachmentsPath = '/apis/storage.k8s.io/v1/volumeattachments';
export const csiNodesPath = '/apis/storage.k8s.io/v1/csinodes';
export const volumesPath = '/api/v1/persistentvolumes';

/** Runs `body` in a world with a started attacher, and stops it afterwards. */
export async function inWorld(options: WorldOptions, body: (world: World) => Promise<void>): Promise<void> {
  const world = new World(options);
  await world.start();
  try {
    await body(world);
  } finally {
    await world.stop();
  }
}

function adminHeaders(contentType: string): Record<string, string> {
  return { authorization: 'Bearer admin', accept: 'application/json', 'content-type': contentType };
}

function configOf(words: string[]): Config {
  const command = parseArgs(words, {});
  if (command.kind !== 'run') throw new Error(`bad flags: ${JSON.stringify(command)}`);
  return command.config;
}
