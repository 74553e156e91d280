import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startApiServer } from '../testing/apiserver/start.ts';
import { startDriver } from '../testing/csi-driver/index.ts';
import { AttacherProcess } from '../testing/support/attacher-process.ts';

function start(context: TestContext, args: readonly string[]): AttacherProcess {
  return new AttacherProcess(context, { args });
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

test('with nothing else running, health is answered at once, and the log says what is waited for', async (context) => {
  const folder = directory(context);
  const args = [`--csi-address=${folder}/csi.sock`, `--kubeconfig=${deadKubeconfig(folder)}`];
  const attacher = start(context, [...args, '--http-endpoint=127.0.0.1:0']);
  assert.deepEqual(await attacher.get('/healthz'), { status: 200, text: 'ok' });
  assert.equal((await attacher.get('/healthz/leader-election')).status, 200);
  assert.equal((await attacher.get('/readyz')).status, 500);
  await attacher.until(/Waiting for the CSI driver.*csi\.sock/);
  const driver = await startDriver({ socketPath: `${folder}/csi.sock`, name: 'test.csi.example' });
  context.after(() => driver.close());
  await attacher.until(/CSI driver is ready/);
  await attacher.until(/Waiting to list and watch/);
  attacher.signal('SIGTERM');
  assert.equal(await attacher.ended, 0, attacher.output);
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
  assert.match(
    (await first.get('/metrics')).text,
    /^leader_election_master_status\{name="external-attacher-leader-[^"]+"\} 1$/m,
  );
  const stopped = performance.now();
  first.signal('SIGTERM');
  assert.equal(await first.ended, 0, first.output);
  assert.ok(performance.now() - stopped < 2_000, 'a leader with nothing to do ends within two seconds');
  await second.until(/Became leader/);
  const third = start(context, flags);
  await third.until(/New leader/);
  third.signal('SIGTERM');
  assert.equal(await third.ended, 0, third.output);
  second.signal('SIGTERM');
  assert.equal(await second.ended, 0, second.output);
});

test('each line names the file that wrote it, and --vmodule shows more of one file', async (context) => {
  const folder = directory(context);
  const server = await startApiServer();
  context.after(() => server.close());
  const driver = await startDriver({ socketPath: `${folder}/csi.sock`, name: 'test.csi.example' });
  context.after(() => driver.close());
  writeFileSync(`${folder}/kubeconfig`, server.kubeconfig());
  const args = [`--csi-address=${folder}/csi.sock`, `--kubeconfig=${folder}/kubeconfig`];
  const attacher = start(context, [...args, '--http-endpoint=127.0.0.1:0', '--vmodule=refl[a-f]ctor=3']);
  await attacher.until(/ kube\/leader-election\/election\.ts\] "Became leader"/);
  await attacher.until(/ kube\/cache\/reflector\.ts\] "Listed" resource="volumeattachments"/);
  attacher.signal('SIGTERM');
  assert.equal(await attacher.ended, 0, attacher.output);
  assert.match(attacher.output, / main\.ts\] "Starting csi-attacher"/);
  assert.match(attacher.output, / app\.ts\] "CSI driver is ready"/);
  assert.match(attacher.output, / platform\/http-server\.ts\] "Listening"/);
  // csi/driver.ts would say this with --v=2.
  assert.doesNotMatch(attacher.output, /The CSI driver is ready/);
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
    assert.equal(await attacher.ended, code, `${args.join(' ')}: ${attacher.output}`);
    assert.match(attacher.output, text);
  }
});

test('--print-config prints the configuration in effect and exits 0', async (context) => {
  const attacher = start(context, ['--print-config', '--timeout=5s']);
  assert.equal(await attacher.ended, 0);
  assert.match(attacher.output, /"timeout": *\{ *"value": *"5s", *"from": *"flag"/);
});

test('--log-text-split-stream and --log-json-split-stream send all but errors to standard output', async (context) => {
  const folder = directory(context);
  for (const format of ['text', 'json']) {
    const attacher = start(context, [
      ...[`--logging-format=${format}`, `--log-${format}-split-stream`, '--http-endpoint=127.0.0.1:0'],
      ...[`--csi-address=${folder}/csi.sock`, `--kubeconfig=${deadKubeconfig(folder)}`],
    ]);
    let [stdout, stderr] = ['', ''];
    attacher.child.stdout?.on('data', (chunk: string) => {
      stdout += chunk;
    });
    attacher.child.stderr?.on('data', (chunk: string) => {
      stderr += chunk;
    });
    await attacher.until(/Waiting for the CSI driver/);
    attacher.signal('SIGTERM');
    assert.equal(await attacher.ended, 0, attacher.output);
    assert.match(stdout, /Listening/);
    assert.doesNotMatch(stderr, /Listening|Waiting/);
  }
});
