import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '../../../testing/support/fake-clock.ts';
import { FakeFiles } from '../../../testing/support/fake-files.ts';
import { RecordingLogger } from '../../../testing/support/recording-logger.ts';
import type { ProgramRequest, ProgramResult } from '../../base/programs.ts';
import { findAccess } from './find-access.ts';

const apiVersion = 'client.authentication.k8s.io/v1';
const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;

function answer(status: object | undefined, more: object = {}): ProgramResult {
  return { code: 0, stderr: '', stdout: JSON.stringify({ apiVersion, kind: 'ExecCredential', status, ...more }) };
}

/** A user with a plugin that gives each answer once, the last one for ever. */
async function setUp(answers: readonly (ProgramResult | Error | 'hangs')[], exec: object = {}, cluster: object = {}) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const stop = new AbortController();
  const runs: ProgramRequest[] = [];
  const run = (request: ProgramRequest): Promise<ProgramResult> => {
    const next = answers[Math.min(runs.push(request), answers.length) - 1] ?? 'hangs';
    if (next instanceof Error) return Promise.reject(next);
    if (next !== 'hangs') return Promise.resolve(next);
    const { signal } = request;
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  const text = JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://one:6443', ...cluster } }],
    users: [{ name: 'u', user: { exec: { apiVersion, command: 'plugin', ...exec } } }],
  });
  const found = findAccess({
    ...{ kubeconfig: '/home/me/config', env: {}, files: new FakeFiles({ '/home/me/config': text }) },
    ...{ clock, logger, programs: { run }, stop: stop.signal },
  });
  found.catch(() => {});
  return { clock, logger, stop, runs, found };
}

function infoOf(run: ProgramRequest | undefined): unknown {
  return JSON.parse(run?.env.KUBERNETES_EXEC_INFO ?? 'null');
}

async function reason(answers: readonly (ProgramResult | Error)[], exec: object = {}): Promise<string> {
  const { found } = await setUp(answers, exec);
  const error = await found.then(
    () => assert.fail('it did not fail'),
    (thrown: Error) => thrown,
  );
  return error.message.replace('kubeconfig /home/me/config: user "u": ', '');
}

