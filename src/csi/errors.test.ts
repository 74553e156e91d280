import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, CsiError, codeName, isFinal, isFinalError } from './errors.ts';

test('codes have the names that Go gives them', () => {
  assert.equal(codeName(Code.DeadlineExceeded), 'DeadlineExceeded');
  assert.equal(codeName(Code.OK), 'OK');
  assert.equal(codeName(99), 'Code(99)');
});

test('an error prints as a Go status error', () => {
  const error = new CsiError(Code.NotFound, 'no such volume');
  assert.equal(String(error), 'rpc error: code = NotFound desc = no such volume');
});

test('what may still be going on is not final', () => {
  const open = Object.values(Code).filter((code) => !isFinal(code));
  assert.deepEqual(open.map(codeName), [
    'Canceled',
    'Unknown',
    'DeadlineExceeded',
    'ResourceExhausted',
    'Aborted',
    'Unavailable',
  ]);
});

test('a code that was made up on our side is never final', () => {
  assert.equal(isFinalError(new CsiError(Code.Internal, 'half an answer', { local: true })), false);
  assert.equal(isFinalError(new CsiError(Code.Internal, 'disk on fire')), true);
});

test('any other error becomes an uncertain one that keeps its cause', () => {
  const cause = new TypeError('x is not a function');
  const error = CsiError.from(cause);
  assert.equal(error.code, Code.Unknown);
  assert.equal(error.cause, cause);
  assert.equal(isFinalError(error), false);
  assert.equal(CsiError.from(error), error);
});
