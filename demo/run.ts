import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Child, ChildError, type Children } from '../bench/rig/children.ts';
import { Watch } from '../bench/rig/watch.ts';
import { rounded } from '../bench/statistics.ts';
import { paths } from '../testing/support/cluster-objects.ts';
import type { DemoArgs } from './args.ts';
import { Attachments } from './attachments.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { hints } from './hints.ts';
import { orInterrupted, whenAborted } from './interruption.ts';
import { Live } from './live.ts';
import type { Output } from './screen.ts';
import { type Findings, type Summary, summarize } from './summary.ts';
import { killLeader, type Takeover } from './takeover.ts';
import { DemoWorkload } from './workload.ts';

/** Whatever happens, the workload is over by then. */
const longestMs = 50_000;

export interface DemoOptions {
  args: DemoArgs;
  children: Children;
  /** For logs, the socket and kubeconfigs. */
  directory: string;
  output: Output;
  colour: boolean;
  /** Ends it before its time. */
  signal: AbortSignal;
}

/** The demo from the first process to the summary. It leaves everything running. */
export class Demo {
  readonly cluster: Cluster;
  readonly #options: DemoOptions;
  readonly #attachments: Attachments;
  readonly #workload: DemoWorkload;
  readonly #startedMs: number;
  #takeover: Takeover | undefined;

  /** Starts all processes. Throws ChildError if one of them does not get ready. */
  static async start(options: DemoOptions): Promise<Demo> {
    const startedMs = performance.now();
    options.output.write('Starting an API server, a CSI driver and two attachers.\n');
    const cluster = await startCluster(options.children, options.directory);
    return new Demo(options, cluster, startedMs);
  }

  private constructor(options: DemoOptions, cluster: Cluster, startedMs: number) {
    this.#options = options;
    this.#startedMs = startedMs;
    this.cluster = cluster;
    this.#workload = new DemoWorkload(cluster.server.api, options.args);
    this.#attachments = new Attachments(this.#workload.nodes);
  }

  /** Throws ChildError if a process ends that should not, and Interrupted. */
  async run(): Promise<Summary> {
    const { args, signal } = this.#options;
    await orInterrupted(this.#prepare(), signal);
    const live = new Live({
      ...this.#options,
      replicas: this.cluster.replicas,
      attachments: this.#attachments,
      volumes: args.volumes,
      startedMs: this.#startedMs,
    });
    live.start();
    try {
      await orInterrupted(this.#perform(live), signal);
    } finally {
      await live.stop();
    }
    return summarize(await orInterrupted(this.#findings(), signal));
  }

  /** Leaves some volumes attached, and says what somebody who wants to look around can try. */
  async leaveSome(): Promise<string> {
    const attachments = await this.#workload.leaveSome(6);
    const { directory } = this.#options;
    const file = join(directory, 'attachments.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: attachments }, undefined, 2));
    const leader = await this.cluster.replicas.leader();
    return hints(this.cluster, { directory, attachments: file, leader });
  }

  /** Leaves everything running until the signal aborts. An attacher that ends is replaced, as Kubernetes would. */
  async keepRunning(): Promise<void> {
    const { output, signal } = this.#options;
    this.cluster.replicas.replaceEnded((text) => output.write(`${text}\n`), signal);
    await whenAborted(signal);
  }

  async #prepare(): Promise<void> {
    await this.#workload.prepare();
    await Watch.start({
      api: this.cluster.server.api,
      path: paths.attachments,
      onChange: (object, deleted) => {
        this.#attachments.apply(object, deleted, performance.now());
        this.#workload.seen(object, deleted);
      },
    });
  }

  /** Returns when all is done, or when it has taken too long. */
  async #perform(live: Live): Promise<void> {
    const { server, driver, replicas } = this.cluster;
    const ending = new AbortController();
    const { signal } = ending;
    const note = (text: string): void => live.note(text);
    const after = Math.ceil(this.#options.args.volumes / 2);
    const takingOver = async (): Promise<void> => {
      this.#takeover = await killLeader({ replicas, attachments: this.#attachments, after, note, signal });
    };
    const all = async (): Promise<void> => {
      await Promise.all([this.#workload.run(signal), takingOver()]);
      await this.#workload.untilReleased(signal);
    };
    try {
      const tooLate = delay(longestMs, undefined, { signal });
      await Promise.race([all(), tooLate, endOf(server.child), endOf(driver.child), replicas.broken]);
    } finally {
      ending.abort();
    }
  }

  async #findings(): Promise<Findings> {
    const { volumes, nodes } = this.#options.args;
    const figures = await this.cluster.driver.figures();
    return {
      volumes,
      nodes,
      attached: this.#attachments.attached.size,
      detached: this.#attachments.detached.size,
      volumesReleased: volumes - (await this.#workload.volumesLeft()),
      publishCalls: figures.publishCalls,
      unpublishCalls: figures.unpublishCalls,
      failedCalls: figures.failedCalls,
      errorsShown: this.#attachments.errors,
      overlappingCalls: figures.overlappingCalls,
      stillPublished: figures.published,
      killed: this.#takeover?.killed,
      successor: this.#takeover?.successor,
      takeoverSeconds: rounded(this.#takeover?.takeoverSeconds, 2),
      firstOperationSeconds: rounded(this.#takeover?.firstOperationSeconds, 2),
      elapsedSeconds: Math.round((performance.now() - this.#startedMs) / 10) / 100,
    };
  }
}

async function endOf(child: Child): Promise<never> {
  throw new ChildError(child, `ended (${await child.ended})`);
}
