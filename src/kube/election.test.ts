import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seedAttacherRole } from '../../testing/apiserver/attacher-role.ts';
import { ApiServer } from '../../testing/apiserver/core.ts';
import { CoreClient } from '../../testing/apiserver/core-client.ts';
import { type Fault, MemoryTransport } from '../../testing/apiserver/memory.ts';
import { FakeClock, settle } from '../../testing/support/fake-clock.ts';
import { RecordingLogger } from '../../testing/support/recording-logger.ts';
import { RecordingMetrics } from '../../testing/support/recording-metrics.ts';
import { seededRandom } from '../../testing/support/seeded-random.ts';
import { KubeClient } from './client.ts';
import { staticToken } from './credentials.ts';
import { LeaderElector, type LeaderElectorOptions, type Term } from './election.ts';
import type { HttpRequest } from './transport.ts';

const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const defaults = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 5_000 };

interface LeaseObject {
  metadata: { resourceVersion: string; labels?: Record<string, string> };
  spec: Record<string, unknown>;
}

class World {
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

/** One replica: an elector whose leader does as the test says. */
class Candidate {
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

  constructor(world: World, identity: string, options: Partial<LeaderElectorOptions> & { token?: string } = {}) {
    const { token = 'attacher', ...others } = options;
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
async function stop(world: World, ...candidates: Candidate[]): Promise<void> {
  await Promise.all(candidates.map(({ elector }) => elector.stop()));
  await Promise.all(candidates.map(({ ended }) => ended));
  assert.equal(world.clock.pendingTimers, 0, 'timers are left');
}

function hang(): Fault {
  return { delayMs: 3_600_000 };
}

describe('an election', () => {
  test('is won at once where there is no lease yet, and the lease looks as client-go’s does', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    assert.equal(a.leading, true);
    assert.equal(a.term.held(), true);
    assert.equal(a.elector.leader, 'a');
    assert.equal(a.status, 1);
    assert.deepEqual(world.lease.spec, {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await stop(world, a);
  });

  test('keeps one leader, who renews and keeps acquireTime, while the others stand by', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const b = new Candidate(world, 'b');
    await world.clock.advance(600_000);
    assert.deepEqual([a.leading, b.leading], [true, false]);
    assert.equal(a.terms.length, 1);
    assert.equal(b.elector.leader, 'a');
    assert.equal(b.status, 0);
    const { spec } = world.lease;
    assert.equal(spec.acquireTime, '2026-01-01T00:00:00.000000Z');
    assert.ok(Date.parse(String(spec.renewTime)) > world.clock.now() - 4_000);
    await stop(world, a, b);
  });

  test('passes to a standby within the lease duration when the leader vanishes', async () => {
    for (const killedAtMs of [60_001, 61_700, 63_332, 64_999]) {
      const world = new World();
      const a = new Candidate(world, 'a');
      await world.clock.advance(0);
      const b = new Candidate(world, 'b');
      await world.clock.advance(killedAtMs);
      a.transport.close();
      await world.clock.advance(defaults.leaseDurationMs);
      assert.equal(b.leading, true, `killed at ${killedAtMs}`);
      assert.equal(world.lease.spec.leaseTransitions, 1);
      await stop(world, a, b);
    }
  });

  test('passes at once when the leader stops and gives the lease back', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const b = new Candidate(world, 'b');
    await world.clock.advance(12_345);
    await a.elector.stop();
    await settle();
    assert.deepEqual([a.leading, b.leading], [false, true]);
    assert.equal(a.status, 0);
    await stop(world, b);
    const { spec } = world.lease;
    assert.deepEqual([spec.holderIdentity, spec.leaseDurationSeconds, spec.leaseTransitions], ['', 1, 1]);
  });

  test('without release leaves the lease to expire', async () => {
    const world = new World();
    const a = new Candidate(world, 'a', { releaseOnStop: false });
    await world.clock.advance(0);
    await a.elector.stop();
    assert.equal(world.lease.spec.holderIdentity, 'a');
    await stop(world, a);
  });

  test('believes its own clock and not the times in the lease', async () => {
    const world = new World();
    const spec = { holderIdentity: 'other', leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' };
    world.api.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec });
    const a = new Candidate(world, 'a');
    await world.clock.advance(14_900);
    assert.equal(a.leading, false, 'the lease was renewed long ago by somebody’s clock, but who knows by which');
    await world.clock.advance(200);
    assert.equal(a.leading, true);
    await stop(world, a);
  });

  test('is won by one only, however many try at the same moment', async () => {
    const world = new World();
    const all = ['a', 'b', 'c', 'd', 'e'].map((identity) => new Candidate(world, identity));
    await world.clock.advance(100);
    assert.equal(all.filter(({ leading }) => leading).length, 1);
    await stop(world, ...all);
  });

  test('goes by looking alone where the lease may not be watched', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const b = new Candidate(world, 'b');
    b.fault = ({ path }) =>
      path.includes('watch=1') ? { answer: { status: 403, headers: {}, body: Buffer.from('no') } } : undefined;
    await world.clock.advance(60_000);
    a.transport.close();
    await world.clock.advance(15_000 + 11_000);
    assert.equal(b.leading, true);
    assert.equal(b.requests.filter(({ path }) => path.includes('watch=1')).length, 1);
    await stop(world, a, b);
  });

