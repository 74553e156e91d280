import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { makeAuthority, makeCertificate, makeClientCertificate } from '../apiserver/https/certificates.ts';
import { startConnectProxy } from '../support/wire/proxies.ts';
import { Rig, type RigOptions, tokenOf, until } from './rig.ts';
import { flags, rigWithWork } from './work.ts';

/** Makes the user of a kubeconfig another one. */
function withUser(user: object): (text: string) => string {
  return (text) => {
    const config = parse(text);
    config.users[0].user = user;
    return stringify(config);
  };
}

/** Certificates for the first attacher, of which the server takes only the one that was made last. */
function clientCertificates() {
  const authority = makeAuthority(Date.now());
  let taken = '';
  const clients: NonNullable<RigOptions['server']>['clients'] = {
    caPem: authority.certPem,
    tokenOf: ({ fingerprint256 }) => (fingerprint256 === taken ? tokenOf(1) : 'refused'),
  };
  const make = (): { certPem: string; keyPem: string } => {
    const made = makeClientCertificate(authority, 'attacher-1', Date.now());
    taken = new X509Certificate(made.certPem).fingerprint256;
    return made;
  };
  const write = (folder: string): void => {
    const { certPem, keyPem } = make();
    writeFileSync(join(folder, 'me.crt'), certPem);
    writeFileSync(join(folder, 'me.key'), keyPem);
  };
  const embed = (): object => {
    const { certPem, keyPem } = make();
    const [cert, key] = [certPem, keyPem].map((pem) => Buffer.from(pem).toString('base64'));
    return { 'client-certificate-data': cert, 'client-key-data': key };
  };
  return { clients, write, embed, refuseAll: () => void make() };
}

/** Volumes that come and go, until it is stopped; then all are gone. */
function work(rig: Rig, volumes: readonly string[]): { stop(): Promise<void> } {
  let goesOn = true;
  const going = (async () => {
    while (goesOn) {
      rig.cluster.attach(volumes, 'n1');
      await until('all attached', () => rig.cluster.attached === volumes.length);
      rig.cluster.detach(volumes, 'n1');
      await until('all gone', () => rig.cluster.attachments().length === 0);
    }
  })();
  return {
    stop: () => {
      goesOn = false;
      return going;
    },
  };
}

/** How long the driver was asked for nothing new after `trouble`, in milliseconds. */
async function pauseAfter(rig: Rig, trouble: () => void): Promise<number> {
  trouble();
  const since = performance.now();
  // What is under way still ends; what comes after that began with what was replaced.
  const before = rig.done('ControllerPublishVolume') + rig.done('ControllerUnpublishVolume');
  await until('work goes on', () => {
    const done = rig.done('ControllerPublishVolume') + rig.done('ControllerUnpublishVolume');
    return done > before + 60;
  });
  return performance.now() - since;
}

test('a leader goes on with its work when its certificate, then its kubeconfig is replaced', async (context) => {
  const { clients, write, embed, refuseAll } = clientCertificates();
  const { rig, volumes } = await rigWithWork(context, { clients });
  write(rig.folder);
  const own = { 'client-certificate': 'me.crt', 'client-key': 'me.key' };
  const attacher = rig.attacher({ flags, kubeconfig: withUser(own) });
  await attacher.until(/Became leader/);
  const { stop } = work(rig, volumes);
  await delay(500);
  const file = join(rig.folder, 'attacher-1.kubeconfig');
  const replaceUser = (user: object): void => writeFileSync(file, withUser(user)(readFileSync(file, 'utf8')));
  const replacements: [what: string, replace: () => void][] = [
    ['a certificate on disk', () => write(rig.folder)],
    ['the certificate on disk once more', () => write(rig.folder)],
    ['the kubeconfig, with a certificate', () => replaceUser(embed())],
    [
      'the kubeconfig, with a token',
      () => {
        replaceUser({ token: tokenOf(2) });
        refuseAll();
      },
    ],
    [
      'the kubeconfig, with another token',
      () => {
        replaceUser({ token: tokenOf(3) });
        rig.refused.add(tokenOf(2));
      },
    ],
  ];
  for (const [what, replace] of replacements) {
    const pauseMs = await pauseAfter(rig, replace);
    assert.ok(pauseMs < 5_000, `no work for ${pauseMs} ms after this was replaced: ${what}`);
    context.diagnostic(`${what}: work goes on after ${Math.round(pauseMs)} ms`);
  }
  await stop();
  rig.assertClean();
  assert.doesNotMatch(attacher.output, /No longer leader/);
});

