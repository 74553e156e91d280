import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../src/csi/errors.ts';
import { attachmentsPath, inWorld, World } from '../testing/support/world.ts';

const minute = 60_000;
const flags = ['--volume-attachment-timeout=10m', '--retry-interval-max=5m'];
const slow = { kind: 'error', code: Code.DeadlineExceeded, message: 'too slow' } as const;

/** When each publish or unpublish call arrived, in milliseconds. */
function callTimes(world: World, method: string): number[] {
  return world.driver.journal.entries
    .filter((entry) => entry.phase === 'start' && entry.method === method)
    .map(({ timeMs }) => timeMs);
}

async function attachTo(world: World): Promise<void> {
  await world.addNode('n1');
  await world.addVolume('pv1');
  await world.addAttachment('va1', 'pv1', 'n1');
}

/** How many timeouts were counted, by operation. */
async function timeouts(world: World): Promise<object> {
  const samples = await world.metric('csi_attacher_operation_timeouts_total');
  return Object.fromEntries(
    samples.map((sample) => /"(\w+)"} (\d+)/.exec(sample) ?? []).map(([, of, n]) => [of, Number(n)]),
  );
}

test('an attach that fails for ever is marked failed after the timeout, with the last cause', async () => {
  await inWorld({ flags }, async (world) => {
    world.driver.faults.next(1000, slow, { method: 'ControllerPublishVolume' });
    await attachTo(world);
    await world.clock.advance(9 * minute);
    const before = await world.attachment('va1');
    assert.equal(before?.status.attachError.message, 'rpc error: code = DeadlineExceeded desc = too slow');
    await world.clock.advance(minute);
    const { attached, attachError } = (await world.attachment('va1'))?.status ?? {};
    assert.equal(attached, false);
    const text = 'attach timed out after 10m0s: rpc error: code = DeadlineExceeded desc = too slow';
    assert.equal(attachError.message, text);
    assert.equal(attachError.errorCode, Code.DeadlineExceeded);
    const [view] = world.app.attachments();
    assert.equal(view?.state, 'attach-failed');
    const failed = view?.conditions.find(({ type }) => type === 'Failed');
    assert.deepEqual([failed?.status, failed?.reason, failed?.message], [true, 'TimedOut', text]);
    assert.ok(
      (await world.events()).some(({ reason, message }) => reason === 'AttachTimedOut' && message.includes(text)),
    );
    assert.deepEqual(await timeouts(world), { attach: 1, detach: 0 });
  });
});

test('an attach that has timed out is tried at the longest interval, counted once, and recovers by itself', async () => {
  await inWorld({ flags }, async (world) => {
    world.driver.faults.next(1000, slow, { method: 'ControllerPublishVolume' });
    await attachTo(world);
    await world.clock.advance(60 * minute);
    const late = callTimes(world, 'ControllerPublishVolume').filter((ms) => ms > 15 * minute);
    assert.ok(late.length >= 8, `${late.length} tries`);
    for (const [i, ms] of late.slice(1).entries()) {
      const gap = ms - (late[i] ?? 0);
      assert.ok(gap >= 4 * minute && gap <= 5 * minute, `${gap} ms between two tries`);
    }
    assert.deepEqual(await timeouts(world), { attach: 1, detach: 0 });
    world.driver.heal();
    await world.clock.advance(7 * minute);
    const attached = await world.attachment('va1');
    assert.equal(attached?.status.attached, true);
    assert.equal(attached?.status.attachError, undefined);
    const [view] = world.app.attachments();
    assert.equal(view?.conditions.find(({ type }) => type === 'Failed')?.status, false);
  });
});

test('a detach that fails for ever is marked failed after the timeout, from its deletionTimestamp on', async () => {
  await inWorld({ flags }, async (world) => {
    await world.attachOne();
    await world.clock.advance(30 * minute);
    world.driver.faults.next(1000, slow, { method: 'ControllerUnpublishVolume' });
    await world.deleteAttachment('va1');
    await world.clock.advance(9 * minute);
    assert.match((await world.attachment('va1'))?.status.detachError.message, /^rpc error/);
    await world.clock.advance(minute);
    const failed = await world.attachment('va1');
    const text = 'detach timed out after 10m0s: rpc error: code = DeadlineExceeded desc = too slow';
    assert.equal(failed?.status.detachError.message, text);
    assert.ok((await world.events()).some(({ reason }) => reason === 'DetachTimedOut'));
    assert.equal([...world.app.attachments()][0]?.state, 'detach-failed');
    world.driver.heal();
    await world.clock.advance(7 * minute);
    assert.equal(await world.attachment('va1'), undefined);
    assert.deepEqual(world.published, []);
  });
});

