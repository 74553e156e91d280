import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attacherWrites, countsBetween } from '../support/request-counts.ts';
import { Rig, until } from './rig.ts';

const nodes = Array.from({ length: 10 }, (_, at) => `n${at}`);

test('a thousand volumes in a burst cost one call each, and no write more than has to be', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const { cluster } = rig;
  cluster.addNodes(...nodes);
  const volumes = cluster.addVolumes(1_000);
  const on = nodes.map((node, at) => ({ node, volumes: volumes.filter((_, index) => index % nodes.length === at) }));
  const attacher = rig.attacher();
  await attacher.until(/Became leader/);

  /** The attacher's writes until `settled`. */
  const writes = async (start: () => void, what: string, settled: () => boolean) => {
    const before = cluster.counts();
    start();
    await until(what, settled, 60_000);
    return Object.fromEntries(attacherWrites(countsBetween(before, cluster.counts())));
  };
  const attachAll = () => {
    for (const { node, volumes } of on) cluster.attach(volumes, node);
  };
  const detachAll = () => {
    for (const { node, volumes } of on) cluster.detach(volumes, node);
  };

  assert.deepEqual(await writes(attachAll, 'all attached', () => cluster.attached === 1_000), {
    'PATCH persistentvolumes': 1_000,
    'PATCH volumeattachments': 1_000,
    'PATCH volumeattachments/status': 1_000,
  });
  assert.equal(rig.calls('ControllerPublishVolume'), 1_000);
  assert.equal(rig.driver.core.ledger.size, 1_000);

  assert.deepEqual(await writes(detachAll, 'all gone', () => cluster.attachments().length === 0), {
    'PATCH volumeattachments': 1_000,
  });
  assert.equal(rig.calls('ControllerUnpublishVolume'), 1_000);
  rig.assertClean();

  // The second time the volumes carry the finalizer already.
  assert.deepEqual(await writes(attachAll, 'all attached again', () => cluster.attached === 1_000), {
    'PATCH volumeattachments': 1_000,
    'PATCH volumeattachments/status': 1_000,
  });
  assert.equal(rig.calls('ControllerPublishVolume'), 2_000);
  rig.assertNoOverlap();
});
