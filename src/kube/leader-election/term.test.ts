import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Candidate, hang, leases, stop, World } from '../../../testing/support/election.ts';
import { settle } from '../../../testing/support/fake-clock.ts';

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
    assert.equal(term.signal.aborted, false, 'nothing has run yet');
    assert.equal(term.held(), false);
    assert.equal(term.signal.aborted, true);
    world.clock.monotonic = monotonic;
    await stop(world, a);
  });

  test('is not held after the machine was suspended for longer than the lease, though its monotonic clock stood still', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(1_000);
    const { term } = a;
    world.clock.suspend(13_800);
    assert.equal(term.held(), true, '14.8 of 15 seconds');
    world.clock.suspend(60);
    assert.equal(term.held(), false);
    assert.equal(term.signal.aborted, true);
    await world.clock.advance(6_000);
    assert.equal(a.terms.length, 2, 'nobody else has taken it');
    await stop(world, a);
  });

  test('is over when either the wall clock or the boot time says so', async () => {
    for (const sees of ['wall', 'boot'] as const) {
      const world = new World();
      const a = new Candidate(world, 'a');
      await world.clock.advance(0);
      world.clock.suspend(15_000);
      // A wall clock that was set back meanwhile, and a machine that does not count a suspend in its boot time.
      if (sees === 'boot') world.clock.setWallClock(-20_000);
      else world.clock.boot = () => world.clock.monotonic();
      assert.equal(a.term.held(), false, sees);
      await stop(world, a);
    }
  });

  test('costs no more than itself when the wall clock is set forward, and is not longer when it is set back', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(3_000);
    world.clock.setWallClock(3_600_000);
    assert.equal(a.term.held(), false);
    await world.clock.advance(6_000);
    assert.equal(a.terms.length, 2);
    assert.equal(a.term.held(), true);
    world.clock.setWallClock(-7_200_000);
    a.fault = () => ({ refuse: { kind: 'refused' } });
    await world.clock.advance(10_100);
    assert.equal(a.term.held(), false);
    a.fault = undefined;
    await stop(world, a);
  });

  test('that was found to have run out is over, though a renewal sent before the pause is answered after it', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const { term } = a;
    a.fault = ({ method }) => (method === 'PUT' ? { answerDelayMs: 1_000 } : undefined);
    await world.clock.advance(3_900);
    const { monotonic } = world.clock;
    world.clock.monotonic = () => monotonic.call(world.clock) + 15_000;
    assert.equal(term.held(), false, 'work is dropped on that ground');
    world.clock.monotonic = monotonic;
    a.fault = undefined;
    await world.clock.advance(2_000);
    assert.equal(term.held(), false, 'the answer has come, and what was dropped must not be forgotten');
    await world.clock.advance(20_000);
    assert.equal(a.terms.length, 2, 'a new term looks at everything again');
    await stop(world, a);
  });

  test('counts from when its renewal was sent, not from when the answer came', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    a.fault = ({ method }) => {
      if (method === 'POST') return { answerDelayMs: 6_000 };
      return method === 'PUT' ? hang() : undefined;
    };
    await world.clock.advance(14_800);
    assert.equal(a.term.held(), true);
    await world.clock.advance(100);
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
    assert.equal(a.elector.healthError, undefined);
    const stuck = Promise.withResolvers<void>();
    a.drain = stuck.promise;
    a.fault = () => ({ refuse: { kind: 'refused' } });
    await world.clock.advance(34_900);
    assert.equal(a.elector.healthError, undefined);
    await world.clock.advance(1_000);
    assert.equal(a.elector.healthError, 'leading, but the lease has not been renewed for 36s');
    stuck.resolve();
    await settle();
    assert.equal(a.elector.healthError, undefined);
    await stop(world, a);
  });
});
