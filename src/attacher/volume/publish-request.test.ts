import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWorld, type WorldOptions } from '../../../testing/support/world.ts';
import { publishRequest } from './publish-request.ts';

/** How the driver sees a volume with this source and spec. */
async function publicationOf(csi: object, spec: object, options: WorldOptions = {}) {
  let seen: { access: string; readonly: boolean } | undefined;
  await inWorld(options, async (world) => {
    await world.addNode('n1');
    await world.addVolume('pv1', csi, spec);
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const publication = world.driver.ledger.get('h-pv1', 'id-n1');
    assert.ok(publication !== undefined, JSON.stringify((await world.attachment('va1'))?.status));
    seen = { access: publication.access, readonly: publication.readonly };
  });
  return seen;
}

test('a volume is mounted with its file system and its mount options', async () => {
  const seen = await publicationOf({ fsType: 'xfs' }, { mountOptions: ['noatime', 'nobarrier'] });
  assert.equal(seen?.access, 'mount xfs noatime,nobarrier');
});

test('a volume without a file system gets that of --default-fstype, else none', async () => {
  assert.equal((await publicationOf({}, {}))?.access, 'mount');
  assert.equal((await publicationOf({}, {}, { flags: ['--default-fstype=ext4'] }))?.access, 'mount ext4');
  assert.equal((await publicationOf({ fsType: 'xfs' }, {}, { flags: ['--default-fstype=ext4'] }))?.access, 'mount xfs');
});

test('a block volume is published as one', async () => {
  const seen = await publicationOf({ fsType: 'xfs' }, { volumeMode: 'Block' }, { flags: ['--default-fstype=ext4'] });
  assert.equal(seen?.access, 'block');
});

test('readOnly reaches the driver only if it has PUBLISH_READONLY', async () => {
  assert.equal((await publicationOf({ readOnly: true }, {}))?.readonly, true);
  const capabilities = ['PUBLISH_UNPUBLISH_VOLUME'] as const;
  assert.equal((await publicationOf({ readOnly: true }, {}, { settings: { capabilities } }))?.readonly, false);
});

test('a rotated secret is used from the next call on, since each call reads it', async () => {
  await inWorld({ settings: { requiredSecret: { key: 'password', value: 'new' } } }, async (world) => {
    const secrets = '/api/v1/namespaces/default/secrets';
    await world.request('POST', secrets, {
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { password: 'old' } },
    });
    await world.addNode('n1');
    await world.addVolume('pv1', { controllerPublishSecretRef: { name: 's', namespace: 'default' } });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    assert.match((await world.attachment('va1'))?.status.attachError.message, /Unauthenticated/);
    await world.merge(`${secrets}/s`, { stringData: { password: 'new' } });
    await world.clock.advance(5_000);
    assert.equal((await world.attachment('va1'))?.status.attached, true);
  });
});

test('a handle of any length is passed on as it is', async () => {
  await inWorld({}, async (world) => {
    const volumeHandle = `projects/p/${'x'.repeat(500)}`;
    await world.addNode('n1');
    await world.addVolume('pv1', { volumeHandle });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    assert.deepEqual(world.published, [`${volumeHandle}@id-n1`]);
    assert.equal((await world.attachment('va1'))?.metadata.annotations?.['csi-attacher/volume-handle'], volumeHandle);
  });
});

test('what is no text in a volume or a node is refused by name before anything is written', () => {
  const bad = 'a\udcff';
  const csi = { driver: 'd', volumeHandle: 'h', fsType: '', readOnly: false, volumeAttributes: {} };
  const request = (changes: object, nodeId = 'n', spec: object = {}) => {
    const all = { ...csi, ...changes };
    const volume = { csi: all, spec: { csi: all, accessModes: ['ReadWriteOnce'], mountOptions: [], ...spec } };
    const capabilities = { singleNodeMultiWriter: false, publishReadonly: false };
    const options = { nodeId, secrets: {}, capabilities, defaultFsType: '' };
    return () => publishRequest(volume as never, options as never);
  };
  assert.throws(request({ volumeHandle: bad }), { message: /^the volume's handle is no text/, reason: 'NotText' });
  assert.throws(request({}, bad), { message: /^the node's id is no text/ });
  assert.throws(request({ volumeAttributes: { share: bad } }), {
    message: /^the volume's attribute "share" is no text/,
  });
  assert.throws(request({ fsType: bad }), { message: /^the volume's fsType/ });
  assert.throws(request({}, 'n', { mountOptions: [bad] }), { message: /mount options/ });
  assert.equal(request({})().volumeId, 'h');
});

test('a secret whose value is no text is named with its key, not with the value, and the driver is not called', async () => {
  await inWorld({}, async (world) => {
    const data = { good: Buffer.from('x').toString('base64'), password: Buffer.from([0x70, 0xff]).toString('base64') };
    const metadata = { name: 's', namespace: 'default' };
    await world.request('POST', '/api/v1/namespaces/default/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      data,
    });
    await world.addNode('n1');
    await world.addVolume('pv1', { controllerPublishSecretRef: { name: 's', namespace: 'default' } });
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(10);
    const { message } = (await world.attachment('va1'))?.status.attachError ?? {};
    assert.equal(
      message,
      'the value of key "password" in secret default/s is no text: it has bytes that are not UTF-8',
    );
    assert.equal(world.calls('ControllerPublishVolume'), 0);
  });
});
