import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWorld } from '../testing/support/world.ts';

test('a burst of 1,000 volumes takes one publish and one unpublish each, three writes to attach and one to detach', async () => {
  await inWorld({ flags: ['--v=0'] }, async (world) => {
    const count = 1000;
    world.driver.faults.set('ControllerPublishVolume', { delayMs: [1, 500] });
    world.driver.faults.set('ControllerUnpublishVolume', { delayMs: [1, 500] });
    for (let i = 0; i < 20; i++) await world.addNode(`n${i}`);
    for (let i = 0; i < count; i++) await world.addVolume(`pv${i}`);
    await world.clock.advance(100);
    for (let i = 0; i < count; i++) await world.addAttachment(`va${i}`, `pv${i}`, `n${i % 20}`);
    await world.clock.advance(15_000);
    assert.equal(world.published.length, count);
    assert.equal(world.calls('ControllerPublishVolume'), count);
    assert.equal(world.writes.length, 3 * count);
    for (let i = 0; i < count; i++) await world.deleteAttachment(`va${i}`);
    await world.clock.advance(15_000);
    assert.deepEqual(world.published, []);
    assert.equal(world.calls('ControllerUnpublishVolume'), count);
    assert.equal(world.writes.length, 4 * count);
    assert.equal(world.driver.journal.counts.overlaps, 0);
    assert.equal([...world.app.attachments()].length, 0);
  });
});

test('the time from request to done is measured for attach and detach', async () => {
  await inWorld({}, async (world) => {
    world.driver.faults.set('ControllerPublishVolume', { delayMs: 4_000 });
    world.driver.faults.set('ControllerUnpublishVolume', { delayMs: 20_000 });
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(60_000);
    await world.deleteAttachment('va1');
    await world.clock.advance(60_000);
    const seconds = await world.metric('csi_attacher_operation_seconds_sum');
    const [attach, detach] = seconds.map((line) => Number(line.split(' ')[1]));
    // The API's times have whole seconds.
    assert.ok(attach !== undefined && attach >= 4 && attach < 5.1, seconds.join());
    assert.ok(detach !== undefined && detach >= 20 && detach < 21.1, seconds.join());
  });
});
