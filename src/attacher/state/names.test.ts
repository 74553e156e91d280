import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finalizerName, leaseName, nodeIdAnnotation } from './names.ts';

test('finalizer and lease are named as the Go attacher names them', () => {
  for (const [driver, sanitized] of [
    ['ebs.csi.aws.com', 'ebs-csi-aws-com'],
    ['a', 'a'],
    ['csi.example/path_x', 'csi-example-path-x'],
    ['driver.', 'driver-X'],
    ['CSI-driver-', 'CSI-driver-X'],
    ['ünïcode.io', '-n-code-io'],
  ] as const) {
    assert.equal(finalizerName(driver), `external-attacher/${sanitized}`);
    assert.equal(leaseName(driver), `external-attacher-leader-${sanitized}`);
  }
  assert.equal(nodeIdAnnotation, 'csi.alpha.kubernetes.io/node-id');
});