test('a server that moved is found by the kubeconfig that names the new one', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  rig.cluster.addNodes('n1');
  const volumes = rig.cluster.addVolumes(3);
  const attacher = rig.attacher({ flags });
  await attacher.until(/Became leader/);
  const file = join(rig.folder, 'attacher-1.kubeconfig');
  const before = `127.0.0.1:${rig.port}`;
  await rig.moveServer();
  writeFileSync(file, readFileSync(file, 'utf8').replace(before, `127.0.0.1:${rig.port}`));
  rig.cluster.attach(volumes, 'n1');
  await until('all attached', () => rig.cluster.attached === volumes.length, 60_000);
});

test('each certificate in the bundle is an anchor, root or not', async (context) => {
  const intermediate = makeAuthority(Date.now(), { under: makeAuthority(Date.now()) });
  const certificate = makeCertificate(['localhost', '127.0.0.1'], Date.now(), intermediate);
  const rig = await Rig.start(context, { driver: {}, server: { certificate } });
  await rig.attacher().until(/Became leader/);
});

test('HTTPS_PROXY is the way to a server that NO_PROXY does not name', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  rig.cluster.addNodes('n1');
  const proxy = await startConnectProxy({ to: rig.port });
  context.after(() => proxy.close());
  const named = (text: string): string =>
    text.replace(/server: .*/, 'server: https://kube.invalid:6443\n      tls-server-name: localhost');
  const env = { HTTPS_PROXY: proxy.url.href, NO_PROXY: '10.0.0.0/8,.svc' };
  const attacher = rig.attacher({ flags, kubeconfig: named, env });
  await attacher.until(/Became leader/);
  rig.cluster.attach(rig.cluster.addVolumes(3), 'n1');
  await until('all attached', () => rig.cluster.attached === 3);
  assert.deepEqual(new Set(proxy.asked), new Set(['kube.invalid:6443']));
  assert.equal(proxy.asked.length, 2, 'one connection for volumes and one for the lease');
  const direct = rig.attacher({ flags, kubeconfig: named, env: { ...env, NO_PROXY: '.invalid' } });
  await direct.until(/cannot connect to https:\/\/kube\.invalid:6443: getaddrinfo/);
});

function plugin(rig: Rig, script: string): object {
  mkdirSync(join(rig.folder, 'bin'), { recursive: true });
  const path = join(rig.folder, 'bin/plugin');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'bin/plugin', interactiveMode: 'Never' } };
}

const answer = (status: string): string =>
  `echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"${status}}'`;

test('a plugin beside the kubeconfig gives a token, and another one when that is refused', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const token = (at: number): string => answer(`, "status": {"token": "${tokenOf(at)}"}`);
  const user = plugin(rig, `[ -n "$KUBERNETES_EXEC_INFO" ] || exit 1\n${token(1)}`);
  const attacher = rig.attacher({ flags, kubeconfig: withUser(user) });
  await attacher.until(/Became leader/);
  plugin(rig, token(2));
  rig.refused.add(tokenOf(1));
  await until('the new token is used', () => rig.requests.some(({ from }) => from === 2));
  rig.cluster.addNodes('n1');
  rig.cluster.attach(rig.cluster.addVolumes(3), 'n1');
  await until('all attached', () => rig.cluster.attached === 3);
});

test('a plugin that hangs is told in the log, and does not hold up SIGTERM', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const attacher = rig.attacher({ flags, kubeconfig: withUser(plugin(rig, 'sleep 1000')) });
  await attacher.until(/Waiting for the credential plugin of the kubeconfig.*bin\/plugin/);
  const asked = performance.now();
  attacher.signal('SIGTERM');
  assert.equal(await attacher.ended, 0, attacher.output);
  assert.ok(performance.now() - asked < 2_000, 'it ends at once');
});

test('a plugin that hangs later does not hold up SIGTERM either', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const user = plugin(rig, answer(`, "status": {"token": "${tokenOf(1)}"}`));
  const attacher = rig.attacher({ flags, kubeconfig: withUser(user) });
  await attacher.until(/Became leader/);
  plugin(rig, `touch ${rig.folder}/runs; sleep 1000`);
  rig.refused.add(tokenOf(1));
  await until('the plugin runs', () => existsSync(join(rig.folder, 'runs')));
  attacher.signal('SIGTERM');
  const asked = performance.now();
  assert.equal(await attacher.ended, 0, attacher.output);
  assert.ok(performance.now() - asked < 5_000, 'it ends soon');
});

test('a plugin that answers without a status ends the start with a sentence', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const attacher = rig.attacher({ flags, kubeconfig: withUser(plugin(rig, answer(''))) });
  assert.equal(await attacher.ended, 1);
  assert.match(attacher.output, /bin\/plugin answered without a status, which would hold the credentials/);
});
