import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../src/csi/errors.ts';
import { inWorld, World } from '../testing/support/world.ts';

const minute = 60_000;
const elected = ['--leader-election=true', '--leader-election-namespace=default'];
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/default/leases/external-attacher-leader-test-csi-example';

test('a driver that restarts is probed again and asked anew what it can do, and work goes on', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    const asked = { ...world.driver.journal.counts.calls };
    world.driver.restart({ downMs: 30_000 });
    await world.addVolume('pv2');
    await world.addAttachment('va2', 'pv2', 'n1');
    await world.clock.advance(29_000);
    assert.notEqual((await world.attachment('va2'))?.status.attached, true);
    await world.clock.advance(3_000);
    assert.equal((await world.attachment('va2'))?.status.attached, true);
    const { calls } = world.driver.journal.counts;
    for (const method of ['Probe', 'GetPluginInfo', 'GetPluginCapabilities', 'ControllerGetCapabilities']) {
      assert.ok((calls[method] ?? 0) > (asked[method] ?? 0), `${method} was not called again`);
    }
    assert.equal(calls.ControllerPublishVolume, 2, 'what was attached is not published again');
    assert.ok(world.log.some((line) => line.startsWith('W') && line.includes('Lost the connection to the CSI driver')));
    assert.ok(world.log.some((line) => line.includes('Waiting for the CSI driver')));
  });
});

test('a call that was under way when the driver went away is uncertain, and is done again', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    world.driver.faults.next(1, { kind: 'hang after' }, { method: 'ControllerPublishVolume' });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(1_000);
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
    world.driver.restart({ downMs: 5_000 });
    await world.clock.advance(10_000);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    // The same with an unpublish that had not been done.
    world.driver.faults.next(1, { kind: 'hang' }, { method: 'ControllerUnpublishVolume' });
    await world.deleteAttachment('va1');
    await world.clock.advance(1_000);
    world.driver.restart({ downMs: 5_000 });
    await world.clock.advance(10_000);
    assert.equal(await world.attachment('va1'), undefined);
    assert.deepEqual(world.published, []);
  });
});

test('an attachment that was deleted while the driver was away is detached when it is back', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    world.driver.restart({ downMs: 10 * minute });
    await world.clock.advance(minute);
    await world.deleteAttachment('va1');
    await world.clock.advance(8 * minute);
    assert.equal((await world.attachment('va1'))?.metadata.deletionTimestamp !== undefined, true);
    await world.clock.advance(2 * minute);
    assert.equal(await world.attachment('va1'), undefined);
    assert.deepEqual(world.published, []);
  });
});

test('the lease is given back while the driver is away, and won again with it', async () => {
  await inWorld({ flags: elected }, async (world) => {
    await world.clock.advance(minute);
    const holder = (world.peek(leasePath)?.spec.holderIdentity ?? '') as string;
    assert.match(holder, /^host_/);
    world.driver.restart({ downMs: 5 * minute });
    await world.clock.advance(5_000);
    assert.equal(world.peek(leasePath)?.spec.holderIdentity, '');
    await world.clock.advance(5 * minute);
    assert.equal(world.peek(leasePath)?.spec.holderIdentity, holder);
    await world.attachOne();
  });
});

test('a connection that is cut again and again loses nothing and publishes nothing twice at once', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    world.driver.faults.set('ControllerPublishVolume', { delayMs: 3_000 });
    for (let i = 0; i < 10; i++) {
      await world.addVolume(`pv${i}`);
      await world.addAttachment(`va${i}`, `pv${i}`, 'n1');
    }
    for (let i = 0; i < 10; i++) {
      await world.clock.advance(2_000);
      world.driver.cut();
    }
    await world.clock.advance(2 * minute);
    assert.equal(world.published.length, 10);
    assert.equal(world.driver.journal.counts.overlaps, 0);
    for (let i = 0; i < 10; i++) assert.equal((await world.attachment(`va${i}`))?.status.attached, true);
  });
});

test('capabilities that the driver gained or lost count from its next start on', async () => {
  await inWorld({ settings: { capabilities: [] } }, async (world) => {
    await world.addVolume('pv1');
    await world.addVolume('pv2');
    await world.addNode('n1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
    assert.equal(world.calls('ControllerPublishVolume'), 0);
    world.driver.service.settings.capabilities = ['PUBLISH_UNPUBLISH_VOLUME'];
    world.driver.restart({ downMs: 1_000 });
    await world.clock.advance(5_000);
    await world.addAttachment('va2', 'pv2', 'n1');
    await world.clock.advance(10);
    assert.equal((await world.attachment('va2'))?.status.attached, true);
    assert.ok(world.published.includes('h-pv2@id-n1'));
  });
});

test('a driver that comes back under another name ends the attacher', async () => {
  const world = new World();
  await world.start();
  await world.attachOne();
  world.driver.service.settings.name = 'other.csi';
  world.driver.restart({ downMs: 1_000 });
  await world.clock.advance(5_000);
  await assert.rejects(world.stop(), {
    name: 'DriverChanged',
    message: 'the CSI driver was "test.csi.example" and now calls itself "other.csi"',
  });
});

test('a driver that is not there at the start is waited for, and the log says so', async () => {
  const world = new World();
  world.driver.restart({ downMs: 20 * minute });
  await world.start();
  await world.clock.advance(19 * minute);
  const told = world.log.filter((line) => line.includes('Waiting for the CSI driver'));
  assert.ok(told.length >= 4 && told.length < 10, `${told.length} lines`);
  await world.clock.advance(2 * minute);
  await world.attachOne();
  await world.stop();
});

test('a driver that is not ready, or answers errors, is waited for', async () => {
  await inWorld({ settings: { readyAfterMs: minute } }, async (world) => {
    world.driver.faults.next(3, { kind: 'error', code: Code.Internal }, { method: 'GetPluginInfo' });
    await world.clock.advance(2 * minute);
    await world.attachOne();
  });
});

test('an end while the driver is away is an orderly one', async () => {
  const world = new World({ flags: elected });
  await world.start();
  await world.attachOne();
  world.driver.restart({ downMs: 60 * minute });
  await world.clock.advance(minute);
  world.driver.close();
  await world.stop();
});
