import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rig, until } from './rig.ts';

test('a leader that was stopped past its lease does nothing without it when it goes on', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const { cluster } = rig;
  cluster.addNodes('n1');
  const volumes = cluster.addVolumes(40);
  rig.driver.core.faults.set('ControllerPublishVolume', { delayMs: 100 });
  const [old, next] = await rig.pair({ flags: ['--worker-threads=4'] });
  cluster.attach(volumes, 'n1');
  await until('some attached', () => cluster.attached >= 8);
  // Calls are under way, and more wait for their turn.
  old.signal('SIGSTOP');
  await next.until(/Became leader/);
  await until('all attached', () => cluster.attached === 40);
  const calls = rig.calls('ControllerPublishVolume');
  assert.ok(calls <= 44, `${calls} calls`);

  const holder = cluster.leader;
  const sent = rig.requests.length;
  old.signal('SIGCONT');
  await old.until(/No longer leader/);
  await old.until(/New leader/);
  const writes = rig.requests.slice(sent).filter(({ from, method }) => from === 1 && method !== 'GET');
  assert.deepEqual(
    writes.filter(({ path }) => !path.includes('/leases/')),
    [],
    'it wrote without its lease',
  );
  assert.equal(rig.calls('ControllerPublishVolume'), calls, 'it called the driver without its lease');
  assert.equal(cluster.leader, holder, 'it took the lease back');

  // It is a candidate like any other.
  next.signal('SIGTERM');
  assert.equal(await next.ended, 0, next.output);
  cluster.detach(volumes, 'n1');
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
});
