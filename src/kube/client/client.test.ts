import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock, settle } from '../../../testing/support/fake-clock.ts';
import { type Answer, FakeTransport, json, refusal } from '../../../testing/support/fake-transport.ts';
import { recordedBytes, recordedStep } from '../../../testing/support/recordings.ts';
import { seededRandom } from '../../../testing/support/seeded-random.ts';
import { noLogger } from '../../base/log/logger.ts';
import type { Credentials } from '../access/credentials.ts';
import type { VolumeAttachment } from '../api/objects.ts';
import { leases, persistentVolumes, volumeAttachments } from '../codec/resources.ts';
import { KubeClient } from './client.ts';
import { isConflict, isForbidden, isNotFound, KubeError, missingRule } from './errors.ts';
import { TokenBucket } from './token-bucket.ts';
import { type HttpRequest, TransportError } from './transport.ts';

const attachment = { metadata: { name: 'va1', uid: 'u', resourceVersion: '7' }, spec: { attacher: 'a' } };

interface Setup {
  client: KubeClient;
  transport: FakeTransport;
  clock: FakeClock;
}

function setup(
  answer: (request: HttpRequest, count: number) => Answer,
  options: { credentials?: Credentials; qps?: number } = {},
): Setup {
  const clock = new FakeClock();
  const transport = new FakeTransport((request) => answer(request, transport.requests.length));
  const limiter = options.qps === undefined ? undefined : new TokenBucket({ clock, qps: options.qps, burst: 1 });
  const { credentials } = options;
  const random = seededRandom(1);
  const client = new KubeClient({ transport, clock, random, logger: noLogger, credentials, limiter });
  return { client, transport, clock };
}

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  const error = await promise.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KubeError, String(error));
  return error;
}

describe('a request', () => {
  test('asks for protobuf or JSON and reads either', async () => {
    const { client, transport } = setup((_, count) =>
      count === 1
        ? json(200, attachment)
        : {
            status: 200,
            headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
            body: recordedBytes(recordedStep('objects', 'get one as protobuf')),
          },
    );
    assert.equal((await client.get(volumeAttachments, 'va1')).resourceVersion, '7');
    assert.equal((await client.get(volumeAttachments, 'va1')).resourceVersion, '215');
    const request = transport.requests[0];
    assert.equal(request?.path, '/apis/storage.k8s.io/v1/volumeattachments/va1');
    assert.equal(request?.headers.accept, 'application/vnd.kubernetes.protobuf,application/json');
  });

  test('for a kind that is replaced whole asks for JSON only', async () => {
    const { client, transport } = setup(() => json(200, { metadata: { name: 'l' } }));
    await client.get(leases, 'l', { namespace: 'kube-system' });
    assert.equal(transport.requests[0]?.path, '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/l');
    assert.equal(transport.requests[0]?.headers.accept, 'application/json');
  });

  test('to patch sends its body with the media type of the patch', async () => {
    const { client, transport } = setup(() => json(200, attachment));
    const body = { status: { attached: true } };
    await client.patch(volumeAttachments, 'va1', body, { subresource: 'status' });
    const request = transport.requests[0];
    assert.equal(request?.method, 'PATCH');
    assert.equal(request?.path, '/apis/storage.k8s.io/v1/volumeattachments/va1/status');
    assert.equal(request?.headers['content-type'], 'application/merge-patch+json');
    assert.deepEqual(JSON.parse(Buffer.from(request?.body ?? []).toString()), body);
  });

  test('for a page carries limit, token and version', async () => {
    const { client, transport } = setup(() => json(200, { metadata: { resourceVersion: '9' }, items: [attachment] }));
    const options = { limit: 500, continueToken: 'a b', resourceVersion: '3' };
    const page = await client.list(persistentVolumes, { ...options, resourceVersionMatch: 'NotOlderThan' });
    assert.equal(page.items.length, 1);
    const query = '?limit=500&continue=a+b&resourceVersion=3&resourceVersionMatch=NotOlderThan';
    assert.equal(transport.requests[0]?.path, `/api/v1/persistentvolumes${query}`);
  });

  test('falls back to JSON for good when protobuf is refused', async () => {
    const { client, transport } = setup(({ headers }) =>
      headers.accept?.includes('protobuf') ? refusal(406, 'NotAcceptable', 'no') : json(200, attachment),
    );
    await client.get(volumeAttachments, 'va1');
    await client.get(volumeAttachments, 'va1');
    assert.equal(transport.requests.length, 3);
  });

  test('falls back to JSON when the protobuf that comes cannot be read', async () => {
    const { client } = setup(({ headers }) =>
      headers.accept?.includes('protobuf')
        ? {
            status: 200,
            headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
            body: Buffer.from('k8s\0\x12\x7f'),
          }
        : json(200, attachment),
    );
    const error = await failure(client.get(volumeAttachments, 'va1'));
    assert.equal(error.reason, 'undecodable');
    assert.equal((await client.get(volumeAttachments, 'va1')).name, 'va1');
  });

  test('is cancelled by the caller’s signal', async () => {
    const { client } = setup(() => 'never');
    const controller = new AbortController();
    const pending = client.get(volumeAttachments, 'va1', { signal: controller.signal });
    await settle();
    controller.abort();
    assert.equal((await failure(pending)).reason, 'aborted');
  });

  test('without an answer ends after 30 seconds, and may have been done', async () => {
    const { client, clock } = setup(() => 'never');
    const pending = failure(client.patch(volumeAttachments, 'va1', {}));
    await clock.advance(30_000);
    const error = await pending;
    assert.equal(error.message, 'no answer within 30s');
    assert.deepEqual([error.code, error.reason, error.sent], [0, 'timeout', true]);
    assert.equal(clock.pendingTimers, 0);
  });

  test('says of a refused connection that nothing was sent', async () => {
    const { client } = setup(() => new TransportError('refused', 'connect ECONNREFUSED', { sent: false }));
    const error = await failure(client.get(volumeAttachments, 'va1'));
    assert.deepEqual([error.code, error.reason, error.sent], [0, 'refused', false]);
  });
});

