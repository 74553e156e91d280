import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentObject } from '../../testing/support/attacher/attachment-states.ts';
import { standIn } from '../../testing/support/attacher/stand-in.ts';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { RecordingLogger } from '../../testing/support/recording-logger.ts';
import type { Driver } from '../csi/driver.ts';
import { Code, CsiError } from '../csi/errors.ts';
import type { PersistentVolume, VolumeAttachment } from '../kube/api/objects.ts';
import type { KubeClient } from '../kube/client/client.ts';
import { Attach } from './attach.ts';
import { Operation } from './operation.ts';
import type { PvFinalizer } from './pv-finalizer.ts';
import { AttachmentRecord } from './state/attachment-record.ts';
import type { AttachmentEvent } from './state/attachment-state.ts';
import { nodeIdAnnotation } from './state/names.ts';
import type { NodeIds } from './volume/node-ids.ts';
import type { VolumeSources } from './volume/source.ts';
import type { AttachmentWriter } from './writer.ts';

interface Situation {
  object?: Partial<VolumeAttachment>;
  events?: AttachmentEvent[];
  released?: boolean;
  /** What the driver says to a publish at that node id, in place of OK. */
  refusals?: Record<string, Code>;
}

/** Runs one attach to a node whose id is `present`, and gives what was done, in order. */
async function attach({ object = {}, events = [], released = false, refusals = {} }: Situation) {
  const clock = new FakeClock();
  const done: string[] = [];
  const note = (what: string) => (): Promise<void> => {
    done.push(what);
    return Promise.resolve();
  };
  const csi = { driver: 'd', volumeHandle: 'h', readOnly: false, fsType: '', volumeAttributes: {} };
  const spec = { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem', mountOptions: [], csi };
  const pv = { name: 'pv', uid: 'u', spec } as unknown as PersistentVolume;
  const operation = new Operation({ record: new AttachmentRecord(attachmentObject(object)), queuedMs: 0, clock });
  for (const event of events) operation.record.apply(event);
  const run = new Attach({
    client: standIn<KubeClient>({}),
    driver: standIn<Driver>({
      publish: async ({ nodeId }) => {
        done.push(`publish ${nodeId}`);
        const code = refusals[nodeId];
        if (code !== undefined) throw new CsiError(code, 'no', { local: false });
        return {};
      },
      unpublish: ({ nodeId }) => note(`unpublish ${nodeId}`)(),
    }),
    capabilities: {
      ...{ publishUnpublish: true, publishReadonly: false, singleNodeMultiWriter: false },
      ...{ listVolumes: false, listVolumesPublishedNodes: false },
    },
    term: { signal: new AbortController().signal, held: () => true },
    volumes: standIn<VolumeSources>({ find: () => Promise.resolve({ spec, csi, pv, migrated: false }) }),
    nodes: standIn<NodeIds>({ current: () => 'present', ask: () => Promise.resolve('present') }),
    writer: standIn<AttachmentWriter>({
      protect: (_record, nodeId) => note(`protect ${nodeId}`)(),
      markAttached: note('mark attached'),
    }),
    pvFinalizer: standIn<PvFinalizer>({ released: () => released, protect: note('protect volume') }),
    logger: new RecordingLogger(),
    defaultFsType: 'ext4',
  }).run(operation);
  const error = await run.then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  return { done, error };
}

const formerly = { annotations: { [nodeIdAnnotation]: 'former' } };
const whole = (nodeId: string): string[] => [
  `protect ${nodeId}`,
  'protect volume',
  `publish ${nodeId}`,
  'mark attached',
];

test('finalizers come before the publish, and the status after it', async () => {
  assert.deepEqual((await attach({})).done, whole('present'));
});

test('a volume that lost our finalizer because it is to go is not published, whatever a cache says of it', async () => {
  const { done, error } = await attach({ released: true });
  assert.deepEqual(done, []);
  assert.match(String(error), /marked for deletion/);
});

test('a former node is not called if nothing was ever published under the object', async () => {
  assert.deepEqual((await attach({ object: formerly })).done, whole('present'));
});

test('what may be published leaves the former node before its id is overwritten', async () => {
  const { done } = await attach({ object: formerly, events: [{ type: 'publish-sent' }] });
  assert.deepEqual(done, ['unpublish former', ...whole('present')]);
});

test('what is shown as attached stays under its id, and is taken from under no pod', async () => {
  const object = { ...formerly, attached: true };
  assert.deepEqual((await attach({ object })).done, whole('former'));
});

test('what the lists of the driver show at neither id is published under the present one', async () => {
  const { done } = await attach({ object: { ...formerly, attached: true }, events: [{ type: 'found-missing' }] });
  assert.deepEqual(done, ['unpublish former', ...whole('present')]);
});

test('a driver that does not know the former id is asked for the present one; for any other error nothing is taken off', async () => {
  const object = { ...formerly, attached: true };
  const unknown = await attach({ object, refusals: { former: Code.NotFound } });
  assert.deepEqual(unknown.done.slice(3), ['unpublish former', ...whole('present')]);
  for (const code of [Code.InvalidArgument, Code.Internal, Code.Unavailable]) {
    const { done, error } = await attach({ object, refusals: { former: code } });
    assert.deepEqual(done, ['protect former', 'protect volume', 'publish former']);
    assert.ok(error instanceof CsiError);
  }
});
