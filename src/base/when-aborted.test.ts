import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstAborted, whenAborted } from './when-aborted.ts';

test('whichever of two signals aborts first aborts the third, also if it had aborted before', async () => {
  for (const which of [0, 1]) {
    const both = [new AbortController(), new AbortController()] as const;
    const first = firstAborted(both[0].signal, both[1].signal);
    assert.equal(first.aborted, false);
    both[which]?.abort();
    assert.equal(first.aborted, true);
    await whenAborted(first);
    assert.equal(firstAborted(both[0].signal, both[1].signal).aborted, true);
  }
});
