import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentObject, everyState } from '../../../testing/support/attacher/attachment-states.ts';
import type { VolumeAttachment } from '../../kube/api/objects.ts';
import {
  type AttachmentEvent,
  type AttachmentState,
  firstState,
  mayBePublished,
  transition,
} from './attachment-state.ts';

type Present = Exclude<AttachmentState, { is: 'gone' }>;

/** Every kind of event for an attachment that is known as `newest`, with what may come of it. */
function* everyEvent(newest: VolumeAttachment): Iterable<AttachmentEvent> {
  const { deletionMs } = newest;
  const later = attachmentObject({ resourceVersion: '11', deletionMs });
  const earlier = attachmentObject({ resourceVersion: '9', deletionMs });
  const wantedAgain = attachmentObject({ resourceVersion: '12', attached: true });
  for (const object of [later, earlier, newest, wantedAgain]) {
    yield { type: 'watched', object };
    yield { type: 'written', object };
    yield { type: 'read', object, asked: newest };
    yield { type: 'read', object, asked: undefined };
  }
  for (const protectedNow of [false, true]) yield { type: 'run-began', protected: protectedNow };
  yield { type: 'publish-sent' };
  yield { type: 'publish-succeeded', context: { path: '/dev/y' } };
  yield { type: 'publish-shown' };
  yield { type: 'unpublish-succeeded' };
  yield { type: 'found-missing' };
  yield { type: 'vanished' };
}

/** Calls `check` with each state, each event, and what comes of them. */
function forAll(check: (before: Present, event: AttachmentEvent, after: AttachmentState) => void): void {
  let times = 0;
  for (const state of everyState()) {
    if (state.is === 'gone') continue;
    for (const event of everyEvent(state.newest)) {
      const copy: unknown = structuredClone(state);
      check(state, event, transition(state, event));
      assert.deepEqual(state, copy, 'a state never changes, another one takes its place');
      times++;
    }
  }
  assert.ok(times > 1_000, `${times} combinations`);
}

test('what is gone stays gone', () => {
  for (const state of everyState()) {
    if (state.is !== 'gone') continue;
    for (const event of everyEvent(state.last)) assert.equal(transition(state, event), state);
  }
});

test('what may be published stays so until an unpublish has succeeded, or the object is gone', () => {
  forAll((before, event, after) => {
    if (!mayBePublished(before)) return;
    if (event.type === 'unpublish-succeeded' || event.type === 'vanished') return;
    assert.ok(mayBePublished(after), `${before.is}, ${event.type}`);
  });
});

test('an unpublish counts only for an object that is marked for deletion, and a publish ends it', () => {
  forAll((before, event, after) => {
    if (after.is === 'unpublished') {
      assert.notEqual(after.newest.deletionMs, undefined);
      assert.ok(before.is === 'unpublished' || event.type === 'unpublish-succeeded');
    }
    if (event.type === 'publish-sent' || event.type === 'publish-succeeded') assert.ok(mayBePublished(after));
  });
});

test('only a publish that succeeded makes a volume surely published, and showing it ends that', () => {
  forAll((before, event, after) => {
    if (after.is === 'published' && before.is !== 'published') assert.equal(event.type, 'publish-succeeded');
    if (event.type === 'publish-shown') assert.notEqual(after.is, 'published');
  });
});

test('a watch never brings an older version, and what the server itself says is taken whatever its version', () => {
  forAll((before, event, after) => {
    if (after.is === 'gone') return;
    if (event.type === 'watched' || event.type === 'written') {
      assert.ok(Number(after.newest.resourceVersion) >= Number(before.newest.resourceVersion));
    }
    if (event.type === 'read' && event.asked === before.newest) {
      assert.equal(after.newest.resourceVersion, event.object.resourceVersion);
    }
    // The watch told of another version while the answer was under way: of those the later one counts.
    if (event.type === 'read' && event.asked === undefined) {
      assert.ok(Number(after.newest.resourceVersion) >= Number(before.newest.resourceVersion));
    }
  });
});

test('the answer to an older write does not take the place of a later event of the watch', () => {
  const first = firstState(attachmentObject({ resourceVersion: '10' }));
  const deleted = attachmentObject({ resourceVersion: '12', deletionMs: 5 });
  const state = transition(transition(first, { type: 'watched', object: deleted }), {
    type: 'written',
    object: attachmentObject({ resourceVersion: '11' }),
  });
  assert.ok(state.is !== 'gone');
  assert.equal(state.newest, deleted);
  assert.equal(state.base.resourceVersion, '11', 'so that the run sees at its end what others changed');
});

test('the same version is the same object, and does not look like a change', () => {
  forAll((before, event, after) => {
    if (event.type !== 'watched' && event.type !== 'read') return;
    if (event.object.resourceVersion === before.newest.resourceVersion) assert.equal(after, before);
  });
});

test('only own writes and the beginning of a run move what a run decides on', () => {
  forAll((before, event, after) => {
    if (after.is === 'gone' || event.type === 'written' || event.type === 'run-began') return;
    assert.equal(after.base, before.base);
  });
});

test('a finalizer of ours at the beginning of a run exposes what seemed untouched', () => {
  forAll((before, event, after) => {
    if (event.type !== 'run-began') return;
    assert.equal(after.is, before.is === 'untouched' && event.protected ? 'exposed' : before.is);
  });
});

test('combinations that mean nothing are refused by the types', () => {
  const newest = attachmentObject();
  const states: AttachmentState[] = [
    // @ts-expect-error: an unpublish counts only for an object that is marked for deletion
    { is: 'unpublished', newest, base: newest },
    // @ts-expect-error: a publish context is known only of what is surely published
    { is: 'exposed', republish: false, context: {}, newest, base: newest },
    // @ts-expect-error: what is gone has no version to decide on
    { is: 'gone', last: newest, base: newest },
  ];
  const [state] = states;
  // @ts-expect-error: a state is never assigned to, but made by `transition`
  if (state !== undefined) state.is = 'gone';
});
