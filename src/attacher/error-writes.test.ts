import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentObject } from '../../testing/support/attacher/attachment-states.ts';
import { standIn } from '../../testing/support/attacher/stand-in.ts';
import { FakeClock } from '../../testing/support/fake-clock.ts';
import { ErrorWrites } from './error-writes.ts';
import { AttachmentRecord } from './state/attachment-record.ts';
import type { AttachmentWriter } from './writer.ts';

const failure = { message: 'no', code: 13, reason: 'Internal' };

function setUp(shown?: { message: string; timeMs: number }) {
  const clock = new FakeClock();
  const written: string[] = [];
  const writer = standIn<AttachmentWriter>({
    recordError: (_record, field, { message }) => {
      written.push(`${field}: ${message}`);
      return Promise.resolve();
    },
  });
  const record = new AttachmentRecord(attachmentObject({ attachError: shown }));
  return { clock, written, record, errors: new ErrorWrites({ clock, writer }) };
}

test('an error is written when it is new, and then once a minute', async () => {
  const { clock, written, record, errors } = setUp();
  for (let second = 0; second < 150; second++) {
    await errors.save(record, 'attach', failure);
    await clock.advance(1_000);
  }
  assert.equal(written.length, 3);
  await errors.save(record, 'attach', { ...failure, code: 14 });
  assert.equal(written.length, 4, 'another code is another error');
});

test('an error that stands there already, written by a former leader, is not written again', async () => {
  const { clock, written, record, errors } = setUp({ message: 'no', timeMs: new FakeClock().now() - 10_000 });
  await errors.save(record, 'attach', failure);
  assert.deepEqual(written, []);
  await clock.advance(60_000);
  await errors.save(record, 'attach', failure);
  assert.equal(written.length, 1, 'its time is written anew after a minute');
});

test('the same text is another error for the other operation, and after a success', async () => {
  const { written, record, errors } = setUp();
  await errors.save(record, 'attach', failure);
  await errors.save(record, 'detach', failure);
  assert.deepEqual(written, ['attachError: no', 'detachError: no']);
  record.forgetFailures();
  await errors.save(record, 'detach', failure);
  assert.equal(written.length, 3);
});
