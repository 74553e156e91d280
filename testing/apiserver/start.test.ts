import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { attacherUser, seedAttacherRole } from './attacher-role.ts';
import { CoreClient } from './core-client.ts';
import { makeCertificate } from './https/certificates.ts';
import { type RunningApiServer, startApiServer } from './start.ts';

const attachments = '/apis/storage.k8s.io/v1/volumeattachments';

async function http1Status(server: RunningApiServer, path: string, token: string): Promise<number | undefined> {
  const headers = { authorization: `Bearer ${token}` };
  const asking = request(`${server.url}${path}`, { ca: server.caPem, headers, agent: false });
  asking.end();
  const [response] = (await once(asking, 'response')) as [{ statusCode?: number; resume(): void }];
  response.resume();
  await once(response as never, 'end');
  return response.statusCode;
}

describe('a started server', () => {
  it('speaks HTTP/1.1 too, and trusts the tokens that it hands out', async () => {
    const server = await startApiServer();
    try {
      assert.equal(await http1Status(server, attachments, server.token('admin')), 200);
      assert.equal(await http1Status(server, attachments, server.token('somebody')), 403);
      assert.equal(await http1Status(server, attachments, 'made-up'), 401);
      assert.equal(server.token('somebody'), server.token('somebody'));
    } finally {
      await server.close();
    }
  });

  it('writes a kubeconfig with all that a client needs', async () => {
    const server = await startApiServer({ tokens: [{ token: 'secret', user: 'me' }] });
    try {
      const config = parse(server.kubeconfig('me')) as {
        clusters: { cluster: Record<string, string> }[];
        users: { user: { token: string } }[];
      };
      const cluster = config.clusters[0]?.cluster ?? {};
      assert.equal(cluster.server, server.url);
      assert.equal(Buffer.from(cluster['certificate-authority-data'] ?? '', 'base64').toString(), server.caPem);
      assert.equal(config.users[0]?.user.token, 'secret');
    } finally {
      await server.close();
    }
  });

  it('gives an attacher its permissions and no more', async () => {
    const server = await startApiServer();
    try {
      seedAttacherRole(server.core, server.token('admin'));
      const attacher = new CoreClient(server.core, server.token(attacherUser));
      assert.equal(attacher.get(attachments).status, 200);
      assert.equal(attacher.patch(`${attachments}/x/status`, {}).status, 404);
      assert.equal(attacher.delete(`${attachments}/x`).status, 403);
      assert.equal(attacher.get('/api/v1/namespaces/default/secrets/x').status, 404);
    } finally {
      await server.close();
    }
  });

  it('ends watches cleanly when it closes, and leaves nothing open', async () => {
    const server = await startApiServer();
    const session = connect(server.url, { ca: server.caPem });
    const headers = { authorization: `Bearer ${server.token('admin')}` };
    const stream = session.request({ ':path': `${attachments}?watch=1`, ...headers });
    await once(stream, 'response');
    assert.equal(server.core.watchCount, 1);
    const ended = once(stream.resume(), 'end');
    const closed = once(session, 'close');
    await server.close();
    await ended;
    await closed;
    assert.equal(server.core.watchCount, 0);
  });

  it('cuts off a reader that falls behind: what was sent arrives, then a clean end', async () => {
    const server = await startApiServer({ watchBuffer: 100 });
    const session = connect(server.url, { ca: server.caPem, settings: { initialWindowSize: 1_000 } });
    try {
      const headers = { authorization: `Bearer ${server.token('admin')}` };
      const stream = session.request({ ':path': `${attachments}?watch=1`, ...headers });
      await once(stream, 'response');
      const admin = new CoreClient(server.core, server.token('admin'));
      const spec = { attacher: 'a.csi', nodeName: 'n', source: { persistentVolumeName: 'pv' } };
      let created = 0;
      while (server.core.watchCount > 0) admin.create(attachments, { metadata: { name: `va${created++}` }, spec });
      let text = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      await once(stream, 'end');
      const names = text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line).object.metadata.name as string);
      assert.ok(created > 100 && names.length > 0 && names.length <= created - 100, `${names.length} of ${created}`);
      assert.deepEqual(
        names,
        names.map((_name, index) => `va${index}`),
      );
    } finally {
      session.close();
      await server.close();
    }
  });

  it('forgets the watch of a client that has gone', async () => {
    const server = await startApiServer();
    try {
      const session = connect(server.url, { ca: server.caPem });
      session.on('error', () => {});
      const headers = { authorization: `Bearer ${server.token('admin')}` };
      const stream = session.request({ ':path': `${attachments}?watch=1`, ...headers });
      stream.on('error', () => {});
      await once(stream, 'response');
      const closed = once(session, 'close');
      server.dropConnections();
      await closed;
      assert.equal(server.core.watchCount, 0);
    } finally {
      await server.close();
    }
  });

  it('refuses a port that is in use', async () => {
    const server = await startApiServer();
    try {
      await assert.rejects(startApiServer({ port: server.port }), /EADDRINUSE/);
    } finally {
      await server.close();
    }
  });
});

describe('a certificate', () => {
  it('is signed by its authority for each of its hosts', () => {
    const { caPem, certPem } = makeCertificate(['localhost', '127.0.0.1', '::1', 'fd00::1:2'], Date.now());
    const authority = new X509Certificate(caPem);
    const certificate = new X509Certificate(certPem);
    assert.ok(authority.ca);
    assert.ok(certificate.verify(authority.publicKey));
    assert.ok(certificate.checkIssued(authority));
    assert.equal(certificate.checkHost('localhost'), 'localhost');
    for (const address of ['127.0.0.1', '::1', 'fd00::1:2']) assert.equal(certificate.checkIP(address), address);
    assert.equal(certificate.checkHost('example.com'), undefined);
  });
});
