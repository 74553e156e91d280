import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiServer } from '../apiserver/core.ts';
import { CoreClient } from '../apiserver/core-client.ts';
import { child, type JsonObject } from '../apiserver/object.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { forKubectl } from './index.ts';

const attachments = '/apis/storage.k8s.io/v1/volumeattachments';
const attachmentSpec = { attacher: 'a.csi', nodeName: 'n1', source: { persistentVolumeName: 'pv' } };

function setUp(): { admin: CoreClient } {
  const tokens = [{ token: 'admin', user: 'admin', groups: ['system:masters'] }];
  const options = { clock: new FakeClock(), random: seededRandom(1), tokens };
  return { admin: new CoreClient(new ApiServer({ ...options, extension: forKubectl() }), 'admin') };
}

function metadataOf(body: JsonObject): JsonObject {
  return child(body, 'metadata');
}

describe('server-side apply', () => {
  const apply = (admin: CoreClient, manager: string, finalizers: string[] | undefined): JsonObject => {
    const metadata = { name: 'va1', ...(finalizers === undefined ? {} : { finalizers }) };
    const config = { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata, spec: attachmentSpec };
    return metadataOf(admin.patch(`${attachments}/va1?fieldManager=${manager}`, config, 'apply').body);
  };

  it('creates what is not there, and takes off what its manager no longer applies', () => {
    const { admin } = setUp();
    assert.deepEqual(apply(admin, 'one', ['a/x']).finalizers, ['a/x']);
    assert.deepEqual(apply(admin, 'two', ['a/x', 'a/y']).finalizers, ['a/x', 'a/y']);
    admin.patch(`${attachments}/va1`, [{ op: 'add', path: '/metadata/finalizers/-', value: 'a/z' }], 'json');
    // Another applies x as well, and nobody applied z.
    assert.deepEqual(apply(admin, 'two', undefined).finalizers, ['a/x', 'a/z']);
    assert.deepEqual(apply(admin, 'one', undefined).finalizers, ['a/z']);
  });

  it('conflicts with what another manager applied, unless it is forced', () => {
    const { admin } = setUp();
    apply(admin, 'one', []);
    const config = (value: string): object => ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name: 'va1', labels: { a: value } },
      spec: attachmentSpec,
    });
    admin.patch(`${attachments}/va1?fieldManager=one`, config('1'), 'apply');
    assert.equal(admin.patch(`${attachments}/va1?fieldManager=two`, config('2'), 'apply').status, 409);
    assert.equal(admin.patch(`${attachments}/va1?fieldManager=two&force=true`, config('2'), 'apply').status, 200);
  });

  it('needs the name of a manager', () => {
    const { admin } = setUp();
    assert.equal(admin.patch(`${attachments}/va1`, { kind: 'VolumeAttachment' }, 'apply').status, 422);
  });
});
