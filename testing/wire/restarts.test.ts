import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Rig, until } from './rig.ts';

test('a token that is replaced, and the old one refused, holds nothing up', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const { cluster, server } = rig;
  cluster.addNodes('n1');
  const volumes = cluster.addVolumes(20);
  const tokenFile = join(rig.folder, 'token');
  const valid = (token: string): void => {
    server.tokens.add({ token, user: 'attacher-1', groups: ['attachers'] });
    writeFileSync(tokenFile, `${token}\n`);
  };
  valid('attacher-1-first');
  const attacher = rig.attacher({ tokenFile });
  cluster.attach(volumes.slice(0, 10), 'n1');
  await until('the first half attached', () => cluster.attached === 10);
  // The kubelet writes the new token long before the old one ends; here it ends at once, and its watches with it.
  valid('attacher-1-second');
  server.tokens.remove('attacher-1-first');
  server.endWatches();
  cluster.attach(volumes.slice(10), 'n1');
  await until('the second half attached', () => cluster.attached === 20);
  cluster.detach(volumes, 'n1');
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
  assert.doesNotMatch(attacher.output, /No longer leader/);
});

test('what changes while the API server is away is caught up with when it is back', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const { cluster } = rig;
  cluster.addNodes('n1');
  const volumes = cluster.addVolumes(30);
  const [leader, standby] = await rig.pair();
  cluster.attach(volumes.slice(0, 20), 'n1');
  await until('some attached', () => cluster.attached >= 5);
  await rig.stopServer();
  cluster.detach(volumes.slice(0, 10), 'n1');
  cluster.attach(volumes.slice(20), 'n1');
  // A server that has started knows no earlier versions to watch from.
  rig.server.restart();
  await Promise.race([leader.until(/Waiting to/), standby.until(/Waiting to/)]);
  await rig.startServer();
  await until('the right ones attached', () => cluster.attached === 20 && cluster.attachments().length === 20);
  rig.dropConnections();
  cluster.detach(volumes.slice(10), 'n1');
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
});

test('a driver that goes away is waited for, its lease given back, and its work taken up again', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const { cluster } = rig;
  cluster.addNodes('n1');
  const volumes = cluster.addVolumes(20);
  const { core } = rig.driver;
  core.faults.set('ControllerPublishVolume', { delayMs: 100 });
  const attacher = rig.attacher({ flags: ['--worker-threads=4', '--retry-interval-start=200ms'] });
  cluster.attach(volumes, 'n1');
  await until('some attached', () => cluster.attached >= 4);
  // In the middle of calls; the socket is gone for half a second.
  core.restart({ downMs: 500 });
  await attacher.until(/Lost the connection to the CSI driver/);
  await attacher.until(/No longer leader/);
  await until('all attached', () => cluster.attached === 20);
  core.faults.set('ControllerUnpublishVolume', { delayMs: 100 });
  cluster.detach(volumes, 'n1');
  await until('some gone', () => cluster.attachments().length <= 16);
  core.restart({ downMs: 200 });
  await until('all gone', () => cluster.attachments().length === 0);
  rig.assertClean();
  attacher.signal('SIGTERM');
  assert.equal(await attacher.ended, 0, attacher.output);
});
