/** What a container does to its process: signals at any moment, and a log that somebody may stop reading. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AttacherProcess } from '../support/attacher-process.ts';
import { Rig, until } from './rig.ts';

const script = fileURLToPath(new URL('../../bin/csi-attacher', import.meta.url));
const waiting = ['--csi-address=/nowhere/csi.sock', '--http-endpoint=127.0.0.1:0', '--kubeconfig=/nowhere'];

test('SIGUSR1 opens no inspector, and bin/csi-attacher listens nowhere but where it is told', async (context) => {
  const rig = await Rig.start(context);
  const child = spawn(script, rig.attacherArgs(), { stdio: ['ignore', 'ignore', 'pipe'] });
  context.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  await until('it waits for the driver', () => log.includes('Waiting for the CSI driver'));
  child.kill('SIGUSR1');
  await rig.startDriver();
  await until('it has gone on', () => log.includes('Became leader'));
  assert.doesNotMatch(log, /Debugger listening/);
  const [, port] = /address="127\.0\.0\.1:(\d+)"/.exec(log) ?? [];
  assert.deepEqual(listeningPorts(child.pid), [Number(port)]);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});

test('a SIGTERM that comes before anything has begun ends it in order, and nothing is begun', async (context) => {
  // Sent by the process to itself as soon as somebody listens for it.
  const early = `process.on('newListener', (name) => {
    if (name === 'SIGTERM') process.nextTick(() => process.kill(process.pid, name));
  })`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(early)}` };
  const attacher = new AttacherProcess(context, { args: waiting, env });
  assert.equal(await attacher.ended, 0, attacher.output);
  assert.match(attacher.output, /"Stopping" signal="SIGTERM"/);
  assert.doesNotMatch(attacher.output, /Listening/);
});

test('a log that nobody reads takes no memory without end, is counted, and does not hold up the end', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const { child, page } = unread(context, rig);
  const ended = once(child, 'exit');
  rig.cluster.addNodes('n1');
  const volumes = rig.cluster.addVolumes(100);
  const message = 'a driver that says a good deal. '.repeat(100);
  rig.driver.core.faults.next(700, { kind: 'error', code: 13, message }, { method: 'ControllerPublishVolume' });
  rig.cluster.attach(volumes, 'n1');
  await until('all attached', () => rig.cluster.attached === 100);
  const [, dropped] = /^csi_attacher_log_lines_dropped_total (\d+)$/m.exec(await page('/metrics')) ?? [];
  assert.ok(Number(dropped) > 0, `${dropped} lines dropped`);
  const asked = performance.now();
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
  assert.ok(performance.now() - asked < 5_000, `took ${performance.now() - asked} ms to end`);
});

/** An attacher whose log is read up to the line that says where it listens, and no further. */
function unread(context: TestContext, rig: Rig) {
  const flags = ['--retry-interval-start=200ms', '--retry-interval-max=200ms'];
  const child = spawn(script, rig.attacherArgs({ flags }), { stdio: ['ignore', 'ignore', 'pipe'] });
  context.after(() => child.kill('SIGKILL'));
  const listening = new Promise<string>((resolve) => {
    let log = '';
    const read = (chunk: Buffer): void => {
      log += chunk.toString();
      const where = /address="(127\.0\.0\.1:\d+)"/.exec(log)?.[1];
      if (where === undefined) return;
      child.stderr.off('data', read);
      child.stderr.pause();
      resolve(where);
    };
    child.stderr.on('data', read);
  });
  const page = async (path: string): Promise<string> => (await fetch(`http://${await listening}${path}`)).text();
  return { child, page };
}

/** The TCP ports at which a process listens, as the kernel says. */
function listeningPorts(pid: number | undefined): number[] {
  const own = new Set(ownSockets(pid));
  const ports = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && own.has(fields[9] ?? ''))
      .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)),
  );
  return ports.sort((a, b) => a - b);
}

/** The inodes of its sockets. */
function ownSockets(pid: number | undefined): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? [];
    return inode === undefined ? [] : [inode];
  });
}

/** Empty for a descriptor that has been closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
