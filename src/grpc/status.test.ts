import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, codeName, StatusError } from './status.ts';

test('codes have the names that Go gives them', () => {
  assert.equal(codeName(Code.DeadlineExceeded), 'DeadlineExceeded');
  assert.equal(codeName(Code.OK), 'OK');
  assert.equal(codeName(99), 'Code(99)');
});

test('an error prints as a Go status error', () => {
  const error = new StatusError(Code.NotFound, 'no such volume');
  assert.equal(String(error), 'rpc error: code = NotFound desc = no such volume');
});

test('any other error becomes an uncertain one that keeps its cause', () => {
  const cause = new TypeError('x is not a function');
  const error = StatusError.from(cause);
  assert.equal(error.code, Code.Unknown);
  assert.equal(error.cause, cause);
  assert.equal(error.local, true);
  assert.equal(StatusError.from(error), error);
});
