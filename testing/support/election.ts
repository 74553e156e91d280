import assert from 'node:assert/strict';
import { KubeClient } from '../../src/kube/client/client.ts';
import type { HttpRequest } from '../../src/kube/client/transport.ts';
import { LeaderElector, type LeaderElectorOptions, type Term } from '../../src/kube/leader-election/election.ts';
import { seedAttacherRole } from '../apiserver/attacher-role.ts';
import { ApiServer } from '../apiserver/core.ts';
import { CoreClient } from '../apiserver/core-client.ts';
import { type Fault, MemoryTransport } from '../apiserver/memory.ts';
import { FakeClock } from './fake-clock.ts';
import { staticToken } from './fake-transport.ts';
import { RecordingLogger } from './recording-logger.ts';
import { RecordingMetrics } from './recording-metrics.ts';
import { seededRandom } from './seeded-random.ts';

export const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
export const defaults = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 5_000 };

interface LeaseObject {
  metadata: { resourceVersion: string; labels?: Record<string, string> };
  spec: Record<string, unknown>;
}

export class World {
  readonly clock = new FakeClock();
  readonly server: ApiServer;
  readonly api: CoreClient;

  constructor() {
    const tokens = [
      { token: 'admin', user: 'admin', groups: ['system:masters'] },
      { token: 'attacher', user: 'system:serviceaccount:kube-system:csi-attacher' },
      { token: 'nobody', user: 'nobody' },
    ];
    this.server = new ApiServer({ clock: this.clock, random: seededRandom(7), tokens });
    this.api = new CoreClient(this.server, 'admin');
    seedAttacherRole(this.server, 'admin');
  }

  get lease(): LeaseObject {
    return this.api.get(`${leases}/l`).body as unknown as LeaseObject;
  }
}

type CandidateOptions = Partial<LeaderElectorOptions> & {
  token?: string;
  fault?: (request: HttpRequest) => Fault | undefined;
};

/** One replica: an elector whose leader does as the test says. */
export class Candidate {
  readonly logger = new RecordingLogger();
  readonly metrics = new RecordingMetrics();
  readonly elector: LeaderElector;
  readonly terms: Term[] = [];
  readonly requests: HttpRequest[] = [];
  readonly transport: MemoryTransport;
  readonly ended: Promise<void>;
  fault: ((request: HttpRequest) => Fault | undefined) | undefined;
  leading = false;
  /** What the leader does when its term ends: nothing, unless a test lets it work on. */
  drain: Promise<void> = Promise.resolve();

  constructor(world: World, identity: string, options: CandidateOptions = {}) {
    const { token = 'attacher', fault, ...others } = options;
    this.fault = fault;
    const { clock, server } = world;
    const random = seededRandom(identity.charCodeAt(0));
    this.transport = new MemoryTransport({
      ...{ server, clock },
      intercept: (request) => {
        this.requests.push(request);
        return this.fault?.(request);
      },
    });
    const { logger, metrics } = this;
    const credentials = staticToken(token);
    const client = new KubeClient({ transport: this.transport, clock, random, logger, credentials });
    const lease = { namespace: 'kube-system', name: 'l', identity };
    this.elector = new LeaderElector({
      ...{ client, clock, random, logger, metrics, lease, releaseOnStop: true },
      ...defaults,
      ...others,
    });
    this.ended = this.elector.run((term) => this.#lead(term));
  }

  get term(): Term {
    const term = this.terms.at(-1);
    assert.ok(term !== undefined, 'there was no term');
    return term;
  }

  async #lead(term: Term): Promise<void> {
    this.terms.push(term);
    this.leading = true;
    await new Promise<void>((resolve) => {
      if (term.signal.aborted) resolve();
      else term.signal.addEventListener('abort', () => resolve());
    });
    await this.drain;
    this.leading = false;
  }

  get status(): number | undefined {
    return this.metrics.samples.findLast(({ name }) => name === 'leader_election_master_status')?.value;
  }

  get messages(): string[] {
    return this.logger.lines.map(({ message }) => message);
  }
}

/** Stops all, and proves that nothing is left. */
export async function stop(world: World, ...candidates: Candidate[]): Promise<void> {
  await Promise.all(candidates.map(({ elector }) => elector.stop()));
  await Promise.all(candidates.map(({ ended }) => ended));
  assert.equal(world.clock.pendingTimers, 0, 'timers are left');
}

export function hang(): Fault {
  return { delayMs: 3_600_000 };
}
