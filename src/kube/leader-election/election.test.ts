import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Candidate, defaults, hang, leases, stop, World } from '../../../testing/support/election.ts';
import { settle } from '../../../testing/support/fake-clock.ts';

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

  test('does not ask over and over where every try to take a free lease is a conflict', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    const conflict = Buffer.from(JSON.stringify({ kind: 'Status', status: 'Failure', reason: 'Conflict', code: 409 }));
    a.fault = ({ method }) => {
      if (a.requests.length > 100) return { refuse: { kind: 'refused' } };
      if (method !== 'POST') return undefined;
      return { answer: { status: 409, headers: { 'content-type': 'application/json' }, body: conflict } };
    };
    await world.clock.advance(60_000);
    assert.equal(a.leading, false);
    assert.ok(a.requests.length <= 60, `${a.requests.length} requests in a minute`);
    a.fault = undefined;
    await world.clock.advance(6_000);
    assert.equal(a.leading, true);
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

  test('polls the lease where it may not be watched', async () => {
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

describe('a candidate', () => {
  test('without permissions on leases never leads; the log names the missing rule', async () => {
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
    assert.ok(a.requests.length < 200, `${a.requests.length} tries in ten minutes`);
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
