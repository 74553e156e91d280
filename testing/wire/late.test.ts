import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rig, until } from './rig.ts';

test('an attacher that is there before everything else says what it waits for, and works when it has come', async (context) => {
  const rig = await Rig.start(context);
  const { cluster } = rig;
  await rig.stopServer();
  const attacher = rig.attacher();
  const started = performance.now();
  assert.deepEqual(await attacher.get('/healthz'), { status: 200, text: 'ok' });
  assert.equal((await attacher.get('/healthz/leader-election')).status, 200);
  assert.equal((await attacher.get('/readyz')).status, 500);
  assert.ok(performance.now() - started < 10_000);
  await attacher.until(/Waiting for the CSI driver.*csi\.sock/);
  await rig.startDriver();
  await attacher.until(/CSI driver is ready/);
  await attacher.until(/Waiting to list and watch volumeattachments.*refused/i);
  await attacher.until(/Waiting to read and write the lease/);
  cluster.addNodes('n1');
  const volumes = cluster.addVolumes(5);
  cluster.attach(volumes, 'n1');
  await rig.startServer();
  await until('all attached', () => cluster.attached === 5);
  assert.equal((await attacher.get('/readyz')).status, 200);
  cluster.detach(volumes, 'n1');
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
});
