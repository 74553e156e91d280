import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { FakeClock } from '../../../testing/support/fake-clock.ts';
import { FakeFiles } from '../../../testing/support/fake-files.ts';
import { systemPrograms } from '../../platform/programs.ts';
import type { Access, Environment } from './access.ts';
import { AccessError } from './files.ts';
import { findAccess } from './find-access.ts';

const pod = '/var/run/secrets/kubernetes.io/serviceaccount';
const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----';

function find(contents: Record<string, string>, env: Environment = {}, kubeconfig?: string): Promise<Access> {
  return findAccess({
    ...{ kubeconfig, env, files: new FakeFiles(contents), clock: new FakeClock() },
    programs: systemPrograms,
  });
}

async function message(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AccessError, String(error));
  return error.message;
}

describe('access from a pod', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  const mounted = { [`${pod}/token`]: 'secret\n', [`${pod}/ca.crt`]: pem, [`${pod}/namespace`]: 'kube-system\n' };

  test('is with the service account’s token, authority and namespace', async () => {
    const access = await find(mounted, env);
    assert.equal((await access.endpoint()).server.href, 'https://10.0.0.1/');
    assert.equal(access.namespace, 'kube-system');
    assert.equal(access.credentials.token(), 'secret');
    assert.deepEqual((await access.endpoint()).tls, { ca: pem });
  });

  test('understands a host that is an IPv6 address', async () => {
    const access = await find(mounted, { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' });
    assert.equal((await access.endpoint()).server.host, '[fd00::1]:6443');
  });

  test('says what is missing', async () => {
    assert.match(await message(find(mounted)), /KUBERNETES_SERVICE_HOST .* is not set\): give --kubeconfig/);
    assert.match(await message(find({}, env)), /cannot read .*\/token: ENOENT.*service account token mounted\?/);
    assert.match(await message(find({ ...mounted, [`${pod}/token`]: ' \n' }, env)), /token is empty/);
  });

  test('reads the token again after a minute, or when the server refuses it', async () => {
    const clock = new FakeClock();
    const files = new FakeFiles({ ...mounted });
    const { credentials } = await findAccess({ kubeconfig: undefined, env, files, clock });
    files.contents[`${pod}/token`] = 'second';
    assert.equal(await credentials.token(), 'secret');
    await clock.advance(60_000);
    assert.equal(await credentials.token(), 'second');
    files.contents[`${pod}/token`] = 'third';
    credentials.refused('secret');
    assert.equal(await credentials.token(), 'second', 'that was about an older one');
    credentials.refused('second');
    const both = await Promise.all([credentials.token(), credentials.token()]);
    assert.deepEqual(both, ['third', 'third']);
  });

  test('goes on with the old token while the file cannot be read', async () => {
    const clock = new FakeClock();
    const files = new FakeFiles({ ...mounted });
    const { credentials } = await findAccess({ kubeconfig: undefined, env, files, clock });
    delete files.contents[`${pod}/token`];
    await clock.advance(60_000);
    const { reads } = files;
    assert.equal(await credentials.token(), 'secret');
    assert.equal(await credentials.token(), 'secret');
    assert.equal(files.reads, reads + 1);
  });
});

function kubeconfig(fields: { cluster?: object; user?: object; context?: object } = {}): string {
  return JSON.stringify({
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', ...fields.context } }],
    clusters: [{ name: 'c', cluster: { server: 'https://example:6443', ...fields.cluster } }],
    users: [{ name: 'u', user: { token: 't', ...fields.user } }],
  });
}

function findFrom(text: string, others: Record<string, string> = {}): Promise<Access> {
  return find({ '/home/me/config': text, ...others }, {}, '/home/me/config');
}

