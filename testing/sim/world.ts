import type { Clock } from '../../src/base/clock.ts';
import type { Config } from '../../src/cli/config.ts';
import { parseArgs } from '../../src/cli/parse-args.ts';
import { ApiServer } from '../apiserver/core.ts';
import { DriverCore } from '../csi-driver/core.ts';
import { Actions } from './actions.ts';
import { Chance } from './chance.ts';
import type { Checker, Property, Scene } from './checkers/checker.ts';
import { Leadership } from './checkers/leadership.ts';
import { Publications } from './checkers/publications.ts';
import { ApiFaults } from './cluster/api-faults.ts';
import { ApiSide } from './cluster/api-side.ts';
import { Cluster, driverName, type Plural } from './cluster/cluster.ts';
import { ControllerManager } from './cluster/controller-manager.ts';
import { Credentials } from './cluster/credentials.ts';
import { DriverSide } from './cluster/driver-side.ts';
import { Guard } from './cluster/guard.ts';
import { drawVolumes } from './draw/volumes.ts';
import { EventLog } from './event-log.ts';
import type { SimOptions } from './options.ts';
import { Replica } from './replica/replica.ts';
import { replicaLogger } from './replica/replica-logger.ts';
import { epochMs } from './replica/sim-process.ts';
import { VirtualTime } from './virtual-time.ts';

export interface WorldOptions {
  options: SimOptions;
  properties: readonly Property[];
  /** Takes the log, line by line; absent: none is made. */
  log?: ((line: string) => void) | undefined;
}

/** Why a run failed. `checker` is the name of the property, or where it crashed. */
export interface Failure {
  kind: 'crash' | 'wrong' | 'stuck';
  checker: string;
  text: string;
}

/** One simulated cluster with everything in it. */
export class World implements Scene {
  readonly options: SimOptions;
  readonly time: VirtualTime;
  readonly api: ApiSide;
  readonly driver: DriverSide;
  readonly cluster: Cluster;
  readonly controllerManager: ControllerManager;
  readonly replicas: readonly Replica[];
  readonly publications: Publications;
  readonly leadership = new Leadership(this);
  readonly faults: ApiFaults;
  readonly credentials: Credentials;
  readonly actions: Actions;
  readonly log: EventLog;
  readonly chance: Chance;
  failure: Failure | undefined;
  readonly #checkers: { name: string; checker: Checker }[] = [];
  #healed = false;
  /** The checker that is speaking. */
  #speaking = '';

