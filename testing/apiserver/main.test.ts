import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'apiserver-'));
after(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stderr: Buffer.concat(stderr).toString() };
}

describe('npm run apiserver', () => {
  it('says where it listens, writes a kubeconfig, and ends on SIGTERM', async () => {
    const kubeconfig = join(folder, 'config');
    const child = spawn(process.execPath, [main, '--kubeconfig', kubeconfig], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const url = /listens on (https:\/\/127\.0\.0\.1:\d+)/.exec(line.toString())?.[1];
    assert.ok(readFileSync(kubeconfig, 'utf8').includes(`server: ${url}`));
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'close'), [0, null]);
  });

  const wrong: [string, string[], RegExp][] = [
    ['no kubeconfig', [], /--kubeconfig FILE is needed/],
    ['a bad port', ['--kubeconfig', 'x', '--port', '70000'], /--port "70000": expected a number from 0 to 65535/],
    ['an unknown flag', ['--kubeconfig', 'x', '--prot', '1'], /'--prot'/],
    ['a Kubernetes too old', ['--kubeconfig', 'x', '--kubernetes', '1.12'], /expected a version such as 1.16/],
    ['no such file of tokens', ['--kubeconfig', 'x', '--tokens', '/nowhere'], /--tokens \/nowhere: ENOENT/],
  ];
  for (const [name, args, message] of wrong) {
    it(`refuses ${name} with exit code 2`, async () => {
      const { code, stderr } = await run(...args);
      assert.equal(code, 2);
      assert.match(stderr, message);
    });
  }

  it('names the line of a bad file of tokens', async () => {
    const tokens = join(folder, 'tokens');
    writeFileSync(tokens, 'only-a-token\n');
    assert.match((await run('--kubeconfig', 'x', '--tokens', tokens)).stderr, /tokens: line 1: expected/);
  });
});
