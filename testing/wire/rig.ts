/**
 * A cluster for tests with real processes: the embedded API server over HTTPS and the embedded driver on a Unix socket,
 * both in the test's own process, where they can be watched and broken, and attachers as processes of their own.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import type { CoreAnswer } from '../apiserver/answers.ts';
import { attacherRole } from '../apiserver/attacher-role.ts';
import { ApiServer } from '../apiserver/core.ts';
import { makeCertificate, type ServerCertificate } from '../apiserver/https/certificates.ts';
import { HttpsFace, type HttpsOptions } from '../apiserver/https/https.ts';
import { kubeconfigText } from '../apiserver/https/kubeconfig.ts';
import { type StartedDriver, startDriver } from '../csi-driver/index.ts';
import type { DriverSettings } from '../csi-driver/settings.ts';
import { AttacherProcess } from '../support/attacher-process.ts';
import { Cluster } from './cluster.ts';

const driverName = 'wire.csi.example';

/** As short as a busy machine allows: a lease that is lost only because the machine is slow would fail tests. */
export const leaseMs = 4_000;
const leaseFlags = [
  `--leader-election-lease-duration=${leaseMs}ms`,
  '--leader-election-renew-deadline=3s',
  '--leader-election-retry-period=500ms',
  '--leader-election-namespace=kube-system',
];

export interface RigOptions {
  /** What kind of driver; undefined starts none yet. */
  driver?: Partial<Omit<DriverSettings, 'name'>> | undefined;
  /** What the API server speaks, with which certificate, and whose certificates it takes. */
  server?: Partial<Pick<HttpsOptions, 'speaks' | 'certificate' | 'clients'>> | undefined;
}

export interface AttacherOptions {
  flags?: readonly string[];
  /** The socket that it is given: the driver's unless told. */
  socket?: string;
  /** The port at which it is told the API server is: the server's own unless told. */
  port?: number;
  /** As file descriptor; then the test cannot read it. */
  output?: number;
  /** In place of a token in the kubeconfig. */
  tokenFile?: string;
  /** Makes its kubeconfig another one. */
  kubeconfig?: (text: string) => string;
  env?: Readonly<Record<string, string>>;
}

/** A request that an attacher has sent. */
export interface SentRequest {
  /** Which attacher, by the number in its name. */
  from: number;
  method: string;
  path: string;
}

export class Rig {
  readonly folder: string;
  readonly server: ApiServer;
  readonly cluster: Cluster;
  readonly socket: string;
  /** What the attachers have asked the API server, in order. */
  readonly requests: SentRequest[] = [];
  /** Tokens that the server does not take any more. */
  readonly refused = new Set<string>();
  /** How long the server takes for a request of an attacher, in milliseconds; a watch is opened at once. */
  requestMs: (request: SentRequest) => number = () => 0;
  readonly #context: TestContext;
  readonly #serverOptions: RigOptions['server'];
  readonly #certificate: ServerCertificate;
  #face: HttpsFace | undefined;
  #port = 0;
  #driver: StartedDriver | undefined;
  #attachers = 0;

