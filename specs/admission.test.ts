import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../src/csi/errors.ts';
import { type Meddling, meddle } from '../testing/apiserver/writes/admission.ts';
import { type WrittenField, writtenFields } from '../testing/support/attacher/written-fields.ts';
import { finalizer, inWorld, type World } from '../testing/support/world.ts';

const internal = { kind: 'error', code: Code.Internal, message: 'not now' } as const;
const watchedMs = 16_000;
/** With backoffs of 1, 2, 4 and 8 seconds and a fifth more: at the beginning, and four times more. */
const triesMost = 5;

/** What leads up to the write of the field, before the webhook is there. */
async function prepare(world: World, { by }: WrittenField): Promise<void> {
  await world.addNode('n1');
  await world.addVolume('pv1');
  if (by === 'attach' || by === 'attach failed') return;
  const metadata = by === 'detach, kept' ? { finalizers: ['example.com/hold'] } : {};
  if (by === 'attach after failure') world.driver.faults.next(1, internal, { method: 'ControllerPublishVolume' });
  await world.addAttachment('va1', 'pv1', 'n1', metadata);
  await world.clock.advance(20);
  assert.equal((await world.attachment('va1'))?.status?.attached ?? false, by !== 'attach after failure');
}

async function begin(world: World, { by }: WrittenField): Promise<void> {
  if (by === 'attach failed') world.driver.faults.next(100, internal, { method: 'ControllerPublishVolume' });
  if (by === 'detach failed') world.driver.faults.next(100, internal, { method: 'ControllerUnpublishVolume' });
  if (by === 'attach' || by === 'attach failed') await world.addAttachment('va1', 'pv1', 'n1');
  else if (by.startsWith('detach')) await world.deleteAttachment('va1');
}

/** No publish reaches the driver before finalizers and node id are stored. */
function watchPublishes(world: World): void {
  world.driver.journal.subscribe(({ phase, method }) => {
    if (phase !== 'start' || method !== 'ControllerPublishVolume') return;
    const metadata = world.peek('/apis/storage.k8s.io/v1/volumeattachments/va1')?.metadata;
    assert.ok(metadata?.finalizers?.includes(finalizer), 'published without our finalizer');
    assert.ok(metadata?.annotations?.['csi.alpha.kubernetes.io/node-id'], 'published without the node id');
    const volume = world.peek('/api/v1/persistentvolumes/pv1');
    assert.ok(volume?.metadata.finalizers?.includes(finalizer), 'published without our finalizer on the volume');
  });
}

function isAsItShouldBe(world: World, { by }: WrittenField): boolean {
  const attachment = world.peek('/apis/storage.k8s.io/v1/volumeattachments/va1');
  if (by === 'detach' || by === 'detach failed') return attachment === undefined;
  if (by === 'detach, kept') return attachment?.status.attached === false && world.published.length === 0;
  return attachment?.status.attached === true && attachment.status.attachError === undefined;
}

async function check(field: WrittenField, how: Meddling): Promise<void> {
  await inWorld({ flags: ['--v=0'] }, async (world) => {
    watchPublishes(world);
    await prepare(world, field);
    const writes = (): number => world.writes.filter((write) => /PATCH (volumea|pers)[^/]*\/[^/]*$/.test(write)).length;
    const calls = (): number => world.calls('ControllerPublishVolume') + world.calls('ControllerUnpublishVolume');
    const [writesBefore, callsBefore] = [writes(), calls()];
    let meddles = true;
    world.server.admission = (object, old) =>
      meddles && object.kind === field.kind ? meddle(object, old, field, how) : object;
    await begin(world, field);
    await world.clock.advance(watchedMs);
    // Each try may write to the attachment and to its volume.
    assert.ok(writes() - writesBefore <= 2 * triesMost, `${writes() - writesBefore} writes`);
    assert.ok(calls() - callsBefore <= (field.by.includes('failed') ? triesMost : 1), `${calls() - callsBefore} calls`);
    const status = world.peek('/apis/storage.k8s.io/v1/volumeattachments/va1')?.status ?? {};
    const texts = [...world.log, status.attachError?.message, status.detachError?.message];
    const isTold = texts.some((text) => text?.includes('did not keep it') && text.includes(field.text));
    assert.ok(isTold, `nothing tells of it:\n${world.log.join('\n')}`);
    meddles = false;
    world.driver.heal();
    await world.clock.advance(60_000);
    assert.ok(isAsItShouldBe(world, field), 'not as it should be once the webhook has gone');
  });
}

for (const field of writtenFields(finalizer)) {
  for (const how of field.how) {
    const name = `${field.kind} ${field.path.join('.')}`;
    test(`a webhook by which ${name} is ${how} (${field.by}): told, retried with backoff, no driver call for it`, () =>
      check(field, how));
  }
}

test('a finalizer that stays on a volume is told of, and taken off when it can be', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    await world.deleteAttachment('va1');
    await world.clock.advance(100);
    let meddles = true;
    const field = { path: ['metadata', 'finalizers'], entry: finalizer };
    world.server.admission = (object, old, user) =>
      meddles && user === 'admin' && object.kind === 'PersistentVolume' ? meddle(object, old, field, 'kept') : object;
    await world.request('DELETE', '/api/v1/persistentvolumes/pv1');
    await world.clock.advance(watchedMs);
    assert.ok(world.writes.filter((write) => write.startsWith('PATCH persistentvolumes')).length <= triesMost + 1);
    assert.ok(world.log.some((line) => line.includes('did not keep it') && line.includes('still has')));
    meddles = false;
    await world.clock.advance(60_000);
    assert.ok(!(await world.volume('pv1'))?.metadata.finalizers?.includes(finalizer));
  });
});
