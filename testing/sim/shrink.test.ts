import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Property } from './checkers/checker.ts';
import { draw } from './draw/draw.ts';
import type { SimOptions } from './options.ts';
import { type Report, run } from './run.ts';
import { shrink } from './shrink.ts';

/** Fails when somebody rotates the secret: as if that were forbidden. */
const noRotation: Property = {
  name: 'no-rotation',
  make: (scene) => ({
    stored({ plural, event }) {
      if (plural === 'secrets' && event.type === 'MODIFIED') scene.broken('the secret has changed');
    },
  }),
};

/** Never content. */
const never: Property = { name: 'never', make: () => ({ pending: () => 'it is never enough' }) };

/** Small runs in whose script the action is; it may still have nothing to act on. */
function* withAction(kind: string): Iterable<SimOptions> {
  for (let seed = 1; seed < 1_000; seed++) {
    const options = draw(seed);
    const isPlain = options.volumes > 2 && options.volumes < 7 && options.script.length > 10;
    if (isPlain && options.script.some((action) => action.kind === kind && !('goneMs' in action && action.goneMs > 0)))
      yield options;
  }
}

test('a run that fails is cut down to the one action that makes it fail', async () => {
  let failed: { options: SimOptions; report: Report } | undefined;
  for (const options of withAction('rotate secret')) {
    const report = await run(options, [noRotation]);
    if (report.failure !== undefined) failed = { options, report };
    if (failed !== undefined) break;
  }
  assert.ok(failed, 'no seed up to 1,000 rotates a secret');
  const { options, report } = failed;
  assert.deepEqual(report.failure, { kind: 'wrong', checker: 'no-rotation', text: 'the secret has changed' });
  const small = await shrink(options, report, [noRotation]);
  assert.deepEqual(
    small.options.script.map(({ kind }) => kind),
    ['rotate secret'],
  );
  assert.equal(small.options.volumes, 1);
  assert.equal(small.report.faults, 0);
  assert.equal(small.report.failure?.checker, 'no-rotation');
});

test('what does not come to rest in time is stuck, and the reason is told', async () => {
  const { failure } = await run({ ...draw(1), volumes: 1, script: [], chaosMs: 1_000 }, [never]);
  assert.deepEqual(failure, { kind: 'stuck', checker: 'never', text: 'it is never enough' });
});

test('an error in a checker is a crash, and no silence', async () => {
  const broken: Property = {
    name: 'broken',
    make: () => ({
      stored() {
        throw new Error('the checker itself is broken');
      },
    }),
  };
  const { failure } = await run({ ...draw(1), script: [] }, [broken]);
  assert.equal(failure?.kind, 'crash');
  assert.match(failure?.text ?? '', /the checker itself is broken/);
});