describe('a refusal', () => {
  test('carries what its Status says', async () => {
    const { client } = setup(() => {
      const { status, contentType } = recordedStep('objects', 'a Status as protobuf').response;
      const body = recordedBytes(recordedStep('objects', 'a Status as protobuf'));
      return { status, headers: { 'content-type': contentType }, body };
    });
    const error = await failure(client.get(volumeAttachments, 'nope'));
    assert.ok(isNotFound(error));
    assert.equal(error.message, 'volumeattachments.storage.k8s.io "nope" not found');
    assert.equal(error.reason, 'NotFound');
    assert.equal(error.sent, false);
  });

  test('is read as a Status even where it calls itself plain text', async () => {
    const step = recordedStep('lists-and-watches', 'a list not older than a version from the future');
    const { client } = setup(() => ({
      status: 504,
      headers: { 'content-type': step.response.contentType },
      body: recordedBytes(step),
    }));
    const error = await failure(client.list(volumeAttachments, { limit: 1 }));
    assert.deepEqual([error.code, error.reason, error.sent], [504, 'Timeout', true]);
  });

  test('that is plain text is shown as it is', async () => {
    const { client } = setup(() => ({ status: 502, headers: {}, body: Buffer.from('<h1>bad\n gateway</h1>') }));
    assert.equal((await failure(client.get(volumeAttachments, 'x'))).message, '<h1>bad gateway</h1>');
  });

  test('by RBAC names the rule that is missing', async () => {
    const text =
      'volumeattachments.storage.k8s.io "x" is forbidden: User "u" cannot patch resource "volumeattachments/status"';
    const { client } = setup(() => refusal(403, 'Forbidden', text));
    const patch = {};
    const error = await failure(client.patch(volumeAttachments, 'x', patch, { subresource: 'status' }));
    assert.ok(isForbidden(error));
    assert.equal(
      missingRule(error),
      'apiGroups: ["storage.k8s.io"], resources: ["volumeattachments/status"], verbs: ["patch"] (ClusterRole)',
    );
  });

  test('that is no authorizer’s is not told as a missing rule', async () => {
    for (const text of [
      'admission webhook "w.example.com" denied the request: x is forbidden: User "u" cannot patch resource "y"',
      'admission webhook "w.example.com" denied the request without explanation',
      "volumeattachments.storage.k8s.io \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
      '<html>403 from a proxy</html>',
    ]) {
      const { client } = setup(() => refusal(403, 'Forbidden', text));
      const error = await failure(client.patch(volumeAttachments, 'x', {}));
      assert.deepEqual([error.message, isForbidden(error), missingRule(error)], [text, true, undefined]);
    }
  });

  test('of an answer that is not JSON does not quote it, since it may be a secret', async () => {
    const { client } = setup(() => ({ status: 200, headers: {}, body: Buffer.from('{"data": hunter2') }));
    const error = await failure(client.get(volumeAttachments, 'x'));
    assert.equal(error.reason, 'undecodable');
    assert.doesNotMatch(`${error.stack}${String(error.cause)}`, /hunter2/);
  });
});

