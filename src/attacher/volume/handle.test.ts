import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentName, provesHandle } from './handle.ts';

// echo -n 'vol-0aebs.csi.aws.comnode-1' | sha256sum
const known = 'csi-07c8292a48e8460798970f268806fd4daac3238f27e92fcf09053efafd182c0d';
// echo -n 'Datenträger-1d.example.orgn' | sha256sum
const knownUtf8 = 'csi-914c8c6ebb63cb5f9457943b50fb682ebe3c0935129cd305235a804830aef014';

test('an attachment is named by the SHA-256 of handle, driver and node, run together', () => {
  assert.equal(attachmentName('vol-0a', 'ebs.csi.aws.com', 'node-1'), known);
});

test('a handle outside ASCII is hashed as UTF-8', () => {
  assert.equal(attachmentName('Datenträger-1', 'd.example.org', 'n'), knownUtf8);
});

test('a name proves its own handle', () => {
  assert.equal(provesHandle(known, 'vol-0a', 'ebs.csi.aws.com', 'node-1'), true);
});

for (const [what, name, handle, driver, node] of [
  ['another handle', known, 'vol-0b', 'ebs.csi.aws.com', 'node-1'],
  ['another driver', known, 'vol-0a', 'pd.csi.storage.gke.io', 'node-1'],
  ['another node', known, 'vol-0a', 'ebs.csi.aws.com', 'node-2'],
  ['no handle', known, '', 'ebs.csi.aws.com', 'node-1'],
  ['anything, if it was made by hand', 'my-attachment', 'vol-0a', 'ebs.csi.aws.com', 'node-1'],
  ['anything, if it is cut short', known.slice(0, -1), 'vol-0a', 'ebs.csi.aws.com', 'node-1'],
] as const) {
  test(`a name does not prove ${what}`, () => {
    assert.equal(provesHandle(name, handle, driver, node), false);
  });
}
