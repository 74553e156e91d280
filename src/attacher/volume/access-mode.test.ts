import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessMode } from '../../csi/messages.ts';
import { accessMode } from './access-mode.ts';

const cases: [modes: string[], plain: number | RegExp, multiWriter: number | RegExp][] = [
  [['ReadWriteOnce'], AccessMode.SINGLE_NODE_WRITER, AccessMode.SINGLE_NODE_MULTI_WRITER],
  [['ReadWriteOncePod'], AccessMode.SINGLE_NODE_WRITER, AccessMode.SINGLE_NODE_SINGLE_WRITER],
  [['ReadOnlyMany'], AccessMode.MULTI_NODE_READER_ONLY, AccessMode.MULTI_NODE_READER_ONLY],
  [['ReadWriteMany'], AccessMode.MULTI_NODE_MULTI_WRITER, AccessMode.MULTI_NODE_MULTI_WRITER],
  [['ReadWriteOnce', 'ReadWriteMany'], AccessMode.MULTI_NODE_MULTI_WRITER, AccessMode.MULTI_NODE_MULTI_WRITER],
  [['ReadOnlyMany', 'ReadWriteMany'], AccessMode.MULTI_NODE_MULTI_WRITER, AccessMode.MULTI_NODE_MULTI_WRITER],
  [['ReadOnlyMany', 'ReadWriteOnce'], /no mode for ReadOnlyMany together with/, /no mode for ReadOnlyMany together/],
  [['ReadWriteOncePod', 'ReadWriteMany'], /ReadWriteOncePod cannot be combined/, /ReadWriteOncePod cannot be combined/],
  [['ReadWriteOncePod', 'ReadWriteOnce'], /ReadWriteOncePod cannot be combined/, /ReadWriteOncePod cannot be combined/],
  [[], /at least one of ReadWriteOnce/, /at least one of ReadWriteOnce/],
  [['ReadWriteTwice'], /"ReadWriteTwice" is not one of ReadWriteOnce/, /"ReadWriteTwice" is not one of/],
];

for (const [modes, plain, multiWriter] of cases) {
  test(`access modes [${modes.join(', ')}] become the CSI mode of the specification, or an error that says why`, () => {
    for (const [expected, capability] of [
      [plain, false],
      [multiWriter, true],
    ] as const) {
      if (typeof expected === 'number') assert.equal(accessMode(modes, capability), expected);
      else assert.throws(() => accessMode(modes, capability), expected);
    }
  });
}
