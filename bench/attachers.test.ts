import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameAttachers, shellCommand } from './attachers.ts';

test('without a command it is ours, by bin/csi-attacher', () => {
  const [attacher, ...more] = nameAttachers([]);
  assert.deepEqual(more, []);
  assert.equal(attacher?.name, 'ours');
  assert.match(
    attacher?.command ?? '',
    /^unset NODE_EXTRA_CA_CERTS; exec '\/.*\/bin\/csi-attacher' --kubeconfig \{kubeconfig\} --csi-address \{socket\} /,
  );
});

test('others are called after their file, and no two the same', () => {
  const names = nameAttachers([
    '/opt/go/csi-attacher --x',
    'ours',
    './csi-attacher',
    'GOGC=50 exec csi-attacher -v=5',
    '"$X" a',
  ]);
  assert.deepEqual(
    names.map(({ name }) => name),
    ['csi-attacher', 'ours', 'csi-attacher-2', 'csi-attacher-3', 'x'],
  );
});

test('places are filled in wherever they stand, safe from the shell', () => {
  assert.equal(
    shellCommand('a --kubeconfig={kubeconfig} -s unix://{socket} {socket}', { kubeconfig: "/t/it's", socket: '/s k' }),
    `a --kubeconfig='/t/it'\\''s' -s unix://'/s k' '/s k'`,
  );
});
