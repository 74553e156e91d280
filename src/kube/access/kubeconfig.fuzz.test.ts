import assert from 'node:assert/strict';
import { stringify } from 'yaml';
import { optional, shape, text, truth } from '../../../testing/support/declared.ts';
import { FakeClock } from '../../../testing/support/fake-clock.ts';
import { fuzz, pick } from '../../../testing/support/fuzz.ts';
import { mutateBytes, mutateJson, mutateText, randomBytes } from '../../../testing/support/mutate.ts';
import type { TlsMaterial } from './access.ts';
import { AccessError } from './files.ts';
import { findAccess } from './find-access.ts';

const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----';
const encodedPem = Buffer.from(pem).toString('base64');
const token = 'c2VjcmV0LXRva2Vu';

const cluster = { server: 'https://10.0.0.1:6443/prefix', 'certificate-authority-data': encodedPem };
const users = [
  { token },
  { tokenFile: 'token' },
  { 'client-certificate-data': encodedPem, 'client-key': '/files/key.pem' },
  { token, username: 'u', password: 'p' },
  { 'auth-provider': { name: 'oidc', config: { 'id-token': token } } },
];

function kubeconfig(user: object): Record<string, unknown> {
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
    clusters: [
      { name: 'k', cluster },
      { name: 'other', cluster: { server: 'http://x', 'certificate-authority': 'ca', 'tls-server-name': 'n' } },
    ],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'ns' } }],
  };
}

const documents = users.map((user) => stringify(kubeconfig(user)));
const everyDocument = documents.map((document) => Buffer.from(document));

const tlsShape = shape<TlsMaterial>({
  ca: optional(text),
  cert: optional(text),
  key: optional(text),
  serverName: optional(text),
  insecure: optional(truth),
});

/** What came of the file: undefined if it was used, else why not. */
async function outcome(content: string): Promise<string | undefined> {
  const readText = (path: string): Promise<string> => {
    if (path === '/files/config') return Promise.resolve(content);
    if (path === '/files/token') return Promise.resolve(`${token}\n`);
    if (path === '/files/key.pem') return Promise.resolve(pem);
    return Promise.reject(new Error(`ENOENT: no such file or directory, open '${path}'`));
  };
  try {
    const found = await findAccess({
      kubeconfig: '/files/config',
      env: {},
      files: { readText },
      clock: new FakeClock(),
    });
    const { server, tls } = await found.endpoint();
    assert.ok(server instanceof URL && /^https?:$/.test(server.protocol));
    assert.equal(optional(text)(found.namespace as never), undefined);
    assert.equal(tlsShape(tls as never), undefined);
    const given = await found.credentials.token();
    assert.ok(given === undefined || /^[\x21-\x7e]+$/.test(given), 'the token cannot stand in a header');
    return undefined;
  } catch (error) {
    assert.ok(error instanceof AccessError, error instanceof Error ? error.stack : String(error));
    assert.ok(error.message.startsWith('kubeconfig ') || error.message.includes('/'), error.message);
    return error.message;
  }
}

fuzz('a kubeconfig with values that nobody expects is used or refused with a reason', 400, async (random, run) => {
  const user = users[run % users.length] as object;
  await outcome(stringify(mutateJson(random, kubeconfig(user))));
});

fuzz('a kubeconfig with mistakes in its text is refused without its token being quoted', 400, async (random) => {
  const why = await outcome(mutateText(random, pick(random, documents)));
  assert.ok(why === undefined || !why.includes(token), why);
});

fuzz('a kubeconfig of pieces, or of any bytes', 200, async (random) => {
  const bytes =
    random.next() < 0.3 ? randomBytes(random, 300) : mutateBytes(random, pick(random, everyDocument), everyDocument);
  await outcome(bytes.toString('utf8'));
});

fuzz('a kubeconfig that would unfold into gigabytes, or is nested without end', 1, async () => {
  const laughs = Array.from(
    { length: 12 },
    (_, level) =>
      `a${level}: &a${level} [${Array(9)
        .fill(level === 0 ? 'x' : `*a${level - 1}`)
        .join(',')}]`,
  );
  assert.match((await outcome(`${laughs.join('\n')}\n`)) ?? '', /not YAML|current-context/);
  assert.notEqual(await outcome('['.repeat(4_000)), undefined);
  assert.notEqual(await outcome('a: {'.repeat(4_000)), undefined);
  assert.notEqual(await outcome('- '.repeat(4_000)), undefined);
});
