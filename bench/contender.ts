import { setTimeout as delay } from 'node:timers/promises';
import { paths } from '../testing/support/cluster-objects.ts';
import {
  attacherWrites,
  countsBetween,
  parseRequestCounts,
  type RequestCounts,
} from '../testing/support/request-counts.ts';
import { Burst, type BurstTimes } from './burst.ts';
import type { AttacherFigures, BurstFigures } from './report.ts';
import type { ApiServer } from './rig/api-server.ts';
import { type Child, ChildError } from './rig/children.ts';
import type { CsiDriver } from './rig/csi-driver.ts';
import { forEachAtOnce } from './rig/pool.ts';
import { cpuMs, memoryUse } from './rig/process-usage.ts';
import { Watch } from './rig/watch.ts';
import { type BenchVolume, requestsAtOnce, type Workload } from './workload.ts';

export interface ContenderOptions {
  /** As it is called in the report. */
  name: string;
  server: ApiServer;
  driver: CsiDriver;
  workload: Workload;
  attacher: Child;
}

/** What is counted outside the attacher, before and after a burst. */
interface Counters {
  requests: RequestCounts | undefined;
  calls: number | undefined;
  cpuMs: number;
}

/** One attacher under measurement, with the server and the driver that it works on. */
export class Contender {
  readonly name: string;
  readonly #options: ContenderOptions;
  readonly #bursts: BurstFigures[] = [];
  #watch: Watch | undefined;
  #burst: Burst | undefined;
  #idleBytes = 0;

  constructor(options: ContenderOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Waits until the attacher has attached and detached one volume, and until its memory stands still. */
  async settle(): Promise<void> {
    const { server, workload } = this.#options;
    this.#watch = await Watch.start({
      api: server.api,
      path: paths.attachments,
      onChange: (object, deleted) => this.#burst?.seen(object, deleted),
    });
    await this.#run('attach', [workload.canary]);
    await this.#run('detach', [workload.canary]);
    this.#idleBytes = await this.#settledMemory();
  }

  /** One burst of attaches and one of detaches. */
  async round(round: number): Promise<void> {
    for (const operation of ['attach', 'detach'] as const) {
      const before = await this.#count();
      const times = await this.#run(operation, this.#options.workload.volumes);
      await delay(500); // What belongs to the burst and comes after its last change.
      const after = await this.#count();
      this.#bursts.push({ operation, round, ...times, ...this.#between(before, after) });
    }
  }

  /** The figures. Then the attacher ends, and on a server that stays, nothing of the workload stays. */
  async finish({ cleanUp }: { cleanUp: boolean }): Promise<AttacherFigures> {
    const { attacher, server, workload } = this.#options;
    const afterBytes = await this.#settledMemory();
    const { peakBytes } = memoryUse(attacher.pid);
    if (cleanUp) await workload.delete(server.api);
    await this.#watch?.stop();
    await attacher.stop();
    return { attacher: this.name, idleBytes: this.#idleBytes, bursts: this.#bursts, afterBytes, peakBytes };
  }

  async #run(operation: 'attach' | 'detach', volumes: readonly BenchVolume[]): Promise<BurstTimes> {
    const { api } = this.#options.server;
    const names = volumes.map(({ attachment }) => attachment);
    const burst = new Burst(operation, names, () => performance.now());
    this.#burst = burst;
    const request = (volume: BenchVolume): Promise<unknown> => {
      burst.started(volume.attachment);
      if (operation === 'attach') return api.create(paths.attachments, volume.object);
      return api.delete(`${paths.attachments}/${volume.attachment}`);
    };
    await Promise.all([forEachAtOnce(volumes, requestsAtOnce, request), this.#untilDone(burst, operation, volumes)]);
    this.#burst = undefined;
    return burst.times;
  }

  /** Throws if the attacher ends, or does nothing for a minute. */
  async #untilDone(burst: Burst, operation: string, volumes: readonly BenchVolume[]): Promise<void> {
    const { attacher } = this.#options;
    const patience = new AbortController();
    const stuck = async (): Promise<never> => {
      for (let before = volumes.length + 1; before > burst.left; ) {
        before = burst.left;
        await delay(60_000, undefined, { signal: patience.signal });
      }
      throw new ChildError(attacher, `has ${burst.left} of ${volumes.length} left to ${operation} and does nothing`);
    };
    const ended = attacher.ended.then((end) => {
      throw new ChildError(attacher, `ended in the middle of it (${end})`);
    });
    try {
      await Promise.race([burst.done, ended, stuck()]);
    } finally {
      patience.abort();
    }
  }

  async #count(): Promise<Counters> {
    const { server, driver, attacher } = this.#options;
    const requests = await server.api.text('GET', '/metrics').then(parseRequestCounts, () => undefined);
    const figures = await driver.figures();
    const calls = figures && figures.publishCalls + figures.unpublishCalls;
    return { requests, calls, cpuMs: cpuMs(attacher.pid) };
  }

  #between(before: Counters, after: Counters) {
    const { requests, calls } = before;
    const { attacher, workload } = this.#options;
    return {
      count: workload.volumes.length,
      writes: requests && after.requests && attacherWrites(countsBetween(requests, after.requests)),
      driverCalls: calls === undefined || after.calls === undefined ? undefined : after.calls - calls,
      cpuMs: after.cpuMs - before.cpuMs,
      residentBytes: memoryUse(attacher.pid).residentBytes,
    };
  }

  /** Memory once it has changed by less than a hundredth for two seconds, or after fifteen. */
  async #settledMemory(): Promise<number> {
    const { pid } = this.#options.attacher;
    let bytes = memoryUse(pid).residentBytes;
    for (let waited = 0, quiet = 0; quiet < 4 && waited < 30; waited++) {
      await delay(500);
      const now = memoryUse(pid).residentBytes;
      quiet = Math.abs(now - bytes) < bytes / 100 ? quiet + 1 : 0;
      bytes = now;
    }
    return bytes;
  }
}
