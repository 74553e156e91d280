import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyState } from '../../../testing/support/attacher/attachment-states.ts';
import type { VolumeAttachment } from '../../kube/api/objects.ts';
import type { AttachmentRecord } from '../state/attachment-record.ts';
import { conditionsOf, stateOf } from './conditions.ts';

const error = { message: 'no', timeMs: 1 };

function attachment(changes: Partial<VolumeAttachment>): VolumeAttachment {
  return {
    ...{ name: 'va', uid: 'u', resourceVersion: '1', creationMs: 0, finalizers: [], annotations: {} },
    ...{ attacher: 'd', nodeName: 'n', attached: false, attachmentMetadata: {} },
    ...changes,
  };
}

test('the state of an attachment follows from the object alone where nothing else is known', () => {
  const states: [Partial<VolumeAttachment>, string][] = [
    [{}, 'attaching'],
    [{ attachError: error }, 'attach-failed'],
    [{ attached: true }, 'attached'],
    [{ attached: true, attachError: error }, 'attached'],
    [{ deletionMs: 1 }, 'detaching'],
    [{ deletionMs: 1, attached: true }, 'detaching'],
    [{ deletionMs: 1, attachError: error }, 'detaching'],
    [{ deletionMs: 1, detachError: error }, 'detach-failed'],
  ];
  for (const [changes, state] of states) assert.equal(stateOf(attachment(changes), undefined), state);
});

test('every state has the same four conditions, with no contradiction', () => {
  for (const attached of [false, true]) {
    for (const deletionMs of [undefined, 5]) {
      for (const shown of [undefined, error]) {
        const object = attachment({ attached, deletionMs, attachError: shown, detachError: shown });
        const conditions = conditionsOf(object, undefined);
        assert.deepEqual(
          conditions.map(({ type }) => type),
          ['Attached', 'Detached', 'Progressing', 'Failed'],
        );
        const is = Object.fromEntries(conditions.map(({ type, status }) => [type, status]));
        assert.equal(is.Attached, attached);
        assert.ok(!(is.Attached && is.Detached));
        assert.equal(is.Failed, stateOf(object, undefined).endsWith('failed'));
        assert.equal(is.Progressing, stateOf(object, undefined) !== 'attached');
      }
    }
  }
});

test('whatever a leader knows beside the object, no two conditions contradict each other', () => {
  const last = { message: 'no', code: 13, reason: 'Internal', atMs: 5 };
  for (const state of everyState()) {
    for (const operation of [undefined, 'attach', 'detach'] as const) {
      const newest = state.is === 'gone' ? state.last : state.newest;
      const failures = operation && { operation, last, written: undefined, timedOut: false };
      const record = { state, newest, failures } as AttachmentRecord;
      const is = Object.fromEntries(conditionsOf(newest, record).map(({ type, status }) => [type, status]));
      const what = JSON.stringify({ state, operation });
      assert.ok(!(is.Attached && is.Detached), what);
      assert.equal(is.Detached, state.is === 'unpublished', what);
      assert.equal(is.Attached, newest.attached && state.is !== 'unpublished', what);
      assert.equal(is.Failed, stateOf(newest, record).endsWith('failed') || (is.Failed && newest.attached), what);
      const deleting = newest.deletionMs !== undefined;
      if (operation === (deleting ? 'attach' : 'detach') && newest.attachError === undefined) {
        assert.equal(is.Failed, false, `a failure of the other operation is no reason: ${what}`);
      }
    }
  }
});
