import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCsiAddress } from './address.ts';

const accepted: [address: string, path: string][] = [
  ['/csi/csi.sock', '/csi/csi.sock'],
  ['unix:///csi/csi.sock', '/csi/csi.sock'],
  ['unix:/csi/csi.sock', '/csi/csi.sock'],
  ['UNIX:///csi/csi.sock', '/csi/csi.sock'],
  ['unix:csi.sock', 'csi.sock'],
  ['csi.sock', 'csi.sock'],
  ['./run/csi.sock', './run/csi.sock'],
  ['/with space/and:colon', '/with space/and:colon'],
];

for (const [address, path] of accepted) {
  test(`the address ${address} means the socket ${path}`, () => {
    assert.deepEqual(parseCsiAddress(address), { ok: true, value: path });
  });
}

for (const address of ['', 'unix:', 'unix://', 'unix:///', 'unix://csi.sock', 'tcp://1.2.3.4:5', 'dns:///x', 'a\0b']) {
  test(`the address ${JSON.stringify(address)} is refused by name`, () => {
    const result = parseCsiAddress(address);
    assert.equal(result.ok, false);
    if (!result.ok) assert.ok(address === '' || result.error.includes(JSON.stringify(address)), result.error);
  });
}

test('a refused address comes with the allowed forms', () => {
  const result = parseCsiAddress('tcp://1.2.3.4:5');
  assert.match(result.ok ? '' : result.error, /unix:\/\/\/csi\/csi\.sock/);
});
