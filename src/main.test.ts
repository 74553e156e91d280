import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startApiServer } from '../testing/apiserver/start.ts';
import { startDriver } from '../testing/csi-driver/index.ts';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Attacher {
  child: ChildProcess;
  output(): string;
  /** Resolves when the output has what `pattern` asks for. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  exitCode: Promise<number>;
}

/** The attacher as a process of its own, from its sources. */
function start(context: TestContext, args: readonly string[], env: Record<string, string> = {}): Attacher {
  const child = spawn(path('../tools/node'), [path('main.ts'), ...args], { env: { ...process.env, ...env } });
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const look of [...waiting]) look();
    });
  }
  const exitCode = once(child, 'close').then(([code]) => code as number);
  context.after(async () => {
    child.kill('SIGKILL');
    await exitCode;
  });
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    const found = Promise.withResolvers<RegExpExecArray>();
    const look = (): void => {
      const match = pattern.exec(text);
      if (match !== null) found.resolve(match);
    };
    waiting.add(look);
    look();
    void exitCode.then((code) => found.reject(new Error(`exit code ${code} instead of ${pattern}:\n${text}`)));
    return found.promise.finally(() => waiting.delete(look));
  };
  return { child, output: () => text, until, exitCode };
}

function directory(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'csi-attacher-main-test-'));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A kubeconfig of a server that is not there. */
function deadKubeconfig(folder: string): string {
  const file = join(folder, 'dead.kubeconfig');
  const kubeconfig = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'c', user: { token: 't' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
  };
  writeFileSync(file, JSON.stringify(kubeconfig));
  return file;
}

const address = /address="([^"]*127\.0\.0\.1:\d+)"/;

async function get(attacher: Attacher, page: string): Promise<{ status: number; text: string }> {
  const [, where = ''] = await attacher.until(address);
  const answer = await fetch(`http://${where}${page}`);
  return { status: answer.status, text: await answer.text() };
}

test('with nothing else running, health is answered at once, and the log says what is waited for', async (context) => {
  const folder = directory(context);
  const args = [`--csi-address=${folder}/csi.sock`, `--kubeconfig=${deadKubeconfig(folder)}`];
  const attacher = start(context, [...args, '--http-endpoint=127.0.0.1:0']);
  assert.deepEqual(await get(attacher, '/healthz'), { status: 200, text: 'ok' });
  assert.equal((await get(attacher, '/healthz/leader-election')).status, 200);
  assert.equal((await get(attacher, '/readyz')).status, 500);
  await attacher.until(/Waiting for the CSI driver.*csi\.sock/);
  const driver = await startDriver({ socketPath: `${folder}/csi.sock`, name: 'test.csi.example' });
  context.after(() => driver.close());
  await attacher.until(/CSI driver is ready/);
  await attacher.until(/Waiting to list and watch/);
  attacher.child.kill('SIGTERM');
  assert.equal(await attacher.exitCode, 0, attacher.output());
});

test('a leader and a standby end on SIGTERM with exit code 0, and the standby takes over at once', async (context) => {
  const folder = directory(context);
  const server = await startApiServer();
  context.after(() => server.close());
  const driver = await startDriver({ socketPath: `${folder}/csi.sock`, name: 'test.csi.example' });
  context.after(() => driver.close());
  writeFileSync(`${folder}/kubeconfig`, server.kubeconfig());
  const args = [`--csi-address=${folder}/csi.sock`, `--kubeconfig=${folder}/kubeconfig`];
  const flags = [...args, '--leader-election-namespace=default', '--http-endpoint=127.0.0.1:0'];
  const first = start(context, flags);
  await first.until(/Became leader/);
  const second = start(context, flags);
  await second.until(/New leader/);
  assert.match((await get(first, '/metrics')).text, /^leader_election_master_status\{[^}]*\} 1$/m);
  const stopped = performance.now();
  first.child.kill('SIGTERM');
  assert.equal(await first.exitCode, 0, first.output());
  assert.ok(performance.now() - stopped < 2_000, 'a leader with nothing to do ends within two seconds');
  await second.until(/Became leader/);
  const third = start(context, flags);
  await third.until(/New leader/);
  third.child.kill('SIGTERM');
  assert.equal(await third.exitCode, 0, third.output());
  second.child.kill('SIGTERM');
  assert.equal(await second.exitCode, 0, second.output());
});

test('mistakes end with their exit code and a text that names them', async (context) => {
  const folder = directory(context);
  const kubeconfig = `--kubeconfig=${deadKubeconfig(folder)}`;
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  context.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const mistakes: [args: string[], code: number, text: RegExp][] = [
    [['--no-such-flag'], 2, /no-such-flag/],
    [['--timeout=5'], 2, /--?timeout.*"5"/],
    [['--leader-election-lease-duration=5s'], 1, /lease-duration/],
    [['--worker-threads=0'], 1, /--worker-threads/],
    [['--http-endpoint=127.0.0.1:0', `--kubeconfig=${folder}/nowhere`], 1, /nowhere/],
    [[`--http-endpoint=127.0.0.1:${port}`, kubeconfig], 1, new RegExp(`${port}.*in use|EADDRINUSE`)],
  ];
  const running = mistakes.map(([args, code, text]) => ({ args, code, text, attacher: start(context, args) }));
  for (const { args, code, text, attacher } of running) {
    assert.equal(await attacher.exitCode, code, `${args.join(' ')}: ${attacher.output()}`);
    assert.match(attacher.output(), text);
  }
});

test('--print-config prints the configuration in effect and exits 0', async (context) => {
  const attacher = start(context, ['--print-config', '--timeout=5s']);
  assert.equal(await attacher.exitCode, 0);
  assert.match(attacher.output(), /"timeout": *\{ *"value": *"5s", *"from": *"flag"/);
});