describe('a request that the server sends back', () => {
  test('waits as long as a 429 asks, and a little more, then goes again', async () => {
    const { client, transport, clock } = setup((_, count) =>
      count === 1 ? refusal(429, 'TooManyRequests', 'slow down', { 'retry-after': '3' }) : json(200, attachment),
    );
    const pending = client.get(volumeAttachments, 'va1');
    await clock.advance(2_999);
    assert.equal(transport.requests.length, 1);
    await clock.advance(800);
    assert.equal((await pending).name, 'va1');
  });

  test('with a 503 goes again only if the server says when', async () => {
    const { client, transport, clock } = setup((_, count) =>
      refusal(503, 'ServiceUnavailable', 'no', count === 1 ? { 'retry-after': '1' } : {}),
    );
    const pending = failure(client.get(volumeAttachments, 'va1'));
    await clock.advance(1_300);
    const error = await pending;
    assert.equal(transport.requests.length, 2);
    assert.equal(error.code, 503);
  });

  test('may have been done if an earlier try of it may have been', async () => {
    const { client, clock } = setup((_, count) =>
      count === 1 ? refusal(503, 'x', 'no', { 'retry-after': '1' }) : refusal(409, 'Conflict', 'changed'),
    );
    const pending = failure(client.patch(volumeAttachments, 'va1', {}));
    await clock.advance(1_300);
    const error = await pending;
    assert.ok(isConflict(error));
    assert.equal(error.sent, true);
  });

  test('asks before each try whether it is still wanted', async () => {
    const { client, transport, clock } = setup(() => refusal(429, 'TooManyRequests', 'no', { 'retry-after': '1' }));
    const wanted = (): boolean => transport.requests.length < 2;
    const pending = failure(client.patch(volumeAttachments, 'va1', {}, { wanted }));
    await clock.advance(5_000);
    assert.equal((await pending).reason, 'aborted');
    assert.equal(transport.requests.length, 2);
  });

  test('gives up after ten tries', async () => {
    const { client, transport, clock } = setup(() => refusal(429, 'TooManyRequests', 'no', { 'retry-after': '1' }));
    const pending = failure(client.get(volumeAttachments, 'va1'));
    await clock.advance(60_000);
    assert.equal((await pending).code, 429);
    assert.equal(transport.requests.length, 10);
    assert.equal(clock.pendingTimers, 0);
  });

  test('with a 401 goes again once with a token read again', async () => {
    const refused: (string | undefined)[] = [];
    const credentials: Credentials = {
      token: () => (refused.length === 0 ? 'old' : 'new'),
      refused: (token) => refused.push(token),
    };
    const { client, transport } = setup(
      ({ headers }) =>
        headers.authorization === 'Bearer new' ? json(200, attachment) : refusal(401, 'Unauthorized', 'no'),
      { credentials },
    );
    await client.get(volumeAttachments, 'va1');
    assert.deepEqual(refused, ['old']);
    assert.equal(transport.requests.length, 2);
  });

  test('with a second 401 fails', async () => {
    const { client, transport } = setup(() => refusal(401, 'Unauthorized', 'no'));
    assert.equal((await failure(client.get(volumeAttachments, 'va1'))).code, 401);
    assert.equal(transport.requests.length, 2);
  });
});