describe('access from a kubeconfig', () => {
  test('is that of its current context', async () => {
    const data = Buffer.from(pem).toString('base64');
    const access = await findFrom(
      kubeconfig({
        cluster: { 'certificate-authority-data': data, 'tls-server-name': 'kube' },
        user: { 'client-certificate-data': data, 'client-key-data': data },
        context: { namespace: 'storage' },
      }),
    );
    assert.equal((await access.endpoint()).server.href, 'https://example:6443/');
    assert.equal(access.namespace, 'storage');
    assert.equal(access.credentials.token(), 't');
    assert.deepEqual((await access.endpoint()).tls, {
      ca: pem,
      cert: pem,
      key: pem,
      serverName: 'kube',
      insecure: false,
    });
  });

  test('may be written as JSON or in any style of YAML', async () => {
    const json = kubeconfig();
    const blocks = stringify(JSON.parse(json));
    const flow = json.replaceAll(/"([a-z-]+)":/g, '$1: '); // Begins as JSON does, and is none.
    for (const text of [json, `\n  ${json}`, blocks, `# kubectl's\n${blocks}`, flow]) {
      const access = await findFrom(text);
      assert.equal((await access.endpoint()).server.href, 'https://example:6443/', text);
    }
  });

  test('finds its files beside it', async () => {
    const text = kubeconfig({
      cluster: { 'certificate-authority': 'pki/ca.crt' },
      user: { tokenFile: '/run/token' },
    });
    const access = await findFrom(text, { '/home/me/pki/ca.crt': pem, '/run/token': 'from-a-file\n' });
    assert.equal((await access.endpoint()).tls.ca, pem);
    assert.equal(access.credentials.token(), 'from-a-file');
  });

  test('can leave the server’s certificate unchecked', async () => {
    const access = await findFrom(kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }));
    assert.equal((await access.endpoint()).tls.insecure, true);
  });

  test('is in the pod’s namespace if there is one', async () => {
    const access = await findFrom(kubeconfig({ context: { namespace: 'x' } }), { [`${pod}/namespace`]: 'y' });
    assert.equal(access.namespace, 'y');
  });

  test('with a mistake says where it is, what is wrong, and what would be allowed', async () => {
    assert.match(await message(find({}, {}, '/nowhere')), /^cannot read \/nowhere: ENOENT/);
    const wrong = async (text: string) => (await message(findFrom(text))).replace('kubeconfig /home/me/config: ', '');
    assert.match(await wrong('a: [token'), /^not YAML: /);
    assert.match(await wrong('{"a": ["token"'), /^not YAML: .* at line 1, column /);
    assert.doesNotMatch(await wrong('a: "b\nusers: token-hunter2 "x'), /hunter2/);
    assert.equal(await wrong('just words'), 'not a kubeconfig');
    assert.equal(await wrong('{}'), 'current-context is not set');
    assert.equal(await wrong('current-context: x'), 'there is no context "x" (there are: none)');
    assert.equal(await wrong(kubeconfig({ context: { cluster: 'd' } })), 'there is no cluster "d" (there are: "c")');
    assert.equal(
      await wrong(kubeconfig({ cluster: { server: 'example' } })),
      'cluster "c": server is "example", not an https:// or http:// address',
    );
    assert.equal(
      await wrong(kubeconfig({ cluster: { 'proxy-url': 'ftp://x' } })),
      'cluster "c": proxy-url is "ftp://x": must be http://, https:// or socks5:// with a host',
    );
    assert.match(
      await wrong(kubeconfig({ user: { as: 'root' } })),
      /^user "u": as is not supported \(allowed: token, /,
    );
    assert.equal(
      await wrong(kubeconfig({ user: { 'client-key-data': Buffer.from(pem).toString('base64') } })),
      'user "u": client-certificate and client-key go together, only one is there',
    );
    assert.equal(
      await wrong(kubeconfig({ cluster: { 'certificate-authority-data': 'eA==' } })),
      'cluster "c": certificate-authority-data is not PEM in base64',
    );
    assert.match(await wrong(kubeconfig({ user: { tokenFile: 'token' } })), /cannot read \/home\/me\/token/);
  });

  test('may name a proxy', async () => {
    const access = await findFrom(kubeconfig({ cluster: { 'proxy-url': 'socks5://p:1080' } }));
    assert.equal((await access.endpoint()).proxy?.href, 'socks5://p:1080');
  });

  test('with a number or a truth where kubectl wants a text names it, and does not show it', async () => {
    const wrong = async (text: string) => (await message(findFrom(text))).replace('kubeconfig /home/me/config: ', '');
    const yaml = stringify(JSON.parse(kubeconfig()));
    assert.equal(
      await wrong(yaml.replace('token: t', 'token: 123456')),
      'user "u": token is a number, not a text: put it in quotes',
    );
    assert.equal(
      await wrong(yaml.replace('current-context: here', 'current-context: 1')),
      'current-context is a number, not a text: put it in quotes',
    );
    assert.equal(
      await wrong(yaml.replaceAll('name: here', 'name: 1')),
      'one of the contexts: name is a number, not a text: put it in quotes',
    );
    assert.equal(
      await wrong(kubeconfig({ cluster: { 'insecure-skip-tls-verify': 'true' } })),
      'cluster "c": insecure-skip-tls-verify must be true or false, without quotes',
    );
  });

  test('may have merge keys, as kubectl takes them', async () => {
    const access = await findFrom(`
      shared: &shared { server: "https://merged:6443" }
      current-context: c
      contexts: [{ name: c, context: { cluster: k, user: u } }]
      clusters: [{ name: k, cluster: { <<: *shared, tls-server-name: n } }]
      users: [{ name: u, user: { token: "123" } }]`);
    const { server, tls } = await access.endpoint();
    assert.deepEqual([server.host, tls.serverName, access.credentials.token()], ['merged:6443', 'n', '123']);
  });

  test('gets its token from an exec plugin, and asks it again when the server refuses it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    try {
      const script = `n=$(cat ${folder}/n 2>/dev/null || echo 0); n=$((n+1)); echo $n > ${folder}/n
        echo "{\\"apiVersion\\": \\"client.authentication.k8s.io/v1\\", \\"kind\\": \\"ExecCredential\\",
        \\"status\\": {\\"token\\": \\"token-$n\\"}}"`;
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] };
      const path = join(folder, 'config');
      const text = kubeconfig({ user: { token: undefined, exec } });
      writeFileSync(path, text);
      const access = await findAccess({
        ...{ kubeconfig: path, env: {}, clock: new FakeClock() },
        ...{ files: new FakeFiles({ [path]: text }), programs: systemPrograms },
      });
      const { credentials } = access;
      assert.equal(await credentials.token(), 'token-1');
      assert.equal(await credentials.token(), 'token-1');
      credentials.refused('token-1');
      assert.equal(await credentials.token(), 'token-2');
      assert.equal((await access.endpoint()).tls.cert, undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('says why an exec plugin failed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    try {
      const path = join(folder, 'config');
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: 'sh',
        args: ['-c', 'echo no >&2; exit 1'],
      };
      const text = kubeconfig({ user: { token: undefined, exec } });
      writeFileSync(path, text);
      const failed = message(find({ [path]: text }, {}, path));
      assert.match(await failed, /user "u": its credential plugin failed: no$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