  private constructor(context: TestContext, server: RigOptions['server'] = {}) {
    this.#context = context;
    this.#serverOptions = server;
    this.#certificate = server.certificate ?? makeCertificate(['localhost', '127.0.0.1'], Date.now());
    this.folder = mkdtempSync(join(tmpdir(), 'csi-wire-'));
    context.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.socket = join(this.folder, 'csi.sock');
    const tokens = [
      { token: 'admin', user: 'admin', groups: ['system:masters'] },
      ...[1, 2, 3].map((at) => ({ token: tokenOf(at), user: `attacher-${at}`, groups: ['attachers'] })),
    ];
    this.server = new ApiServer({ clock: systemClock, random: systemRandom, tokens });
    this.cluster = new Cluster(this.server, driverName);
    this.#watchRequests();
    const { role, binding } = attacherRole();
    const subjects = [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'attachers' }];
    this.cluster.create('/apis/rbac.authorization.k8s.io/v1/clusterroles', role);
    this.cluster.create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { ...binding, subjects });
  }

  static async start(context: TestContext, { driver, server }: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(context, server);
    await rig.startServer();
    context.after(() => rig.stopServer());
    context.after(() => rig.#driver?.close());
    if (driver !== undefined) await rig.startDriver(driver);
    return rig;
  }

  get driver(): StartedDriver {
    assert.ok(this.#driver, 'there is no driver yet');
    return this.#driver;
  }

  get port(): number {
    return this.#port;
  }

  /** On the port that it had before, if it ran before; its objects are still there. */
  async startServer(): Promise<void> {
    const certificate = this.#certificate;
    const host = '127.0.0.1';
    this.#face = new HttpsFace({
      ...{ server: this.server, clock: systemClock, host, port: this.#port },
      ...{ ...this.#serverOptions, certificate },
    });
    this.#port = await this.#face.listen();
  }

  async stopServer(): Promise<void> {
    const face = this.#face;
    this.#face = undefined;
    await face?.close();
  }

  /** To another port; the one before leads nowhere. */
  async moveServer(): Promise<void> {
    await this.stopServer();
    this.#port = 0;
    await this.startServer();
  }

  dropConnections(): void {
    this.#face?.dropConnections();
  }

  async startDriver(settings: RigOptions['driver'] = {}): Promise<void> {
    this.#driver = await startDriver({ socketPath: this.socket, name: driverName, settings, journalLimit: 100_000 });
  }

  /** One more attacher. Its user may do what an attacher needs to, and no more. */
  attacher(options: AttacherOptions = {}): AttacherProcess {
    const { output, env = {} } = options;
    const args = this.attacherArgs(options);
    return new AttacherProcess(this.#context, { args, env, ...(output === undefined ? {} : { output }) });
  }

  /** The arguments of one more attacher, with a kubeconfig of its own. */
  attacherArgs(options: AttacherOptions = {}): string[] {
    const { flags = [], socket = this.socket, port = this.#port, tokenFile } = options;
    const at = ++this.#attachers;
    const kubeconfig = join(this.folder, `attacher-${at}.kubeconfig`);
    const text = kubeconfigText({
      ...{ url: `https://127.0.0.1:${port}`, caPem: this.#certificate.caPem },
      ...{ user: `attacher-${at}`, token: tokenOf(at) },
    });
    const own = tokenFile === undefined ? text : text.replace(/token: .*/, `tokenFile: ${tokenFile}`);
    writeFileSync(kubeconfig, options.kubeconfig?.(own) ?? own);
    const args = [`--kubeconfig=${kubeconfig}`, `--csi-address=${socket}`, '--http-endpoint=127.0.0.1:0'];
    return [...args, ...leaseFlags, ...flags];
  }

  /** Two attachers, the first of which leads. */
  async pair(options: AttacherOptions = {}): Promise<[leader: AttacherProcess, standby: AttacherProcess]> {
    const leader = this.attacher(options);
    await leader.until(/Became leader/);
    const standby = this.attacher(options);
    await standby.until(/New leader/);
    return [leader, standby];
  }

  /** Nothing is published, nobody called twice at once, and no attachment is left. */
  assertClean(): void {
    assert.deepEqual(this.cluster.attachments(), []);
    assert.deepEqual([...this.driver.core.ledger.entries()], []);
    this.assertNoOverlap();
  }

  assertNoOverlap(): void {
    assert.equal(this.driver.core.journal.counts.overlaps, 0, 'the driver was asked for one volume twice at once');
  }

  /** Calls that the driver was asked, answered with OK. */
  done(method: 'ControllerPublishVolume' | 'ControllerUnpublishVolume'): number {
    return this.driver.core.journal.counts.codes[method]?.OK ?? 0;
  }

  calls(method: 'ControllerPublishVolume' | 'ControllerUnpublishVolume'): number {
    return this.driver.core.journal.counts.calls[method] ?? 0;
  }

  /** Notes who asks for what, on the way into the server. */
  #watchRequests(): void {
    const handle = this.server.handle.bind(this.server);
    this.server.handle = (request) => {
      const from = /^Bearer attacher-(\d)-/.exec(request.headers.authorization ?? '')?.[1];
      const isRefused = this.refused.has(request.headers.authorization?.replace('Bearer ', '') ?? '');
      const headers = isRefused ? { ...request.headers, authorization: 'Bearer no' } : request.headers;
      const answered = (): CoreAnswer => handle({ ...request, headers });
      if (from === undefined) return answered();
      const sent = { from: Number(from), method: request.method, path: request.path };
      this.requests.push(sent);
      const halfMs = /[?&]watch=/.test(request.path) ? 0 : this.requestMs(sent) / 2;
      if (halfMs === 0) return answered();
      const back = (answer: CoreAnswer): CoreAnswer => ({ kind: 'later', afterMs: halfMs, answer: () => answer });
      return { kind: 'later', afterMs: halfMs, answer: () => back(answered()) };
    };
  }
}

export function tokenOf(attacher: number): string {
  return `attacher-${attacher}-secret-token`;
}

/** Waits until `condition` holds. Rejects with `what` if it takes too long. */
export async function until(what: string, condition: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs / 1_000} s: ${what}`);
    await delay(10);
  }
}