  test('puts its labels on the lease and leaves everybody else’s there', async () => {
    const world = new World();
    const a = new Candidate(world, 'a', {
      lease: { namespace: 'kube-system', name: 'l', identity: 'a', labels: { mine: 'x' } },
    });
    await world.clock.advance(0);
    assert.deepEqual(world.lease.metadata.labels, { mine: 'x' });
    world.api.patch(`${leases}/l`, { metadata: { labels: { theirs: 'y' }, annotations: { note: 'z' } } });
    await world.clock.advance(20_000);
    assert.equal(a.terms.length, 1, 'a label is no reason to lose a term');
    assert.deepEqual(world.lease.metadata.labels, { mine: 'x', theirs: 'y' });
    await stop(world, a);
  });
});

describe('a term', () => {
  test('ends at the renew deadline when the API server cannot be reached, and is won again in the same process', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(4_000);
    const renewedAt = 10_000 / 3;
    a.fault = () => ({ refuse: { kind: 'refused' } });
    await world.clock.advance(renewedAt + 9_900 - 4_000);
    assert.equal(a.term.held(), true);
    await world.clock.advance(200);
    assert.equal(a.term.signal.aborted, true);
    assert.equal(a.term.held(), false, 'what is lost must not be written under, though nobody else can have it yet');
    assert.equal(a.status, 0);
    a.fault = undefined;
    await world.clock.advance(12_000);
    assert.equal(a.terms.length, 2);
    assert.equal(a.term.held(), true);
    assert.equal(world.lease.spec.leaseTransitions, 0, 'it was never anybody else’s');
    await stop(world, a);
  });

  test('survives an API server that does not answer for some seconds', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(6_000);
    a.fault = () => ({ delayMs: Math.max(0, 12_500 - world.clock.monotonic()) });
    await world.clock.advance(60_000);
    assert.equal(a.terms.length, 1);
    assert.equal(a.term.held(), true);
    a.fault = undefined;
    await stop(world, a);
  });

  test('survives an answer that was lost though the renewal was done', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(6_000);
    let lost = 0;
    a.fault = ({ method }) => (method === 'PUT' && lost++ === 0 ? { loseAnswer: true } : undefined);
    await world.clock.advance(60_000);
    assert.ok(lost > 1);
    assert.equal(a.terms.length, 1);
    await stop(world, a);
  });

  test('is not held after a pause of the process longer than the lease, before any timer has fired', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const { term } = a;
    const { monotonic } = world.clock;
    world.clock.monotonic = () => monotonic.call(world.clock) + 15_000;
    assert.equal(term.held(), false);
    assert.equal(term.signal.aborted, false, 'nothing has run yet');
    world.clock.monotonic = monotonic;
    await stop(world, a);
  });

  test('counts from when its renewal was sent, not from when the answer came', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    a.fault = ({ method }) => {
      if (method === 'POST') return { answerDelayMs: 4_000 };
      return method === 'PUT' ? hang() : undefined;
    };
    await world.clock.advance(9_900);
    assert.equal(a.term.held(), true);
    await world.clock.advance(200);
    assert.equal(a.term.held(), false);
    await a.elector.stop();
  });

  test('is lost at once when another has taken the lease', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    world.api.patch(`${leases}/l`, { spec: { holderIdentity: 'thief' } });
    await world.clock.advance(5_100);
    assert.equal(a.leading, false);
    assert.equal(a.term.held(), false);
    assert.equal(a.elector.leader, 'thief');
    assert.equal(world.lease.spec.holderIdentity, 'thief', 'and is not given back in their name');
    await stop(world, a);
  });

  test('goes on when the lease was deleted: it is created again', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    world.api.delete(`${leases}/l`);
    await world.clock.advance(5_100);
    assert.equal(a.terms.length, 1);
    assert.equal(world.lease.spec.holderIdentity, 'a');
    await stop(world, a);
  });

  test('stays held and renewed while the leader finishes its work after a stop, then the lease is given back', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const work = Promise.withResolvers<void>();
    a.drain = work.promise;
    const stopped = a.elector.stop();
    await world.clock.advance(40_000);
    assert.equal(a.term.signal.aborted, true);
    assert.equal(a.term.held(), true);
    assert.ok(Date.parse(String(world.lease.spec.renewTime)) > world.clock.now() - 4_000);
    work.resolve();
    await stopped;
    assert.equal(world.lease.spec.holderIdentity, '');
    await stop(world, a);
  });

  test('after resigning goes to another candidate if there is one, else back to the same', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const b = new Candidate(world, 'b');
    await world.clock.advance(1_000);
    a.elector.resign();
    await world.clock.advance(1_000);
    assert.deepEqual([a.leading, b.leading], [false, true]);
    await b.elector.stop();
    await world.clock.advance(60_000);
    assert.equal(a.terms.length, 2);
    await stop(world, a, b);
  });

  test('whose leader fails is given back, and the failure is told', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    a.drain = Promise.reject(new Error('driver has another name'));
    a.drain.catch(() => {});
    await world.clock.advance(0);
    const stopped = a.elector.stop();
    await assert.rejects(a.ended, /another name/);
    await stopped;
    assert.equal(world.lease.spec.holderIdentity, '');
    assert.equal(world.clock.pendingTimers, 0);
  });

  test('is unhealthy if its leader goes on for longer than the lease duration and 20 s without a renewal', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const now = () => world.clock.monotonic();
    assert.equal(a.elector.healthError(now()), undefined);
    const stuck = Promise.withResolvers<void>();
    a.drain = stuck.promise;
    a.fault = () => ({ refuse: { kind: 'refused' } });
    await world.clock.advance(34_900);
    assert.equal(a.elector.healthError(now()), undefined);
    await world.clock.advance(1_000);
    assert.equal(a.elector.healthError(now()), 'leading, but the lease has not been renewed for 36s');
    stuck.resolve();
    await settle();
    assert.equal(a.elector.healthError(now()), undefined);
    await stop(world, a);
  });
});

