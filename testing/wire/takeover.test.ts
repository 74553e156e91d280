import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaseMs, Rig, until } from './rig.ts';

/** Slow enough that an end always comes in the middle of something. */
const callMs = 100;

async function slowRig(context: Parameters<typeof Rig.start>[0]): Promise<Rig> {
  const rig = await Rig.start(context, { driver: {} });
  for (const method of ['ControllerPublishVolume', 'ControllerUnpublishVolume'] as const) {
    rig.driver.core.faults.set(method, { delayMs: [callMs / 2, callMs] });
  }
  rig.cluster.addNodes('n1', 'n2');
  return rig;
}

test('after SIGKILL of the leader the other goes on within the lease, and nothing is lost or done twice at once', async (context) => {
  const rig = await slowRig(context);
  const { cluster } = rig;
  const volumes = cluster.addVolumes(120);
  const [leader, standby] = await rig.pair({ flags: ['--worker-threads=10'] });
  cluster.attach(volumes, 'n1');
  await until('half attached', () => cluster.attached >= 60);
  leader.signal('SIGKILL');
  const killed = performance.now();
  assert.equal(await leader.ended, 'SIGKILL');
  await standby.until(/Became leader/);
  const tookMs = performance.now() - killed;
  assert.ok(tookMs < leaseMs + 1_500, `it took ${Math.round(tookMs)} ms with a lease of ${leaseMs} ms`);
  await until('all attached', () => cluster.attached === 120);
  assert.equal(rig.driver.core.ledger.size, 120);
  // Calls that were under way may have been made once more; the others not.
  assert.ok(rig.calls('ControllerPublishVolume') <= 130, `${rig.calls('ControllerPublishVolume')} calls`);
  cluster.detach(volumes, 'n1');
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
});

test('after SIGKILL in the middle of detaching the other goes on, too', async (context) => {
  const rig = await slowRig(context);
  const { cluster } = rig;
  const volumes = cluster.addVolumes(60);
  const [leader, standby] = await rig.pair({ flags: ['--worker-threads=10'] });
  cluster.attach(volumes, 'n2');
  await until('all attached', () => cluster.attached === 60);
  cluster.detach(volumes, 'n2');
  await until('half gone', () => cluster.attachments().length <= 30);
  leader.signal('SIGKILL');
  await standby.until(/Became leader/);
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
});

test('on SIGTERM the leader writes what its running calls bring, and the other goes on within two seconds', async (context) => {
  const rig = await slowRig(context);
  const { cluster } = rig;
  const volumes = cluster.addVolumes(40);
  const [leader, standby] = await rig.pair({ flags: ['--worker-threads=4'] });
  cluster.attach(volumes, 'n1');
  await until('some attached', () => cluster.attached >= 8);
  leader.signal('SIGTERM');
  const asked = performance.now();
  await standby.until(/Became leader/);
  const tookMs = performance.now() - asked;
  assert.equal(await leader.ended, 0, leader.output);
  assert.ok(tookMs < 2_000, `it took ${Math.round(tookMs)} ms`);
  await until('all attached', () => cluster.attached === 40);
  // What ran had its result written: no volume was published a second time.
  assert.equal(rig.calls('ControllerPublishVolume'), 40);
  assert.equal(rig.done('ControllerPublishVolume'), 40);
  rig.assertNoOverlap();
  assert.doesNotMatch(leader.output, /^E/m, 'the leader ended without an error');
});

test('a standby ends at once on SIGTERM, and the leader is none the wiser', async (context) => {
  const rig = await slowRig(context);
  const [leader, standby] = await rig.pair();
  const before = rig.cluster.leader;
  standby.signal('SIGTERM');
  const asked = performance.now();
  assert.equal(await standby.ended, 0, standby.output);
  assert.ok(performance.now() - asked < 1_000);
  assert.equal(rig.cluster.leader, before);
  assert.doesNotMatch(leader.output, /No longer leader/);
});
