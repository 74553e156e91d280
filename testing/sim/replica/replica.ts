import { App } from '../../../src/app.ts';
import type { Files } from '../../../src/base/files.ts';
import type { Logger } from '../../../src/base/log/logger.ts';
import { noMetrics } from '../../../src/base/metrics.ts';
import type { Config } from '../../../src/cli/config.ts';
import type { Access } from '../../../src/kube/access/access.ts';
import { findAccess } from '../../../src/kube/access/find-access.ts';
import type { Chance } from '../chance.ts';
import type { ApiSide } from '../cluster/api-side.ts';
import type { DriverSide } from '../cluster/driver-side.ts';
import { CsiLink } from '../links/csi-link.ts';
import { KubeLink } from '../links/kube-link.ts';
import { Lane } from '../links/network.ts';
import type { ClockOptions } from '../options.ts';
import type { LaneName } from '../script.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { type SendPoint, SimProcess } from './sim-process.ts';

export interface ReplicaOptions {
  index: number;
  time: VirtualTime;
  chance: Chance;
  api: ApiSide;
  driver: DriverSide;
  config: Config;
  clock: ClockOptions;
  /** The service account's files. */
  files: Files;
  logger: (process: SimProcess) => Logger;
  /** Told when a process begins, and when it ends and why. */
  began: (process: SimProcess) => void;
  ended: (process: SimProcess, why: Ending, left: Load) => void;
}

/** What a process has under way. */
export interface Load {
  exchanges: number;
  calls: number;
  timers: number;
}

/** `stopped`: in order, after it was asked to. `failed`: by an error that production would exit with. */
export type Ending = { kind: 'killed' } | { kind: 'stopped' } | { kind: 'failed'; error: unknown };

interface Life {
  readonly process: SimProcess;
  readonly stop: AbortController;
  readonly kubeLinks: KubeLink[];
  readonly csiLinks: CsiLink[];
  /** Undefined until it has found out who it is to the API server. */
  app: App | undefined;
}

/** One replica of the attacher: a place where its process runs, ends, and is started again. */
export class Replica {
  readonly index: number;
  /** The ways to the API server, one for volumes and one for the lease, and the way to the driver. */
  readonly lanes: Readonly<Record<LaneName, Lane>>;
  readonly #options: ReplicaOptions;
  #life: Life | undefined;
  #lives = 0;
  /** How long it stays down after its process has ended. */
  #downMs = 0;
  /** False once the replica is to stay down. */
  #wanted = true;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.index = options.index;
    const { time } = options;
    this.lanes = { volumes: new Lane(time), lease: new Lane(time), driver: new Lane(time) };
  }

  /** The process that lives now. */
  get process(): SimProcess | undefined {
    return this.#life?.process;
  }

  get app(): App | undefined {
    return this.#life?.app;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  /** Exchanges and timers of the process that lives now. */
  get load(): Load {
    return this.#life === undefined ? { exchanges: 0, calls: 0, timers: 0 } : loadOf(this.#life);
  }

  start(): void {
    if (this.#life !== undefined || !this.#wanted) return;
    const { index, time, chance, clock } = this.#options;
    const own = chance.fork(`life ${this.#lives}`);
    const process = new SimProcess({
      ...{ name: `a${index}.${++this.#lives}`, replica: index, time, chance: own },
      clock: {
        skewMs: own.between(-clock.skewMs, clock.skewMs),
        drift: own.between(-clock.drift, clock.drift),
        latenessMs: clock.latenessMs,
      },
    });
    const life: Life = { process, stop: new AbortController(), kubeLinks: [], csiLinks: [], app: undefined };
    this.#life = life;
    process.onDeath(() => this.#over(life, { kind: 'killed' }));
    this.#options.began(process);
    // The first steps are an event of the process too: it may be killed before it.
    process.deliver(0, () => void this.#run(life, own));
  }

  /** SIGTERM: the process ends by itself, some time; starts anew `downMs` after that. */
  stop(downMs: number): void {
    this.#downMs = downMs;
    const life = this.#life;
    // A signal reaches a process that stands still when it goes on.
    life?.process.deliver(0, () => life.stop.abort());
  }

  /** SIGKILL, at once or where `point` says; starts anew `downMs` later. */
  kill(point: SendPoint, downMs: number): void {
    this.#downMs = downMs;
    const process = this.#life?.process;
    process?.at(point, () => process.kill());
  }

  /** It is up, or comes up now, and dies no more. */
  heal(): void {
    this.#life?.process.spare();
    this.start();
  }

  startAfter(downMs: number): void {
    this.#options.time.schedule(downMs, () => this.start());
  }

  /** Not to be started again. */
  retire(): void {
    this.#wanted = false;
  }

  breakConnections(): void {
    this.lanes.volumes.break();
    this.lanes.lease.break();
  }

  async #run(life: Life, chance: Chance): Promise<void> {
    const { files } = this.#options;
    const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
    try {
      const access = await findAccess({ kubeconfig: undefined, env, files, clock: life.process.clock });
      life.app = this.#create(life, chance, access);
      await life.app.run(life.stop.signal);
      this.#over(life, { kind: 'stopped' });
    } catch (error) {
      this.#over(life, { kind: 'failed', error });
    }
  }

  #create({ process, kubeLinks, csiLinks }: Life, chance: Chance, access: Access): App {
    const { api, driver, config, logger, files, index } = this.#options;
    return new App({
      ...{ config, access, metrics: noMetrics, logger: logger(process) },
      platform: {
        ...{ clock: process.clock, random: chance.fork('app'), files, hostname: `attacher-${index}` },
        kubeTransport: () => {
          // The app makes the connection for volumes first and the one for the lease second.
          const lane = kubeLinks.length === 0 ? this.lanes.volumes : this.lanes.lease;
          const link = new KubeLink({ api, lane, process });
          kubeLinks.push(link);
          return link;
        },
        csiTransport: () => {
          const link = new CsiLink({ driver, lane: this.lanes.driver, process });
          csiLinks.push(link);
          return link;
        },
      },
    });
  }

  #over(life: Life, why: Ending): void {
    if (this.#life !== life) return;
    const left = loadOf(life);
    this.#life = undefined;
    for (const lane of Object.values(this.lanes)) lane.forget();
    for (const link of life.csiLinks) link.abandon();
    for (const link of life.kubeLinks) link.abandon();
    this.#options.ended(life.process, why, left);
    life.process.end();
    this.startAfter(this.#downMs);
  }
}

function loadOf({ process, kubeLinks, csiLinks }: Life): Load {
  const exchanges = kubeLinks.reduce((sum, link) => sum + link.underWay, 0);
  const calls = csiLinks.reduce((sum, link) => sum + link.underWay, 0);
  return { exchanges, calls, timers: process.timers };
}