describe('the pace', () => {
  test('is that of the token bucket where one is given', async () => {
    const { client, transport, clock } = setup(() => json(200, attachment), { qps: 2 });
    const all = Promise.all(Array.from({ length: 5 }, () => client.get(volumeAttachments, 'va1')));
    await clock.advance(0);
    assert.equal(transport.requests.length, 1);
    await clock.advance(500);
    assert.equal(transport.requests.length, 2);
    await clock.advance(1_500);
    assert.equal(transport.requests.length, 5);
    await all;
  });

  test('is halved by a 429, and what does not fit waits', async () => {
    let overloaded = true;
    const { client, transport, clock } = setup(() => (overloaded ? refusal(429, 'x', 'no') : 'never'));
    const controller = new AbortController();
    const { signal } = controller;
    const all = Array.from({ length: 100 }, () => failure(client.get(volumeAttachments, 'va1', { signal })));
    await settle();
    assert.equal(transport.requests.length, 100);
    overloaded = false;
    await clock.advance(1_300);
    assert.equal(transport.requests.length, 150);
    controller.abort();
    assert.ok((await Promise.all(all)).every((error) => error instanceof KubeError && error.reason === 'aborted'));
    assert.equal(clock.pendingTimers, 0);
  });
});

describe('a watch', () => {
  const events = { changed: () => {}, deleted: () => {}, bookmark: () => {} };

  test('brings objects and bookmarks and resolves when the server ends it', async () => {
    const { client, transport } = setup(() => 'never');
    const seen: string[] = [];
    const ended = client.watch(
      volumeAttachments,
      { resourceVersion: '5', timeoutSeconds: 300 },
      {
        changed: (object: VolumeAttachment) => seen.push(`+${object.resourceVersion}`),
        deleted: (object) => seen.push(`-${object.resourceVersion}`),
        bookmark: (version) => seen.push(`=${version}`),
        opened: () => seen.push('open'),
      },
    );
    await settle();
    const query = 'watch=1&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=300';
    assert.equal(transport.lastStream.request.path, `/apis/storage.k8s.io/v1/volumeattachments?${query}`);
    transport.lastStream
      .open()
      .event('ADDED', attachment)
      .event('DELETED', { metadata: { name: 'va1', resourceVersion: '8' } })
      .event('BOOKMARK', { metadata: { resourceVersion: '9' } })
      .event('NEWTHING', {})
      .end();
    await ended;
    assert.deepEqual(seen, ['open', '+7', '-8', '=9']);
  });

  test('fails with the Status of an ERROR event, and lets go of the stream', async () => {
    const { client, transport } = setup(() => 'never');
    const pending = failure(client.watch(volumeAttachments, { resourceVersion: '5', timeoutSeconds: 300 }, events));
    await settle();
    transport.lastStream.open().event('ERROR', { message: 'too old', reason: 'Expired', code: 410 });
    const error = await pending;
    assert.deepEqual([error.code, error.reason, error.message], [410, 'Expired', 'too old']);
    assert.ok(transport.lastStream.ended);
  });

  test('that is refused says why', async () => {
    const { client, transport } = setup(() => 'never');
    const pending = failure(client.watch(volumeAttachments, { resourceVersion: '5', timeoutSeconds: 300 }, events));
    await settle();
    transport.lastStream.open(429, { 'content-type': 'text/plain', 'retry-after': '4' }).data('busy').end();
    const error = await pending;
    assert.deepEqual([error.code, error.message, error.retryAfterMs], [429, 'busy', 4000]);
  });

  test('that brings bytes that cannot be decoded fails, and nothing after them is used', async () => {
    const { client, transport } = setup(() => 'never');
    const seen: string[] = [];
    const sink = { ...events, changed: (object: VolumeAttachment) => seen.push(object.name) };
    const pending = failure(client.watch(volumeAttachments, { resourceVersion: '5', timeoutSeconds: 300 }, sink));
    await settle();
    transport.lastStream.open().data(`{"type"\n${JSON.stringify({ type: 'ADDED', object: attachment })}\n`);
    assert.equal((await pending).reason, 'undecodable');
    assert.deepEqual(seen, []);
  });
});
