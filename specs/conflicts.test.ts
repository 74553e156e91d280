import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWorld } from '../testing/support/world.ts';

const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 409, reason: 'Conflict', message: 'no' };
const conflict = {
  answer: {
    status: 409,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(status)),
  },
};

for (const [what, path] of [
  ['attachment', /\/va1$/],
  ['status', /\/va1\/status$/],
  ['volume', /\/pv1$/],
] as const) {
  test(`a conflict where nothing has changed (${what}) is tried again after a backoff, not at once`, async () => {
    await inWorld({ flags: ['--retry-interval-start=1s'] }, async (world) => {
      let conflicts = 0;
      world.fault = (request) => {
        if (request.method !== 'PATCH' || !path.test(request.path)) return undefined;
        conflicts++;
        return conflict;
      };
      await world.addNode('n1');
      await world.addVolume('pv1');
      await world.addAttachment('va1', 'pv1', 'n1');
      await world.clock.advance(900);
      // The write and, of a status, the one that would tell of its failure.
      assert.equal(conflicts, what === 'status' ? 2 : 1);
      world.fault = () => undefined;
      await world.clock.advance(5_000);
      assert.equal((await world.attachment('va1'))?.status.attached, true);
    });
  });
}