describe('a candidate', () => {
  test('without rights on leases never leads; the log names the missing rule', async () => {
    const world = new World();
    const a = new Candidate(world, 'a', { token: 'nobody' });
    await world.clock.advance(120_000);
    assert.equal(a.terms.length, 0);
    const errors = a.logger.lines.filter(({ level }) => level === 'error');
    assert.equal(errors.length, 1);
    assert.equal(errors[0]?.message, 'Waiting to read and write the lease of the leader election');
    assert.equal(
      errors[0]?.fields.missingRule,
      'apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get"] (Role in namespace kube-system, or ClusterRole)',
    );
    await stop(world, a);
  });

  test('says so if the namespace of its lease is not there', async () => {
    const world = new World();
    const a = new Candidate(world, 'a', { lease: { namespace: 'nowhere', name: 'l', identity: 'a' } });
    await world.clock.advance(30_000);
    const error = a.logger.lines[0]?.fields.err;
    assert.ok(error instanceof Error);
    assert.equal(error.message, 'namespaces "nowhere" not found');
    await stop(world, a);
  });

  test('waits for an API server that is not there, without hammering it', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    a.fault = () => ({ refuse: { kind: 'refused' } });
    await world.clock.advance(600_000);
    assert.ok(a.requests.length < 120, `${a.requests.length} tries in ten minutes`);
    a.fault = undefined;
    await world.clock.advance(11_000);
    assert.equal(a.leading, true);
    await stop(world, a);
  });

  test('that stands by ends at once when it is stopped, even while a request hangs', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const b = new Candidate(world, 'b');
    await world.clock.advance(20_000);
    b.fault = hang;
    await world.clock.advance(11_000);
    await b.elector.stop();
    a.fault = hang;
    const stopped = a.elector.stop();
    await world.clock.advance(1_500);
    await stopped;
    assert.ok(a.messages.includes('Cannot give back the lease; the others have to wait until it expires'));
  });

  test('with durations that cannot work is refused', () => {
    const world = new World();
    assert.throws(() => new Candidate(world, 'a', { renewDeadlineMs: 15_000 }), /lease duration must be more than/);
    assert.throws(() => new Candidate(world, 'a', { retryPeriodMs: 9_000 }), /must be more than 1.2 times the retry/);
    assert.throws(() => new Candidate(world, 'a', { retryPeriodMs: 0 }), /retry period must be more than 0/);
  });
});