test('an attachment that still waits for its turn at the timeout is marked failed too', async () => {
  await inWorld({ flags: [...flags, '--worker-threads=1', '--timeout=1h'] }, async (world) => {
    world.driver.faults.next(1, { kind: 'hang' }, { method: 'ControllerPublishVolume' });
    await attachTo(world);
    await world.addVolume('pv2');
    await world.addAttachment('va2', 'pv2', 'n1');
    await world.clock.advance(11 * minute);
    const waiting = await world.attachment('va2');
    assert.equal(waiting?.status.attachError.message, 'attach timed out after 10m0s: it still waits for its turn');
    world.driver.heal();
    await world.clock.advance(2 * minute);
    assert.equal((await world.attachment('va2'))?.status.attached, true);
  });
});

test('an attachment that is attached and waits to be looked at again is not marked', async () => {
  await inWorld({ flags: [...flags, '--worker-threads=1', '--timeout=1h'] }, async (world) => {
    await world.attachOne();
    await world.clock.advance(5 * minute);
    world.driver.faults.next(1, { kind: 'hang' }, { method: 'ControllerPublishVolume' });
    await world.addVolume('pv2');
    await world.addAttachment('va2', 'pv2', 'n1');
    await world.clock.advance(minute);
    const finalizers = [...((await world.attachment('va1'))?.metadata.finalizers ?? []), 'example.com/theirs'];
    await world.merge(`${attachmentsPath}/va1`, { metadata: { finalizers } });
    await world.clock.advance(5 * minute);
    const attached = await world.attachment('va1');
    assert.deepEqual([attached?.status.attached, attached?.status.attachError], [true, undefined]);
    assert.deepEqual(await timeouts(world), { attach: 0, detach: 0 });
  });
});

test('a deletion that is learned of while a timeout is being written is acted upon', async () => {
  await inWorld({ flags }, async (world) => {
    world.driver.faults.next(1000, slow, { method: 'ControllerPublishVolume' });
    await attachTo(world);
    await world.clock.advance(9.9 * minute);
    // The write comes late and meets the deletion, which the watch does not tell of for a long time.
    world.fault = ({ method, path }) => {
      if (method === 'PATCH') return { delayMs: 10_000 };
      return path.includes('/volumeattachments?watch') ? { answerDelayMs: 2 * minute } : undefined;
    };
    world.server.endWatches();
    await world.clock.advance(0.15 * minute);
    await world.deleteAttachment('va1');
    await world.clock.advance(0.5 * minute);
    assert.equal(await world.attachment('va1'), undefined, 'long before its next retry');
    assert.equal(world.calls('ControllerUnpublishVolume'), 1);
    world.fault = () => undefined;
    world.server.endWatches();
    await world.clock.advance(3 * minute);
  });
});

test('a timeout that is being written at the end is written', async () => {
  await inWorld({ flags }, async (world) => {
    world.driver.faults.next(1000, slow, { method: 'ControllerPublishVolume' });
    await attachTo(world);
    await world.clock.advance(9.9 * minute);
    world.fault = ({ method }) => (method === 'PATCH' ? { delayMs: 10_000 } : undefined);
    await world.clock.advance(0.15 * minute);
    assert.doesNotMatch(world.peek(`${attachmentsPath}/va1`)?.status.attachError.message, /timed out/);
    await world.stop();
    assert.match(world.peek(`${attachmentsPath}/va1`)?.status.attachError.message, /timed out/);
  });
});

test('--volume-attachment-timeout=0 marks nothing as timed out', async () => {
  await inWorld({ flags: ['--volume-attachment-timeout=0'] }, async (world) => {
    world.driver.faults.next(1000, slow, { method: 'ControllerPublishVolume' });
    await attachTo(world);
    await world.clock.advance(120 * minute);
    assert.match((await world.attachment('va1'))?.status.attachError.message, /^rpc error/);
    assert.deepEqual(await timeouts(world), { attach: 0, detach: 0 });
  });
});

test('an attach that succeeds in time is never marked, nor its detach long afterwards', async () => {
  await inWorld({ flags }, async (world) => {
    world.driver.faults.next(2, slow, { method: 'ControllerPublishVolume' });
    await attachTo(world);
    await world.clock.advance(60 * minute);
    assert.equal((await world.attachment('va1'))?.status.attachError, undefined);
    world.driver.faults.next(2, slow, { method: 'ControllerUnpublishVolume' });
    await world.deleteAttachment('va1');
    await world.clock.advance(2 * minute);
    assert.equal(await world.attachment('va1'), undefined);
    assert.deepEqual(await timeouts(world), { attach: 0, detach: 0 });
  });
});

test('an attachment that was old when it was first seen pending has its whole time, and an early retry', async () => {
  const world = new World({ flags });
  await attachTo(world);
  await world.clock.advance(60 * minute);
  world.driver.faults.next(1, slow, { method: 'ControllerPublishVolume' });
  await world.start();
  assert.equal(
    world.peek(`${attachmentsPath}/va1`)?.status?.attachError?.message,
    `rpc error: code = DeadlineExceeded desc = too slow`,
  );
  await world.clock.advance(2_000);
  assert.equal(world.peek(`${attachmentsPath}/va1`)?.status.attached, true);
  assert.deepEqual(
    (await world.metric('csi_attacher_operation_timeouts_total')).filter((line) => !line.endsWith(' 0')),
    [],
  );
  await world.stop();
});
