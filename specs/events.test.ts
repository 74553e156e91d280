import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentName } from '../src/attacher/volume/handle.ts';
import { Code } from '../src/csi/errors.ts';
import { refusal } from '../testing/support/fake-transport.ts';
import { driverName, inWorld, volumesPath, type World } from '../testing/support/world.ts';

const minute = 60_000;
const refused = { kind: 'error', code: Code.Internal, message: 'no' } as const;

/** An attachment of a volume that a claim has, and whose publish fails for ever. */
async function failForEver(world: World): Promise<void> {
  world.driver.faults.next(10_000, refused, { method: 'ControllerPublishVolume' });
  await world.addNode('n1');
  await world.addVolume(
    'pv1',
    {},
    { claimRef: { kind: 'PersistentVolumeClaim', namespace: 'default', name: 'claim' } },
  );
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(10);
}

test('a failed attach is an event on the attachment and on the claim', async () => {
  await inWorld({}, async (world) => {
    await failForEver(world);
    const events = await world.events();
    assert.deepEqual(events.map(({ involvedObject, reason, type }) => [involvedObject.kind, reason, type]).toSorted(), [
      ['PersistentVolumeClaim', 'FailedAttachVolume', 'Warning'],
      ['VolumeAttachment', 'FailedAttachVolume', 'Warning'],
    ]);
    for (const { message } of events) {
      assert.equal(message, 'rpc error: code = Internal desc = no (volume attachment va1, node n1)');
    }
  });
});

test('a volume that no claim has gets the event itself', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    world.driver.faults.next(1, refused, { method: 'ControllerUnpublishVolume' });
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    const shown = (await world.events()).map(({ involvedObject, reason }) => `${reason} on ${involvedObject.kind}`);
    assert.deepEqual(shown.toSorted(), [
      'FailedDetachVolume on PersistentVolume',
      'FailedDetachVolume on VolumeAttachment',
    ]);
  });
});

test('a failure that goes on is one event with a count, written at most once a minute', async () => {
  await inWorld({ flags: ['--retry-interval-max=5s'] }, async (world) => {
    await failForEver(world);
    world.writes.length = 0;
    await world.clock.advance(10 * minute);
    const events = await world.events();
    assert.equal(events.length, 2);
    for (const { series } of events) assert.ok((series?.count ?? 0) > 50, `count ${series?.count}`);
    const written = world.writes.filter((write) => write.includes('events/')).length;
    assert.ok(written <= 2 * 10, `${written} writes in ten minutes`);
  });
});

test('forbidden events are one warning that names the missing rule, and change nothing else', async () => {
  await inWorld({ rbac: true }, async (world) => {
    await world.forbid('events');
    await failForEver(world);
    await world.clock.advance(30 * minute);
    assert.deepEqual(await world.events(), []);
    const told = world.log.filter((line) => line.includes('Events are forbidden'));
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /^W.*events\.k8s\.io.*verbs: .*create/);
    world.driver.heal();
    await world.clock.advance(6 * minute);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
  });
});

test('a server without events.k8s.io/v1 gets core events', async () => {
  await inWorld({}, async (world) => {
    world.fault = ({ path }) =>
      path.startsWith('/apis/events.k8s.io/')
        ? {
            answer: {
              status: 404,
              headers: { 'content-type': 'text/plain' },
              body: Buffer.from('404 page not found\n'),
            },
          }
        : undefined;
    await failForEver(world);
    await world.clock.advance(5 * minute);
    const events = await world.events();
    assert.equal(events.length, 2);
    for (const { count, reason } of events) {
      assert.equal(reason, 'FailedAttachVolume');
      assert.ok((count ?? 0) > 1, `count ${count}`);
    }
  });
});

test('a role that grants only core events gets core events', async () => {
  await inWorld({}, async (world) => {
    world.fault = ({ path }) =>
      path.startsWith('/apis/events.k8s.io/')
        ? { answer: refusal(403, 'Forbidden', 'events is forbidden: User "u" cannot create resource "events"') }
        : undefined;
    await failForEver(world);
    assert.equal((await world.events()).length, 2);
    assert.ok(!world.log.some((line) => line.includes('Events are forbidden')));
  });
});

test('an event for a namespace that is gone does not change how others are written', async () => {
  await inWorld({}, async (world) => {
    world.driver.faults.next(10_000, refused, { method: 'ControllerPublishVolume' });
    await world.addNode('n1');
    await world.addVolume(
      'pv1',
      {},
      { claimRef: { kind: 'PersistentVolumeClaim', namespace: 'nowhere', name: 'claim' } },
    );
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(5 * minute);
    assert.deepEqual(
      world.writes.filter((write) => write.startsWith('POST') && write.includes('/api/v1/')),
      [],
    );
    const [event, another] = await world.events();
    assert.equal(event?.involvedObject.kind, 'VolumeAttachment');
    assert.ok((event?.series?.count ?? 0) > 1);
    assert.equal(another, undefined);
  });
});

test('a long error is cut to what an event may hold, between two characters', async () => {
  await inWorld({}, async (world) => {
    world.driver.faults.next(1, { ...refused, message: '磁盘'.repeat(1000) }, { method: 'ControllerPublishVolume' });
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const events = await world.events();
    assert.equal(events.length, 2);
    for (const { message } of events) {
      assert.ok(Buffer.byteLength(message) <= 1024, `${Buffer.byteLength(message)} bytes`);
      assert.ok(!message.includes('\ufffd'));
    }
    const { attachError } = (await world.attachment('va1'))?.status ?? {};
    assert.ok(Buffer.byteLength(attachError.message) <= 1024);
  });
});

test('a detach without the PersistentVolume is an event on the attachment', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    const name = attachmentName('h-pv1', driverName, 'n1');
    await world.addAttachment(name, 'pv1', 'n1');
    await world.clock.advance(10);
    await world.request('DELETE', `${volumesPath}/pv1`);
    await world.merge(`${volumesPath}/pv1`, { metadata: { finalizers: null } });
    await world.deleteAttachment(name);
    await world.clock.advance(10);
    const [event] = await world.events();
    assert.equal(event?.reason, 'DetachedWithoutPersistentVolume');
    assert.match(event?.message ?? '', /^detaching "h-pv1" as remembered: persistentvolume "pv1" not found/);
  });
});
