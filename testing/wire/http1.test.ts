import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Rig, until } from './rig.ts';
import { flags, relay, rigWithWork, workThrough } from './work.ts';

test('behind a server without HTTP/2 nothing is lost while connections break and go silent', async (context) => {
  const { rig, volumes } = await rigWithWork(context, { speaks: 'http/1.1' });
  const way = await relay(context, { to: rig.port });
  const [leader] = await rig.pair({ port: way.port, flags });
  assert.match(leader.output, /Connected to the API server over HTTP\/1\.1/);
  await workThrough(rig, volumes, async () => {
    for (let cuts = 0; cuts < 3; cuts++) {
      way.cut();
      way.delayMs = 20 * cuts;
      await delay(300);
    }
    way.delayMs = 0;
  });
});

test('a proxy without TLS, as kubectl’s, is a way to the API server', async (context) => {
  const { rig, volumes } = await rigWithWork(context, { speaks: 'plain http/1.1' });
  const attacher = rig.attacher({ flags, kubeconfig: (text) => text.replace('https://', 'http://') });
  await attacher.until(/Connected to the API server over HTTP\/1\.1[\s\S]*Became leader/);
  await workThrough(rig, volumes, async () => {});
});

test('a leader on HTTP/1.1 whose way to the API server goes silent is replaced', async (context) => {
  const { rig, volumes } = await rigWithWork(context);
  const way = await relay(context, { to: rig.port });
  const leader = rig.attacher({ port: way.port, flags: [...flags, '--kube-http=1.1'] });
  await leader.until(/Connected to the API server over HTTP\/1\.1[\s\S]*Became leader/);
  const standby = rig.attacher({ flags });
  await standby.until(/Connected to the API server over HTTP\/2[\s\S]*New leader/);
  way.freeze({ forNew: true });
  await standby.until(/Became leader/);
  await leader.until(/No longer leader/);
  rig.cluster.attach(volumes, 'n1');
  await until('all attached', () => rig.cluster.attached === volumes.length);
  way.thaw();
  rig.cluster.detach(volumes, 'n1');
  await until('all gone', () => rig.cluster.attachments().length === 0);
  rig.assertClean();
});

test('a burst costs the same writes over HTTP/1.1 as over HTTP/2', async (context) => {
  const counts: Record<string, number>[] = [];
  for (const version of ['2', '1.1']) {
    const rig = await Rig.start(context, { driver: {} });
    rig.cluster.addNodes('n1');
    const volumes = rig.cluster.addVolumes(300);
    const attacher = rig.attacher({ flags: [`--kube-http=${version}`] });
    await attacher.until(/Became leader/);
    const first = rig.requests.length;
    rig.cluster.attach(volumes, 'n1');
    await until('all attached', () => rig.cluster.attached === volumes.length, 60_000);
    const writes = rig.requests
      .slice(first)
      .filter(({ path }) => !path.includes('/leases/') && !path.includes('/events'));
    counts.push({
      attachments: writes.filter(({ method, path }) => method === 'PATCH' && path.includes('volumeattachments')).length,
      volumes: writes.filter(({ method, path }) => method === 'PATCH' && path.includes('persistentvolumes')).length,
    });
    attacher.signal('SIGTERM');
    assert.equal(await attacher.ended, 0, attacher.output);
  }
  assert.deepEqual(counts[1], counts[0]);
  assert.equal(counts[0]?.volumes, 300);
});

test('HTTP/2 that is demanded of a server without it is told in the log', async (context) => {
  const rig = await Rig.start(context, { driver: {}, server: { speaks: 'http/1.1' } });
  const attacher = rig.attacher({ flags: ['--kube-http=2'] });
  await attacher.until(/Waiting to list and watch.*does not speak HTTP\/2, which --kube-http=2 demands/);
});
