import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Action, type Facts, plan } from './plan.ts';

const names = [
  'present',
  'deleting',
  'finalizer',
  'exposed',
  'attached',
  'canPublish',
  'published',
  'unpublished',
  'forced',
  'attachError',
] as const;

/** Every combination of facts there is. */
function* everything(): Iterable<Facts> {
  for (let bits = 0; bits < 2 ** names.length; bits++) {
    yield Object.fromEntries(names.map((name, index) => [name, (bits & (1 << index)) !== 0])) as unknown as Facts;
  }
}

function assertNever(actions: Action[], when: (facts: Facts) => boolean): void {
  let met = 0;
  for (const facts of everything()) {
    if (!when(facts)) continue;
    met++;
    assert.ok(!actions.includes(plan(facts)), `${plan(facts)} for ${JSON.stringify(facts)}`);
  }
  assert.ok(met > 0, 'no combination met the condition');
}

test('an object that is marked for deletion is never attached', () => {
  assertNever(['attach', 'record-attached', 'mark-attached'], (facts) => facts.deleting);
});

test('an object that is not marked for deletion is never detached or released', () => {
  assertNever(['detach', 'release'], (facts) => !facts.deleting);
});

test('the finalizer of a driver that can publish is taken off only after an unpublish', () => {
  assertNever(['release'], (facts) => facts.canPublish && !facts.unpublished);
});

test('an object that carries our finalizer and is marked for deletion is never left alone', () => {
  assertNever(['nothing', 'forget'], (facts) => facts.present && facts.deleting && facts.finalizer);
});

test('an object whose volume may be published is detached when it is to go, with our finalizer or without', () => {
  for (const facts of everything()) {
    const isLeft = facts.exposed || facts.finalizer;
    if (!facts.present || !facts.deleting || !facts.canPublish || !isLeft || facts.unpublished) continue;
    assert.equal(plan(facts), 'detach');
  }
});

test('an attachment that is wanted and not shown as attached is never left alone', () => {
  assertNever(['nothing', 'forget'], (facts) => facts.present && !facts.deleting && !facts.attached);
});

test('a publish that succeeded is not repeated unless it is forced', () => {
  assertNever(['attach'], (facts) => facts.canPublish && facts.published && !facts.forced);
});

test('an attached object without our finalizer gets it back by a new attach', () => {
  const facts = { present: true, deleting: false, finalizer: false, exposed: true, attached: true, canPublish: true };
  assert.equal(plan({ ...facts, published: false, unpublished: false, forced: false, attachError: false }), 'attach');
});

test('an error is never left standing on an attachment that is wanted', () => {
  assertNever(['nothing'], (facts) => facts.present && !facts.deleting && facts.attachError);
});

test('a driver that cannot publish is never called', () => {
  assertNever(['attach', 'detach', 'record-attached'], (facts) => !facts.canPublish);
});

test('an object that is not there has only its memory dropped', () => {
  for (const facts of everything()) if (!facts.present) assert.equal(plan(facts), 'forget');
});
