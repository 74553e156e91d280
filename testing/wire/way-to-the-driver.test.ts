import assert from 'node:assert/strict';
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

test('an answer that is lost after the driver has done the work costs a second call and no more', async (context) => {
  const { rig, volumes } = await rigWithWork(context);
  const { cluster } = rig;
  const { faults } = rig.driver.core;
  const attacher = rig.attacher({ flags });
  await attacher.until(/Became leader/);
  const lost = { kind: 'error after', code: 14, message: 'nobody hears this' } as const;
  faults.next(10, lost, { method: 'ControllerPublishVolume' });
  faults.next(1, { kind: 'cut after' }, { method: 'ControllerPublishVolume', volumeId: 'h-pv-40' });
  cluster.attach(volumes, 'n1');
  await until('all attached', () => cluster.attached === 60);
  assert.equal(rig.driver.core.ledger.size, 60);
  faults.next(10, lost, { method: 'ControllerUnpublishVolume' });
  faults.next(1, { kind: 'cut after' }, { method: 'ControllerUnpublishVolume', volumeId: 'h-pv-40' });
  cluster.detach(volumes, 'n1');
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
});
