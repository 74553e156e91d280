import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyState } from '../../testing/support/attacher/attachment-states.ts';
import { type Action, type Facts, plan } from './plan.ts';
import type { AttachmentState } from './state/attachment-state.ts';
import { nodeIdAnnotation } from './state/names.ts';

type Present = Exclude<AttachmentState, { is: 'gone' }>;

/** Every state, and all facts beside it. */
function* everything(): Iterable<{ state: AttachmentState; facts: Facts }> {
  for (const state of everyState()) {
    for (const finalizer of [false, true]) {
      for (const canPublish of [false, true]) yield { state, facts: { finalizer, canPublish } };
    }
  }
}

function assertNever(actions: Action[], when: (state: Present, facts: Facts) => boolean): void {
  let met = 0;
  for (const { state, facts } of everything()) {
    if (state.is === 'gone' || !when(state, facts)) continue;
    met++;
    const action = plan(state, facts);
    assert.ok(!actions.includes(action), `${action} for ${JSON.stringify({ state, facts })}`);
  }
  assert.ok(met > 0, 'no combination met the condition');
}

const isDeleting = ({ newest }: Present): boolean => newest.deletionMs !== undefined;

test('an object that is marked for deletion is never attached', () => {
  assertNever(['attach', 'record-attached', 'mark-attached'], isDeleting);
});

test('an object that is not marked for deletion is never detached or released', () => {
  assertNever(['detach', 'release'], (state) => !isDeleting(state));
});

test('the finalizer of a driver that can publish is taken off only after an unpublish', () => {
  assertNever(['release'], ({ is }, { canPublish }) => canPublish && is !== 'unpublished');
});

test('an object that carries our finalizer and is marked for deletion is never left alone', () => {
  assertNever(['nothing', 'forget'], (state, { finalizer }) => isDeleting(state) && finalizer);
});

test('what another finalizer keeps after its unpublish is not left shown as attached', () => {
  assertNever(['nothing'], ({ is, newest }, { canPublish }) => canPublish && is === 'unpublished' && newest.attached);
});

test('an object whose volume may be published is detached when it is to go, with our finalizer or without', () => {
  for (const { state, facts } of everything()) {
    if (state.is === 'gone' || !isDeleting(state) || !facts.canPublish || state.is === 'unpublished') continue;
    if (state.is === 'untouched' && !facts.finalizer) continue;
    assert.equal(plan(state, facts), 'detach');
  }
});

test('an attachment that is wanted and not shown as attached is never left alone', () => {
  assertNever(['nothing', 'forget'], (state) => !isDeleting(state) && !state.newest.attached);
});

test('a publish that succeeded is not repeated: only its status is written', () => {
  for (const { state, facts } of everything()) {
    if (state.is === 'published' && facts.canPublish && !isDeleting(state)) {
      assert.equal(plan(state, facts), 'record-attached');
    }
  }
});

test('what the lists of the driver miss is published again, whatever the object shows', () => {
  for (const { state, facts } of everything()) {
    if (state.is === 'exposed' && state.republish && facts.canPublish && !isDeleting(state)) {
      assert.equal(plan(state, facts), 'attach');
    }
  }
});

test('an attachment that is attached as it should be is left alone', () => {
  for (const { state, facts } of everything()) {
    if ((state.is === 'exposed' && !state.republish) || state.is === 'untouched') {
      const { attached, attachError } = state.newest;
      if (isDeleting(state) || !attached || attachError !== undefined || !facts.finalizer) continue;
      assert.equal(plan(state, facts), 'nothing', JSON.stringify({ state, facts }));
    }
  }
});

test('an attached object without our finalizer gets it back by a new attach', () => {
  assertNever(
    ['nothing'],
    (state, { finalizer, canPublish }) => !isDeleting(state) && canPublish && state.newest.attached && !finalizer,
  );
});

test('an error is never left standing on an attachment that is wanted', () => {
  assertNever(['nothing'], (state) => !isDeleting(state) && state.newest.attachError !== undefined);
});

test('a driver that cannot publish is never called', () => {
  assertNever(['attach', 'detach', 'record-attached'], (_, { canPublish }) => !canPublish);
});

test('what was published under a node id is not let go by a driver that cannot publish any more', () => {
  assertNever(
    ['release', 'nothing', 'mark-attached'],
    ({ newest }, { canPublish, finalizer }) =>
      !canPublish && finalizer && newest.annotations[nodeIdAnnotation] !== undefined && newest.deletionMs !== undefined,
  );
  assertNever(['keep'], ({ newest }) => newest.annotations[nodeIdAnnotation] === undefined);
  assertNever(['keep'], (_, { canPublish }) => canPublish);
});

test('an object that is not there has only its memory dropped', () => {
  for (const { state, facts } of everything()) if (state.is === 'gone') assert.equal(plan(state, facts), 'forget');
});
