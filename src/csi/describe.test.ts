import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getOption, hasOption } from '@bufbuild/protobuf';
import * as gen from '../../testing/csi-driver/gen/csi_pb.ts';
import * as describe from './describe.ts';
import { AccessMode, type PublishRequest } from './messages.ts';

const publish: PublishRequest = {
  volumeId: 'v',
  nodeId: 'n',
  capability: {
    access: { type: 'mount', fsType: 'ext4', mountFlags: ['noatime'] },
    accessMode: AccessMode.SINGLE_NODE_WRITER,
  },
  readonly: true,
  secrets: { password: 'hunter2' },
  volumeContext: { attribute: 'hidden' },
};

test('a publish request is shown with the names of the proto, its maps stripped', () => {
  assert.deepEqual(describe.describePublish(publish), {
    volume_id: 'v',
    node_id: 'n',
    volume_capability: {
      mount: { fs_type: 'ext4', mount_flags: ['noatime'] },
      access_mode: { mode: 'SINGLE_NODE_WRITER' },
    },
    readonly: true,
    secrets: '***stripped***',
    volume_context: '***stripped***',
  });
});

test('empty fields are left out', () => {
  const { volumeId, nodeId } = publish;
  const capability = { access: { type: 'block' as const }, accessMode: AccessMode.UNKNOWN };
  const request = { volumeId, nodeId, capability, readonly: false, secrets: {}, volumeContext: {} };
  assert.deepEqual(describe.describePublish(request), {
    volume_id: 'v',
    node_id: 'n',
    volume_capability: { block: {}, access_mode: { mode: 'UNKNOWN' } },
  });
  assert.deepEqual(describe.describePublishContext({}), {});
});

test('no value of any map comes through, keys neither', () => {
  const shown = JSON.stringify([
    describe.describePublish(publish),
    describe.describeUnpublish({ volumeId: 'v', nodeId: 'n', secrets: publish.secrets }),
    describe.describePublishContext({ device: '/dev/secret' }),
  ]);
  assert.doesNotMatch(shown, /hunter2|hidden|password|attribute|device|dev/);
});

test('every field that the schema marks as secret is one that is stripped here', () => {
  const sent = [gen.ControllerPublishVolumeRequestSchema, gen.ControllerUnpublishVolumeRequestSchema];
  const marked = sent.flatMap((schema) =>
    schema.fields.filter((field) => hasOption(field, gen.csi_secret) && getOption(field, gen.csi_secret)),
  );
  assert.deepEqual(
    marked.map((field) => field.name),
    ['secrets', 'secrets'],
  );
});

test('a page of volumes shows ids and nodes', () => {
  const page = { entries: [{ volumeId: 'v', publishedNodeIds: ['n'] }], nextToken: 't' };
  assert.deepEqual(describe.describeListVolumesPage(page), {
    entries: [{ volume: { volume_id: 'v' }, status: { published_node_ids: ['n'] } }],
    next_token: 't',
  });
});

test('long text is cut where asked, and says so', () => {
  assert.equal(describe.cut('abcdef', 3), 'abc [cut: 3 of 6 characters]');
  assert.equal(describe.cut('abcdef', 6), 'abcdef');
  assert.equal(describe.cut('abcdef', -1), 'abcdef');
  assert.equal(describe.cut('abcdef', 0), 'abcdef');
});

test('a cut never leaves half a character', () => {
  assert.ok(describe.cut('ab😀cd', 3).isWellFormed());
});
