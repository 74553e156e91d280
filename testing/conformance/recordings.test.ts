import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { recordedSteps } from '../support/recordings.ts';
import { Correspondence } from './compare.ts';
import { differences } from './differences.ts';
import { type Face, httpsFace, memoryFace } from './faces.ts';
import { files } from './script.ts';
import { clientOf, grantAttacher, replayStep, used } from './steps.ts';

const tokens = [
  { token: 'admin-token', user: 'admin', groups: ['system:masters'] },
  { token: 'attacher-token', user: 'system:serviceaccount:kube-system:csi-attacher' },
];

const faces = { memory: memoryFace, https: httpsFace };

for (const [name, open] of Object.entries(faces)) {
  describe(`the embedded API server answers as the recorded one did, over ${name}`, () => {
    let face: Face;
    const same = new Correspondence();
    before(async () => {
      face = await open(tokens);
      await grantAttacher(clientOf(face));
    });
    after(() => face.close());

    for (const file of files) {
      for (const step of recordedSteps(file)) {
        it(`${file}: ${step.name}`, () => replayStep(face, same, `${file}: ${step.name}`, step));
      }
    }
  });
}

describe('the named differences', () => {
  it('all still exist', () => {
    const stale = differences.filter((difference) => !used.has(difference.name));
    assert.deepEqual(
      stale.map((difference) => difference.name),
      [],
    );
  });
});
