import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../src/csi/errors.ts';
import { inWorld, type World } from '../testing/support/world.ts';

const minute = 60_000;
const full = { kind: 'error', code: Code.ResourceExhausted, message: 'node is full' } as const;

async function failAttach(world: World): Promise<void> {
  world.driver.faults.next(1000, full, { method: 'ControllerPublishVolume' });
  await world.addNode('n1');
  await world.addVolume('pv1');
  await world.addAttachment('va1', 'pv1', 'n1');
  await world.clock.advance(10);
}

test('the gRPC code stands in both errors: kubelet looks for ResourceExhausted in attachError', async () => {
  await inWorld({}, async (world) => {
    await failAttach(world);
    assert.equal((await world.attachment('va1'))?.status.attachError.errorCode, 8);
    world.driver.heal();
    await world.clock.advance(minute);
    world.driver.faults.next(1, full, { method: 'ControllerUnpublishVolume' });
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.equal((await world.attachment('va1'))?.status.detachError.errorCode, 8);
  });
});

test('a server that drops the code gets it all the same, with no write more', async () => {
  const writes: number[] = [];
  for (const errorCode of [true, false]) {
    await inWorld({ features: { errorCode } }, async (world) => {
      await failAttach(world);
      const { attachError } = (await world.attachment('va1'))?.status ?? {};
      assert.equal(attachError.message, 'rpc error: code = ResourceExhausted desc = node is full');
      assert.equal(attachError.errorCode, errorCode ? 8 : undefined);
      await world.clock.advance(5 * minute);
      writes.push(world.writes.length);
    });
  }
  assert.equal(writes[0], writes[1]);
});

test('with the feature gate off no code is written', async () => {
  await inWorld({ flags: ['--feature-gates=MutableCSINodeAllocatableCount=false'] }, async (world) => {
    await failAttach(world);
    const { attachError } = (await world.attachment('va1'))?.status ?? {};
    assert.equal(attachError.errorCode, undefined);
  });
});

test('an error that stays the same is written once a minute, and a new one at once', async () => {
  await inWorld({ flags: ['--retry-interval-max=2s'] }, async (world) => {
    await failAttach(world);
    await world.clock.advance(10 * minute);
    const statusWrites = world.writes.filter((write) => write.endsWith('/status')).length;
    assert.ok(statusWrites >= 9 && statusWrites <= 12, `${statusWrites} writes in ten minutes`);
    assert.ok(world.calls('ControllerPublishVolume') > 200);
    world.driver.faults.heal();
    world.driver.faults.next(1000, { kind: 'error', code: Code.Internal, message: 'other' });
    await world.clock.advance(2_500);
    assert.match((await world.attachment('va1'))?.status.attachError.message, /other$/);
  });
});

test('our own error writes do not end the backoff that they belong to', async () => {
  await inWorld({ flags: ['--retry-interval-start=1s'] }, async (world) => {
    await failAttach(world);
    await world.clock.advance(30_000);
    // 1 s, 2 s, 4 s, 8 s, 16 s, each up to a fifth longer.
    assert.ok(world.calls('ControllerPublishVolume') <= 6, `${world.calls('ControllerPublishVolume')} calls`);
  });
});

test('a change of the volume, of the node, or of the attachment ends a backoff', async () => {
  const changes: [string, (world: World) => Promise<unknown>][] = [
    ['volume', (world) => world.merge('/api/v1/persistentvolumes/pv1', { spec: { mountOptions: ['ro'] } })],
    ['node', (world) => world.renameNode('n1', 'new')],
    [
      'attachment',
      (world) =>
        world.merge('/apis/storage.k8s.io/v1/volumeattachments/va1', {
          metadata: { finalizers: ['example.com/theirs', 'external-attacher/test-csi-example'] },
        }),
    ],
  ];
  for (const [what, change] of changes) {
    await inWorld({ flags: ['--retry-interval-start=4m'] }, async (world) => {
      await failAttach(world);
      world.driver.heal();
      await world.clock.advance(minute);
      assert.equal(world.calls('ControllerPublishVolume'), 1, what);
      await change(world);
      await world.clock.advance(10);
      assert.equal((await world.attachment('va1'))?.status.attached, true, what);
    });
  }
});

test('failures are logged at verbosity 0, and each finished operation is one line with its times', async () => {
  await inWorld({ flags: ['--v=0'] }, async (world) => {
    await failAttach(world);
    world.driver.heal();
    await world.clock.advance(minute);
    assert.ok(world.log.some((line) => line.startsWith('E') && line.includes('Attach failed')));
    const [done, another] = world.log.filter((line) => / "Attached" /.test(line));
    assert.match(done ?? '', /attachment="va1" volume="pv1" node="n1" queued="[^"]*" driver="[^"]*" api="[^"]*"/);
    assert.equal(another, undefined);
  });
});
