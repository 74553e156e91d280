import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../testing/support/fake-clock.ts';
import { FakeFiles } from '../../../testing/support/fake-files.ts';
import { RecordingLogger } from '../../../testing/support/recording-logger.ts';
import { findAccess } from './find-access.ts';

const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;

function kubeconfig({ server = 'https://one:6443', user = { token: 'first' } as object } = {}): string {
  return JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user }],
  });
}

const byFile = { 'client-certificate': '/pki/me.crt', 'client-key': '/pki/me.key' };

async function setUp(text: string, others: Record<string, string> = {}) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const files = new FakeFiles({ '/config': text, ...others });
  const access = await findAccess({ kubeconfig: '/config', env: {}, files, clock, logger });
  let changes = 0;
  access.onChange(() => {
    changes++;
  });
  return { clock, logger, files, access, changes: () => changes };
}

test('a kubeconfig that is replaced in place is read again after a 401', async () => {
  const { files, access, changes } = await setUp(kubeconfig());
  files.contents['/config'] = kubeconfig({ user: { token: 'second' } });
  assert.equal(await access.credentials.token(), 'first');
  access.credentials.refused('first');
  assert.equal(await access.credentials.token(), 'second');
  assert.equal(changes(), 0, 'a token takes no new connection');
});

test('a kubeconfig that is replaced in place is read again before each connection', async () => {
  const { files, access, changes } = await setUp(kubeconfig());
  files.contents['/config'] = kubeconfig({ server: 'https://two:6443' });
  assert.equal((await access.endpoint()).server.host, 'two:6443');
  assert.equal(changes(), 1, 'other connections lead to the wrong server');
});

test('a client certificate that is replaced on disk takes new connections within a minute', async () => {
  const { clock, files, access, changes } = await setUp(kubeconfig({ user: byFile }), {
    '/pki/me.crt': pem('one'),
    '/pki/me.key': pem('one'),
  });
  assert.equal(access.credentials.token(), undefined);
  files.contents['/pki/me.crt'] = pem('two');
  files.contents['/pki/me.key'] = pem('two');
  await clock.advance(60_000);
  assert.equal(await access.credentials.token(), undefined);
  assert.equal(changes(), 1);
  assert.equal((await access.endpoint()).tls.cert, pem('two'));
  assert.equal(changes(), 1);
});

test('a client certificate that the server refuses is read again at once, once for all refusals together', async () => {
  const { files, access, changes } = await setUp(kubeconfig({ user: byFile }), {
    '/pki/me.crt': pem('one'),
    '/pki/me.key': pem('one'),
  });
  files.contents['/pki/me.crt'] = pem('two');
  files.contents['/pki/me.key'] = pem('two');
  const { reads } = files;
  for (let refusals = 0; refusals < 100; refusals++) {
    access.credentials.refused(undefined);
    await access.credentials.token();
  }
  assert.equal(changes(), 1);
  assert.equal(files.reads, reads + 3);
});

test('while a file is being replaced, what was read before stays in use, and the log says so once', async () => {
  const { clock, files, logger, access, changes } = await setUp(kubeconfig());
  files.contents['/config'] = '{"current-cont';
  for (let times = 0; times < 3; times++) {
    await clock.advance(60_000);
    assert.equal(await access.credentials.token(), 'first');
  }
  assert.equal((await access.endpoint()).server.host, 'one:6443');
  assert.equal(changes(), 0);
  const lines = logger.lines.filter(({ message }) => message.startsWith('Cannot read again'));
  assert.equal(lines.length, 1);
});
