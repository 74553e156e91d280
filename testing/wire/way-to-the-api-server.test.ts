import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { leaseMs, until } from './rig.ts';
import { flags, relay, rigWithWork, workThrough } from './work.ts';

test('a way to the API server that is slow and breaks again and again loses nothing', async (context) => {
  const { rig, volumes } = await rigWithWork(context);
  const way = await relay(context, { to: rig.port });
  await rig.pair({ port: way.port, flags });
  way.delayMs = 20;
  await workThrough(rig, volumes, async () => {
    for (let cuts = 0; cuts < 5; cuts++) {
      way.cut();
      way.refusing = true;
      await delay(50);
      way.refusing = false;
      way.delayMs = 20 * cuts;
      await delay(300);
    }
    way.delayMs = 0;
  });
});

test('a leader whose way to the API server goes silent is replaced, and does nothing more', async (context) => {
  const { rig, volumes } = await rigWithWork(context);
  const { cluster } = rig;
  const way = await relay(context, { to: rig.port });
  const leader = rig.attacher({ port: way.port, flags });
  await leader.until(/Became leader/);
  const standby = rig.attacher({ flags });
  await standby.until(/New leader/);
  cluster.attach(volumes, 'n1');
  await until('some attached', () => cluster.attached >= 10);
  way.freeze({ forNew: true });
  await standby.until(/Became leader/);
  await leader.until(/No longer leader/);
  await until('all attached', () => cluster.attached === 60);
  // What was on its way arrives after all, late: from a leader that is none any more.
  const sent = rig.requests.length;
  way.thaw();
  cluster.detach(volumes, 'n1');
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
  const late = rig.requests
    .slice(sent)
    .filter(({ from, method, path }) => from === 1 && method === 'PATCH' && !path.includes('/leases/'));
  // A request may have been half-way when the wire went silent; the server then decides by its version.
  assert.ok(late.length <= 16, `${late.length} writes came late`);
});

test('a standby that is cut off takes part again when it can', async (context) => {
  const { rig, volumes } = await rigWithWork(context);
  const { cluster } = rig;
  const leader = rig.attacher({ flags });
  await leader.until(/Became leader/);
  const way = await relay(context, { to: rig.port });
  const standby = rig.attacher({ port: way.port, flags });
  await standby.until(/New leader/);
  way.refusing = true;
  way.cut();
  await standby.until(/Waiting to list and watch/);
  cluster.attach(volumes, 'n2');
  await until('all attached', () => cluster.attached === 60);
  way.refusing = false;
  await standby.until(/No longer waiting to list and watch/);
  leader.signal('SIGKILL');
  await standby.until(/Became leader/);
  cluster.detach(volumes, 'n2');
  await until('all gone', () => cluster.attachments().length === 0, leaseMs + 30_000);
  rig.assertClean();
});