describe('a credential plugin', () => {
  test('is run with what it is to have: arguments, environment, KUBERNETES_EXEC_INFO', async () => {
    const exec = { args: ['a', 'b'], env: [{ name: 'X', value: 'y' }] };
    const { found, runs } = await setUp([answer({ token: 't' })], exec);
    assert.equal(await (await found).credentials.token(), 't');
    assert.equal(runs.length, 1);
    assert.deepEqual([runs[0]?.command, runs[0]?.args, runs[0]?.env.X], ['plugin', ['a', 'b'], 'y']);
    assert.deepEqual(infoOf(runs[0]), { kind: 'ExecCredential', apiVersion, spec: { interactive: false } });
  });

  test('is told the cluster if it asks for that', async () => {
    const ca = Buffer.from(pem('ca')).toString('base64');
    const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }];
    const cluster = { 'certificate-authority-data': ca, 'tls-server-name': 'n', extensions };
    const { found, runs } = await setUp([answer({ token: 't' })], { provideClusterInfo: true }, cluster);
    await found;
    const told = {
      ...{ server: 'https://one:6443', 'tls-server-name': 'n', 'certificate-authority-data': ca },
      config: { audience: 'a' },
    };
    assert.deepEqual(infoOf(runs[0]), {
      ...{ kind: 'ExecCredential', apiVersion },
      spec: { interactive: false, cluster: told },
    });
  });

  test('is found beside the kubeconfig if its command has a separator', async () => {
    for (const [command, run] of [
      ['bin/plugin', '/home/me/bin/plugin'],
      ['./plugin', '/home/me/./plugin'],
      ['/bin/plugin', '/bin/plugin'],
      ['plugin', 'plugin'],
    ]) {
      const { found, runs } = await setUp([answer({ token: 't' })], { command });
      await found;
      assert.equal(runs[0]?.command, run);
    }
  });

  test('may give a certificate, which is asked for again after a refusal and after its time', async () => {
    const give = (name: string, expirationTimestamp?: string): ProgramResult =>
      answer({ clientCertificateData: pem(name), clientKeyData: pem(name), expirationTimestamp });
    const clock = new FakeClock();
    const later = new Date(clock.now() + 3_600_000).toISOString();
    const setup = await setUp([give('one'), give('two', later), give('three')]);
    const access = await setup.found;
    let changes = 0;
    access.onChange(() => {
      changes++;
    });
    assert.equal((await access.endpoint()).tls.cert, pem('one'));
    access.credentials.refused(undefined);
    await access.credentials.token();
    assert.equal(changes, 1);
    assert.equal((await access.endpoint()).tls.cert, pem('two'));
    await setup.clock.advance(3_600_000);
    assert.equal((await access.endpoint()).tls.cert, pem('three'));
    assert.equal(setup.runs.length, 3);
  });

  test('that hangs is told in the log, and has a minute', async () => {
    const { found, clock, logger } = await setUp(['hangs']);
    await clock.advance(10_000);
    assert.ok(logger.lines.some(({ message }) => message === 'Waiting for the credential plugin of the kubeconfig'));
    await clock.advance(50_000);
    await assert.rejects(found, /its credential plugin failed: plugin: it did not end in 60s$/);
  });

  test('that hangs holds nobody up who wants to stop, and is not run again then', async () => {
    const { found, stop, clock } = await setUp(['hangs']);
    await clock.advance(1_000);
    stop.abort();
    await assert.rejects(found, /the attacher is stopping/);
  });

  test('that hangs later leaves the old token in use', async () => {
    const { found, clock } = await setUp([answer({ token: 't' }), 'hangs']);
    const { credentials } = await found;
    credentials.refused('t');
    const token = credentials.token();
    await clock.advance(60_000);
    assert.equal(await token, 't');
  });

  test('whose answer is of no use says what is missing', async () => {
    const failed = 'its credential plugin failed: ';
    assert.equal(
      await reason([answer(undefined)]),
      `${failed}plugin answered without a status, which would hold the credentials`,
    );
    assert.match(await reason([answer({})]), /has neither a token nor a certificate with its key$/);
    assert.match(await reason([answer({ clientKeyData: pem('k') })]), /without the other$/);
    assert.match(await reason([answer({ token: 5 })]), /token is a number, not a text/);
    assert.match(await reason([answer({ token: 't', expirationTimestamp: 'soon' })]), /expirationTimestamp is "soon"/);
    assert.match(await reason([answer({ token: 't' }, { kind: 'X' })]), /answered with kind "X", apiVersion "client/);
    assert.match(await reason([{ code: 0, stdout: 'hello', stderr: '' }]), /did not answer with an ExecCredential/);
    assert.equal(await reason([{ code: 1, stdout: '', stderr: 'no login\n' }]), `${failed}no login`);
    assert.equal(await reason([{ code: 'SIGKILL', stdout: '', stderr: '' }]), `${failed}plugin ended with SIGKILL`);
  });

  test('that is not there shows where to get it', async () => {
    const missing = Object.assign(new Error('spawn plugin ENOENT'), { code: 'ENOENT' });
    assert.equal(
      await reason([missing], { installHint: 'Get it at https://example.com.' }),
      'its credential plugin failed: there is no program plugin\nGet it at https://example.com.',
    );
  });

  test('that is described wrongly is refused before it is run', async () => {
    assert.match(await reason([], { apiVersion: 'x' }), /^exec: apiVersion is "x", must be client.authentication/);
    assert.equal(await reason([], { command: '' }), 'exec: command is not set');
    assert.match(await reason([], { interactiveMode: 'Always' }), /interactiveMode is Always/);
  });
});
