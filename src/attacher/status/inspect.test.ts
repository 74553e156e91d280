import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finalizer, inWorld, volumesPath, type World } from '../../../testing/support/world.ts';
import { Code } from '../../csi/errors.ts';
import type { AttachmentView } from './inspect.ts';

const refused = { kind: 'error', code: Code.Internal, message: 'no' } as const;

function only(world: World): AttachmentView {
  const [view, another] = world.app.attachments();
  assert.ok(view !== undefined && another === undefined);
  return view;
}

/** Conditions as `Attached=True/Published`. */
function conditions(world: World): string[] {
  return only(world).conditions.map(({ type, status, reason }) => `${type}=${status ? 'True' : 'False'}/${reason}`);
}

test('conditions follow a volume on its way: attaching, attached, detaching, gone', async () => {
  await inWorld({}, async (world) => {
    world.driver.faults.set('ControllerPublishVolume', { delayMs: 5_000 });
    world.driver.faults.set('ControllerUnpublishVolume', { delayMs: 5_000 });
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(1_000);
    assert.equal(only(world).state, 'attaching');
    assert.equal(only(world).running, true);
    assert.deepEqual(conditions(world), [
      'Attached=False/NotYetPublished',
      'Detached=False/Wanted',
      'Progressing=True/Attaching',
      'Failed=False/NoError',
    ]);
    await world.clock.advance(5_000);
    assert.equal(only(world).state, 'attached');
    assert.deepEqual(conditions(world), [
      'Attached=True/Published',
      'Detached=False/Wanted',
      'Progressing=False/Done',
      'Failed=False/NoError',
    ]);
    await world.deleteAttachment('va1');
    await world.clock.advance(1_000);
    assert.equal(only(world).state, 'detaching');
    assert.deepEqual(conditions(world), [
      'Attached=True/Published',
      'Detached=False/MayBePublished',
      'Progressing=True/Detaching',
      'Failed=False/NoError',
    ]);
    await world.clock.advance(5_000);
    assert.deepEqual([...world.app.attachments()], []);
  });
});

test('a failure is a condition with reason, text and time, beside the retries and the next one', async () => {
  await inWorld({}, async (world) => {
    world.driver.faults.next(1000, refused, { method: 'ControllerPublishVolume' });
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(20_000);
    const view = only(world);
    assert.equal(view.state, 'attach-failed');
    assert.ok(view.failuresInARow >= 3, `${view.failuresInARow} failures`);
    assert.ok((view.retryInSeconds ?? 0) > 0);
    const failed = view.conditions.find(({ type }) => type === 'Failed');
    assert.equal(failed?.reason, 'Internal');
    assert.equal(failed?.message, 'rpc error: code = Internal desc = no');
    assert.match(failed?.since ?? '', /^2026-01-01T00:00:\d\d/);
    world.driver.heal();
    await world.clock.advance(30_000);
    assert.equal(only(world).state, 'attached');
    assert.equal(only(world).failuresInARow, 0);
  });
});

test('an unpublish that is done while another finalizer keeps the object is a condition', async () => {
  await inWorld({}, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1', { finalizers: ['example.com/theirs'] });
    await world.clock.advance(10);
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.ok(conditions(world).includes('Detached=True/Unpublished'), conditions(world).join());
  });
});

test('nothing is shown of secrets, publish context and volume attributes', async () => {
  await inWorld({ flags: ['--v=10'] }, async (world) => {
    await world.addNode('n1');
    await world.request('POST', '/api/v1/namespaces/default/secrets', {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } },
      stringData: { key: 'a-secret-value' },
    });
    await world.addVolume('pv1', {
      controllerPublishSecretRef: { name: 's', namespace: 'default' },
      volumeAttributes: { attribute: 'an-attribute-value' },
    });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const shown = JSON.stringify([...world.app.attachments()]);
    assert.match(shown, /"volumeHandle":"h-pv1"/);
    for (const hidden of ['a-secret-value', 'an-attribute-value', '/dev/disk/by-id']) {
      assert.ok(!shown.includes(hidden), hidden);
    }
    assert.ok(!world.log.join('\n').includes('a-secret-value'));
  });
});

test('a PersistentVolume that waits to be let go: the log and the view say what holds it', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    assert.equal(only(world).holdsTerminatingVolume, false);
    await world.merge(`${volumesPath}/pv1`, { metadata: { finalizers: [finalizer] } });
    await world.request('DELETE', `${volumesPath}/pv1`);
    await world.clock.advance(10);
    assert.ok(
      world.log.some((line) => /PersistentVolume is kept until its attachments are gone.*pv1.*va1/.test(line)),
      'the log says what holds it',
    );
    assert.equal(only(world).persistentVolume, 'pv1');
    assert.equal(only(world).holdsTerminatingVolume, true);
    await world.deleteAttachment('va1');
    await world.clock.advance(10);
    assert.equal(await world.volume('pv1'), undefined);
    assert.ok(world.log.some((line) => line.includes('Took the finalizer off PersistentVolume')));
  });
});

test('the metric of states counts each attachment once', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    await world.addVolume('pv2');
    await world.addAttachment('va2', 'pv2', 'nowhere');
    await world.clock.advance(10);
    assert.deepEqual(await world.metric('csi_attacher_attachments'), [
      'csi_attacher_attachments{state="attaching"} 0',
      'csi_attacher_attachments{state="attached"} 1',
      'csi_attacher_attachments{state="attach-failed"} 1',
      'csi_attacher_attachments{state="detaching"} 0',
      'csi_attacher_attachments{state="detach-failed"} 0',
    ]);
  });
});