  constructor({ options, properties, log }: WorldOptions) {
    this.options = options;
    this.chance = new Chance(options.seed).fork('world');
    this.time = new VirtualTime(this.chance.fork('ties'));
    const clock = this.#trueClock();
    const server = new ApiServer({
      ...{ clock, random: this.chance.fork('api server'), features: options.api.features },
      ...{ historyLimit: options.api.historyLimit, defaultPolicy: false },
      tokens: [{ token: 'admin', user: 'admin', groups: ['system:masters'] }],
    });
    this.faults = this.#makeApiFaults();
    this.api = this.#makeApi(server);
    const core = this.#makeDriver(clock);
    this.driver = new DriverSide({
      ...{ core, time: this.time, chance: this.chance.fork('socket'), slowTransit: options.driver.slowTransit },
      heard: (moment) => this.#tell((checker) => checker.driver?.(moment)),
      lost: () => this.#tell((checker) => checker.driverLost?.()),
      sent: (by, method, request) => this.#tell((checker) => checker.callSent?.(by, method, request)),
    });
    this.publications = new Publications(core.ledger);
    this.cluster = new Cluster({
      ...{ api: this.api, nodes: options.nodes },
      volumes: drawVolumes(this.chance.fork('volumes'), options.volumes),
    });
    this.log = new EventLog({ write: log, time: this.time, cluster: this.cluster });
    core.journal.subscribe((entry) => this.publications.take(entry));
    this.credentials = new Credentials({ server });
    this.controllerManager = new ControllerManager({
      ...{ cluster: this.cluster, time: this.time, chance: this.chance.fork('controller-manager') },
    });
    new Guard({ cluster: this.cluster, time: this.time, chance: this.chance.fork('guard') }).start();
    const config = configOf(options.flags);
    this.replicas = Array.from({ length: options.attachers }, (_, index) => this.#makeReplica(index, config));
    this.actions = new Actions(this);
    for (const { name, make } of properties) {
      this.#speaking = name;
      this.#checkers.push({ name, checker: make(this) });
    }
    this.#watchStore();
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  broken(promise: string): void {
    this.fail({ kind: 'wrong', checker: this.#speaking, text: promise });
  }

  fail(failure: Failure): void {
    if (this.failure !== undefined) return;
    this.failure = failure;
    this.log.say('world', `${failure.kind.toUpperCase()} ${failure.checker}: ${failure.text}`);
  }

  /** Nothing goes wrong from here on. */
  heal(): void {
    this.#healed = true;
    this.log.say('world', 'the faults end');
    this.faults.heal();
    // A driver without faults has nothing to recover from, and its calls end by themselves.
    if (this.options.focus !== 'quiet') this.driver.core.heal();
    this.actions.heal();
  }

  /** What is not yet as it should be, and which checker says so. */
  pending(): { checker: string; why: string } | undefined {
    for (const { name, checker } of this.#checkers) {
      const why = checker.pending?.();
      if (why !== undefined) return { checker: name, why };
    }
    return undefined;
  }

  settled(): void {
    this.#tell((checker) => checker.settled?.());
  }

  /**
   * Everything is wanted nowhere any more, and every volume is deleted. In some runs what a publish needs goes first: a
   * detach has to do without.
   */
  tearDown(): void {
    this.log.say('world', 'everything is taken down');
    if (this.chance.fork('teardown').hits(0.5)) {
      this.cluster.delete('people', 'secrets', 'publish');
      // What a driver may have forgotten under a node's former id is let go under its present one.
      for (const { name, generation } of this.cluster.nodes) {
        if (generation === 1) this.cluster.delete('people', 'csinodes', name);
      }
    }
    for (const volume of this.cluster.volumes) {
      this.controllerManager.want(volume, undefined);
      this.actions.deleteVolume(volume);
    }
  }

  /** Calls that the driver has taken up. */
  get calls(): number {
    const { calls } = this.driver.core.journal.counts;
    return Object.values(calls).reduce((sum, count) => sum + count, 0);
  }

  #tell(about: (checker: Checker) => void): void {
    for (const { name, checker } of this.#checkers) {
      this.#speaking = name;
      try {
        about(checker);
      } catch (error) {
        // Whoever is being watched must not take it for an error of his own, and live with it.
        this.fail({ kind: 'crash', checker: name, text: describe(error) });
      }
    }
  }

  #trueClock(): Clock {
    return {
      now: () => Math.floor(epochMs + this.time.nowMs),
      monotonic: () => this.time.nowMs,
      boot: () => this.time.nowMs,
      schedule: (delayMs: number, action: () => void) => this.time.schedule(delayMs, action),
    };
  }

  #makeApiFaults(): ApiFaults {
    const { api, faultBudget } = this.options;
    const chance = this.chance.fork('api faults');
    return new ApiFaults({ chance, rates: api.rates, latencyMs: api.latencyMs, budget: faultBudget });
  }

  #makeApi(server: ApiServer): ApiSide {
    const weather = this.chance.fork('weather');
    return new ApiSide({
      ...{ server, time: this.time, chance: this.chance.fork('api'), faults: this.faults },
      frontends: this.options.frontends,
      intensity: () => (this.#healed ? 0 : this.#weather(weather)),
      sent: (by, request) => this.#tell((checker) => checker.requestSent?.(by, request)),
      served: (served) => {
        this.log.served(served);
        this.#tell((checker) => checker.served?.(served));
      },
    });
  }

  /** How bad it is in this window of time: nothing in calm ones, else up to three times the usual. */
  #weather(chance: Chance): number {
    const { windowMs, calm } = this.options.weather;
    const window = chance.fork(String(Math.floor(this.time.nowMs / windowMs)));
    return window.hits(calm) ? 0 : window.between(0.3, 3);
  }

  #makeDriver(clock: Clock): DriverCore {
    const { driver } = this.options;
    const { capabilities, listStaleMs, listPageSize, maxPublishedPerNode, afterDeadline } = driver;
    const core = new DriverCore({
      ...{ clock, random: this.chance.fork('driver') },
      settings: { name: driverName, capabilities, listStaleMs, listPageSize, maxPublishedPerNode, afterDeadline },
    });
    core.faults.set('ControllerPublishVolume', driver.publish);
    core.faults.set('ControllerUnpublishVolume', driver.unpublish);
    for (const method of ['Probe', 'GetPluginInfo', 'ControllerGetCapabilities', 'ListVolumes'] as const) {
      core.faults.set(method, driver.other);
    }
    return core;
  }

  #makeReplica(index: number, config: Config): Replica {
    return new Replica({
      ...{ index, time: this.time, api: this.api, driver: this.driver, config, clock: this.options.clock },
      files: this.credentials.files,
      chance: this.chance.fork(`replica ${index}`),
      logger: (process) =>
        replicaLogger({
          ...{ process, verbosity: config.verbosity },
          write: (line) => {
            this.log.say(process.name, `| ${line}`);
            this.#tell((checker) => checker.logged?.(process, line));
          },
        }),
      began: (process) => {
        this.log.say(process.name, 'begins');
        this.#tell((checker) => checker.began?.(process));
      },
      ended: (process, why, left) => {
        this.log.say(process.name, `ends: ${why.kind}`);
        if (why.kind === 'failed') this.fail({ kind: 'crash', checker: process.name, text: describe(why.error) });
        this.#tell((checker) => checker.ended?.(process, why, left));
      },
    });
  }

  #watchStore(): void {
    const plurals: readonly Plural[] = ['volumeattachments', 'persistentvolumes', 'csinodes', 'leases', 'secrets'];
    for (const plural of plurals) {
      this.cluster.collection(plural).subscribe((event) => {
        this.api.wrote(event.revision);
        const write = { plural, event, by: this.api.writer };
        this.log.stored(write);
        this.leadership.take(write);
        this.#tell((checker) => checker.stored?.(write));
      });
    }
  }
}

export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function configOf(flags: readonly string[]): Config {
  const command = parseArgs(flags, { POD_NAMESPACE: 'kube-system' });
  if (command.kind !== 'run') throw new Error(`these flags start no attacher: ${flags.join(' ')}`);
  return command.config;
}
