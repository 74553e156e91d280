import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../bench/rig/api.ts';
import { Attachments } from './attachments.ts';

interface Looks {
  attached?: boolean;
  deleting?: boolean;
  attachError?: string;
}

function attachment(
  name: string,
  node: string,
  { attached = false, deleting = false, attachError }: Looks = {},
): KubeObject {
  return {
    metadata: { name, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
    spec: { nodeName: node },
    status: { attached, ...(attachError === undefined ? {} : { attachError: { message: attachError } }) },
  };
}

test('an attachment goes from attaching over attached and detaching to gone', () => {
  const attachments = new Attachments(['n1', 'n2']);
  attachments.apply(attachment('a', 'n1'), false, 0);
  assert.deepEqual(attachments.counts(), { attaching: 1, attached: 0, detaching: 0 });
  attachments.apply(attachment('a', 'n1', { attached: true }), false, 100);
  assert.deepEqual(attachments.counts(), { attaching: 0, attached: 1, detaching: 0 });
  attachments.apply(attachment('a', 'n1', { attached: true, deleting: true }), false, 200);
  assert.deepEqual(attachments.countsByNode().get('n1'), { attaching: 0, attached: 0, detaching: 1 });
  attachments.apply(attachment('a', 'n1', { attached: true, deleting: true }), true, 300);
  assert.deepEqual(attachments.counts(), { attaching: 0, attached: 0, detaching: 0 });
  assert.deepEqual([[...attachments.attached], [...attachments.detached]], [['a'], ['a']]);
});

test('what was deleted before it was ever attached has not been detached', () => {
  const attachments = new Attachments(['n1']);
  attachments.apply(attachment('a', 'n1'), false, 0);
  attachments.apply(attachment('a', 'n1', { deleting: true }), true, 1);
  assert.equal(attachments.detached.size, 0);
});

test('attached still counts when the status has been taken back before the end', () => {
  const attachments = new Attachments(['n1']);
  attachments.apply(attachment('a', 'n1', { attached: true }), false, 0);
  attachments.apply(attachment('a', 'n1', { deleting: true }), false, 1);
  attachments.apply(attachment('a', 'n1', { deleting: true }), true, 2);
  assert.deepEqual([...attachments.detached], ['a']);
});

test('every node is shown, also one without attachments', () => {
  assert.deepEqual([...new Attachments(['n1', 'n2']).countsByNode().keys()], ['n1', 'n2']);
});

test('an error is counted once however often it is seen', () => {
  const attachments = new Attachments(['n1']);
  for (const time of [1, 2, 3]) attachments.apply(attachment('a', 'n1', { attachError: 'no' }), false, time);
  attachments.apply(attachment('a', 'n1', { attachError: 'still no' }), false, 4);
  assert.equal(attachments.errors, 2);
});

test('rates look at the last three seconds', () => {
  const attachments = new Attachments(['n1']);
  for (const index of [0, 1, 2, 3, 4, 5]) {
    attachments.apply(attachment(`a${index}`, 'n1', { attached: true }), false, index < 3 ? 0 : 4_000);
  }
  assert.deepEqual(attachments.rates(4_500), { attach: 1, detach: 0 });
});
