import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from './rig.ts';
import { flags, relay, rigWithWork, workThrough } from './work.ts';

test('a way to the driver that is slow and breaks again and again loses nothing', async (context) => {
  const { rig, volumes } = await rigWithWork(context);
  const socket = join(rig.folder, 'relayed.sock');
  const way = await relay(context, { to: rig.socket, at: socket });
  await rig.pair({ socket, flags });
  await workThrough(rig, volumes, async () => {
    for (let cuts = 0; cuts < 3; cuts++) {
      way.delayMs = 10 * cuts;
      await delay(400);
      way.cut();
    }
    way.delayMs = 0;
  });
});

test('a driver that is stopped for longer than its calls may take is waited for', async (context) => {
  const { rig, volumes } = await rigWithWork(context);
  const { cluster } = rig;
  const socket = join(rig.folder, 'relayed.sock');
  const way = await relay(context, { to: rig.socket, at: socket });
  const attacher = rig.attacher({ socket, flags });
  cluster.attach(volumes, 'n1');
  await until('some attached', () => cluster.attached >= 10);
  way.freeze({ forNew: true });
  await attacher.until(/Attach failed.*DeadlineExceeded|Attach failed.*deadline exceeded/);
  way.thaw();
  await until('all attached', () => cluster.attached === 60);
  cluster.detach(volumes, 'n1');
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
});
