import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { CoreClient } from '../../../testing/apiserver/core-client.ts';
import { type RunningApiServer, type StartOptions, startApiServer } from '../../../testing/apiserver/start.ts';
import { RecordingMetrics } from '../../../testing/support/recording-metrics.ts';
import { noLogger } from '../../base/log/logger.ts';
import { systemClock } from '../../platform/clock.ts';
import { Http2Transport } from '../../platform/http2-transport.ts';
import { systemRandom } from '../../platform/random.ts';
import type { VolumeAttachment } from '../api/objects.ts';
import { Reflector } from '../cache/reflector.ts';
import type { Store } from '../cache/store.ts';
import { secrets, volumeAttachments } from '../codec/resources.ts';
import { LeaderElector } from '../leader-election/election.ts';
import { KubeClient } from './client.ts';
import { isNotFound } from './errors.ts';

const path = '/apis/storage.k8s.io/v1/volumeattachments';
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface World {
  server: RunningApiServer;
  api: CoreClient;
  client: KubeClient;
}

/** A client over a real socket, with a token that may do all. */
async function connect(options: StartOptions = {}): Promise<World> {
  const server = await startApiServer(options);
  closing.push(() => server.close());
  return { server, api: new CoreClient(server.core, server.token('admin')), client: clientOf(server) };
}

function clientOf(server: RunningApiServer): KubeClient {
  const access = { endpoint: async () => ({ server: new URL(server.url), tls: { ca: server.caPem } }) };
  const transport = new Http2Transport({ access, clock: systemClock });
  closing.push(() => transport.close());
  const token = server.token('admin');
  const credentials = { token: () => token, refused: () => {} };
  return new KubeClient({ transport, clock: systemClock, random: systemRandom, logger: noLogger, credentials });
}

function reflect(client: KubeClient, metrics = new RecordingMetrics()): Store<VolumeAttachment> {
  const reflector = new Reflector({
    ...{ client, metrics },
    resource: volumeAttachments,
    clock: systemClock,
    random: systemRandom,
    logger: noLogger,
  });
  reflector.start();
  closing.push(() => reflector.stop());
  return reflector.store;
}

function attachment(name: string): object {
  const spec = { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'pv' } };
  return { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name }, spec };
}

/** Resolves when `condition` holds; it is looked at after each change of the store. */
function until<T>(store: Store<T>, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!condition()) return;
      end();
      resolve();
    };
    const end = store.subscribe({ upserted: look, deleted: look });
    look();
  });
}

for (const protobuf of [true, false]) {
  describe(`over HTTPS, in ${protobuf ? 'protobuf' : 'JSON'}`, () => {
    const options: StartOptions = { features: { protobuf } };

    test('a store follows thousands of objects as they come, change and go', async () => {
      const { api, client } = await connect(options);
      for (let index = 0; index < 1200; index++) api.create(path, attachment(`va-${index}`));
      const store = reflect(client);
      await store.whenSynced();
      assert.equal(store.size, 1200);
      for (let index = 0; index < 1200; index++) {
        if (index % 2 === 0) api.delete(`${path}/va-${index}`);
        else api.patch(`${path}/va-${index}`, { metadata: { finalizers: ['example.com/x'] } });
      }
      await until(
        store,
        () => store.size === 600 && [...store.values()].every((object) => object.finalizers.length > 0),
      );
    });

    test('a patch gives back the object as it is then', async () => {
      const { api, client } = await connect(options);
      api.create(path, attachment('va'));
      const status = { attached: true, attachmentMetadata: { device: '/dev/x' } };
      const patch = { status };
      const patched = await client.patch(volumeAttachments, 'va', patch, { subresource: 'status' });
      assert.equal(patched.attached, true);
      assert.deepEqual(patched.attachmentMetadata, { device: '/dev/x' });
    });

    test('a secret is decoded', async () => {
      const { api, client } = await connect(options);
      const data = { user: Buffer.from('me').toString('base64') };
      api.create('/api/v1/namespaces/default/secrets', { metadata: { name: 's' }, data });
      assert.deepEqual((await client.get(secrets, 's', { namespace: 'default' })).data, { user: 'me' });
      await assert.rejects(client.get(secrets, 't', { namespace: 'default' }), isNotFound);
    });
  });
}

describe('a store over HTTPS', () => {
  test('goes on where it was after the connection broke, without a list', async () => {
    const { server, api, client } = await connect();
    const metrics = new RecordingMetrics();
    const store = reflect(client, metrics);
    await store.whenSynced();
    for (let round = 0; round < 5; round++) {
      server.dropConnections();
      api.create(path, attachment(`va-${round}`));
      await until(store, () => store.size === round + 1);
    }
    assert.equal(metrics.samples.filter(({ name }) => name === 'csi_attacher_lists_total').length, 1);
  });

  test('lists again when the server has forgotten where it was', async () => {
    const { server, api, client } = await connect({ historyLimit: 20 });
    api.create(path, attachment('old'));
    const store = reflect(client);
    await until(store, () => store.size === 1);
    server.dropConnections();
    api.delete(`${path}/old`);
    for (let index = 0; index < 100; index++) api.create(path, attachment(`va-${index}`));
    await until(store, () => store.size === 100);
    assert.equal(store.get('old'), undefined);
  });

  test('loses nothing to a server that cuts off readers who fall behind', async () => {
    const { api, client } = await connect({ watchBuffer: 5 });
    const metrics = new RecordingMetrics();
    const store = reflect(client, metrics);
    await store.whenSynced();
    // Written in one go, so that the reader cannot read in between.
    for (let index = 0; index < 2000; index++) api.create(path, attachment(`va-${index}`));
    await until(store, () => store.size === 2000);
  });
});

describe('an election over HTTPS', () => {
  test('has one leader at a time, and hands over at once', async () => {
    const { server } = await connect();
    let leading = 0;
    let terms = 0;
    const electors = ['a', 'b', 'c'].map(
      (identity) =>
        new LeaderElector({
          client: clientOf(server),
          clock: systemClock,
          random: systemRandom,
          logger: noLogger,
          lease: { namespace: 'kube-system', name: 'l', identity },
          leaseDurationMs: 15_000,
          renewDeadlineMs: 10_000,
          retryPeriodMs: 5_000,
          releaseOnStop: true,
        }),
    );
    const runs = electors.map((elector) =>
      elector.run(async (term) => {
        leading++;
        terms++;
        assert.equal(leading, 1);
        assert.ok(term.held());
        await new Promise((resolve) => setImmediate(resolve));
        leading--;
        void elector.stop();
      }),
    );
    await Promise.all(runs);
    assert.equal(terms, 3);
  });
});
