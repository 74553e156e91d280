import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { Rig, until } from './rig.ts';

test('an attacher whose log cannot be written goes on working', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const { cluster } = rig;
  cluster.addNodes('n1');
  const volumes = cluster.addVolumes(20);
  const full = openSync('/dev/full', 'w');
  context.after(() => closeSync(full));
  const attacher = rig.attacher({ flags: ['--v=9'], output: full });
  cluster.attach(volumes, 'n1');
  await until('all attached', () => cluster.attached === 20);
  rig.driver.core.faults.next(5, { kind: 'error', code: 13, message: 'one more line that cannot be written' });
  cluster.detach(volumes, 'n1');
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
  attacher.signal('SIGTERM');
  assert.equal(await attacher.ended, 0);
});
