import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const bundle = fileURLToPath(new URL('dist/csi-attacher.cjs', root));

/** Runs the bundle on this Node, which says that it is another one. */
function runOn(context: TestContext, nodeVersion: string, ...args: string[]): { status: number | null; text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'csi-attacher-node-version-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const preload = join(folder, 'preload.cjs');
  const versions = `{ ...process.versions, node: ${JSON.stringify(nodeVersion)} }`;
  writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', preload, bundle, ...args], {
    encoding: 'utf8',
  });
  return { status, text: stdout + stderr };
}

test('a Node that is too old is named before anything else happens, with the one that is needed', (context) => {
  for (const old of ['18.20.0', '20.20.2', '22.19.0', '23.11.1']) {
    assert.deepEqual(runOn(context, old, '--version'), {
      status: 1,
      text: `csi-attacher needs Node 24 or newer; this is Node ${old}.\n`,
    });
  }
  for (const right of ['24.0.0', '26.1.0', '100.0.0']) {
    const { status, text } = runOn(context, right, '--version');
    assert.deepEqual([status, /^csi-attacher \S+\n$/.test(text)], [0, true], text);
  }
});

test('package.json asks for the Node that the attacher asks for', () => {
  const { engines } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { engines: { node: string } };
  assert.equal(engines.node, '>=24');
});
