import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Fault } from '../../../testing/apiserver/memory.ts';
import { Candidate, leases, stop, World } from '../../../testing/support/election.ts';
import type { HttpRequest } from '../client/transport.ts';

/** Every request takes `ms`: half of it on the way there, half on the way back. */
function slow(ms: number): { fault: (request: HttpRequest) => Fault | undefined } {
  return { fault: ({ path }) => (path.includes('watch=1') ? undefined : { delayMs: ms / 2, answerDelayMs: ms / 2 }) };
}

/** Ends them when their server is fast again, and nothing of theirs is under way. */
async function end(world: World, ...candidates: Candidate[]): Promise<void> {
  for (const candidate of candidates) candidate.fault = undefined;
  await world.clock.advance(60_000);
  await stop(world, ...candidates);
}

describe('a candidate whose API server is slow', () => {
  for (const [requestMs, leadsAfterMs] of [
    [2_700, 5_400],
    [5_500, 11_000],
    [9_000, 18_000],
  ] as const) {
    test(`leads after two requests of ${requestMs / 1000} s, and goes on`, async () => {
      const world = new World();
      const a = new Candidate(world, 'a', slow(requestMs));
      await world.clock.advance(leadsAfterMs - 100);
      assert.equal(a.leading, false);
      await world.clock.advance(200);
      assert.equal(a.leading, true);
      await world.clock.advance(600_000);
      assert.deepEqual([a.terms.length, a.term.held()], [1, true]);
      a.fault = undefined;
      await world.clock.advance(60_000);
      assert.equal(world.lease.spec.leaseDurationSeconds, 15);
      await end(world, a);
    });
  }

  test('writes a longer lease only where two requests take nearly as long as the lease', async () => {
    for (const [requestMs, seconds] of [
      [2_700, 15],
      [5_500, 15],
      [9_000, 22],
    ] as const) {
      const world = new World();
      const a = new Candidate(world, 'a', slow(requestMs));
      await world.clock.advance(60_000);
      assert.equal(world.lease.spec.leaseDurationSeconds, seconds);
      await end(world, a);
    }
  });

  test('is never a second leader beside another slow one', async () => {
    const world = new World();
    const [a, b] = [new Candidate(world, 'a', slow(9_000)), new Candidate(world, 'b', slow(9_000))];
    for (let second = 0; second < 600; second++) {
      await world.clock.advance(1_000);
      assert.ok(!(a.terms.at(-1)?.held() === true && b.terms.at(-1)?.held() === true), `both lead at ${second} s`);
    }
    assert.equal(a.terms.length + b.terms.length, 1);
    await end(world, a, b);
  });

  test('leads under a lease whose write was done though its answer came too late', async () => {
    const world = new World();
    const a = new Candidate(world, 'a', { leaseDurationMs: 30_000 });
    a.fault = ({ method }) => (method === 'POST' ? { answerDelayMs: 60_000 } : undefined);
    await world.clock.advance(9_900);
    assert.equal(a.leading, false);
    await world.clock.advance(3_000 + 7_500);
    assert.equal(a.leading, true);
    assert.deepEqual(
      a.requests.map(({ method }) => method).filter((method) => method !== 'PUT'),
      ['GET', 'POST', 'GET'],
    );
    await end(world, a);
  });

  test('that cannot have its writes answered leaves the lease to a fast one', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    // Reads are fast enough, each write is done and its answer comes too late: no term ever begins.
    a.fault = ({ method }) => (method === 'GET' ? { delayMs: 8_000 } : { delayMs: 9_000, answerDelayMs: 2_500 });
    await world.clock.advance(60_000);
    assert.equal(a.terms.length, 0);
    const b = new Candidate(world, 'b');
    await world.clock.advance(90_000);
    assert.equal(b.leading, true);
    await world.clock.advance(300_000);
    assert.deepEqual([a.terms.length, b.terms.length], [0, 1]);
    await end(world, a, b);
  });
});

describe('a lease that goes back to an older version', () => {
  test('is the truth when the server itself answers it: the leader goes on', async () => {
    const world = new World();
    const a = new Candidate(world, 'a');
    await world.clock.advance(0);
    const backup = world.server.backup();
    const b = new Candidate(world, 'b');
    await world.clock.advance(60_000);
    world.server.restore(backup);
    await world.clock.advance(60_000);
    assert.deepEqual([a.terms.length, a.term.held(), b.terms.length], [1, true, 0]);
    await end(world, a, b);
  });

  test('is taken within two lease durations if its leader is gone, or was another then', async () => {
    for (const holderThen of ['', 'another', 'b']) {
      const world = new World();
      const spec = { holderIdentity: holderThen, leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' };
      world.api.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec });
      const backup = world.server.backup();
      const a = new Candidate(world, 'a');
      await world.clock.advance(60_000);
      const b = new Candidate(world, 'b');
      await world.clock.advance(60_000);
      assert.equal(a.leading, true);
      a.transport.close();
      world.server.restore(backup);
      await world.clock.advance(30_000);
      assert.equal(b.leading, true, `held by ${JSON.stringify(holderThen)} then`);
      await stop(world, a, b);
    }
  });

  test('is not taken, though nobody holds it there or we do, while the leader from before may believe in it', async () => {
    for (const holderThen of ['', 'b']) {
      const world = new World();
      const spec = { holderIdentity: holderThen, leaseDurationSeconds: 15, renewTime: '2001-01-01T00:00:00.000000Z' };
      world.api.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec });
      const backup = world.server.backup();
      const a = new Candidate(world, 'a');
      await world.clock.advance(60_000);
      const b = new Candidate(world, 'b');
      await world.clock.advance(60_000);
      assert.equal(a.leading, true);
      world.server.restore(backup);
      a.fault = () => ({ delayMs: 60_000 });
      for (let step = 0; step < 300; step++) {
        await world.clock.advance(100);
        assert.ok(!(a.term.held() && b.terms.at(-1)?.held() === true), `two leaders after ${step / 10} s`);
      }
      assert.equal(b.leading, true);
      await end(world, a, b);
    }
  });
});
