import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { ApiServer } from '../core.ts';
import { CoreClient } from '../core-client.ts';
import { child } from '../object.ts';
import { VolumeController } from './volume-controller.ts';

const volumes = '/api/v1/persistentvolumes';
const claims = '/api/v1/namespaces/default/persistentvolumeclaims';
const pods = '/api/v1/namespaces/default/pods';
const csi = { driver: 'a.csi', volumeHandle: 'h' };
const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], csi };

function setUp() {
  const clock = new FakeClock();
  const tokens = [{ token: 'admin', user: 'admin', groups: ['system:masters'] }];
  const server = new ApiServer({ clock, random: seededRandom(1), tokens });
  new VolumeController({ server, clock, token: 'admin' }).start();
  const client = new CoreClient(server, 'admin');
  const phase = async (path: string): Promise<unknown> => {
    await clock.advance(0);
    return child(client.get(path).body, 'status').phase;
  };
  const isThere = async (path: string): Promise<boolean> => {
    await clock.advance(0);
    return client.get(path).status === 200;
  };
  const create = (name: string, claimRef?: object): void => {
    const { status } = client.create(volumes, { metadata: { name }, spec: { ...spec, claimRef } });
    assert.equal(status, 201);
  };
  const createClaim = (name: string, volumeName: string): void => {
    const { accessModes, capacity } = spec;
    const body = { metadata: { name }, spec: { accessModes, resources: { requests: capacity }, volumeName } };
    assert.equal(client.create(claims, body).status, 201);
  };
  return { client, phase, isThere, create, createClaim };
}

describe('a PersistentVolume', () => {
  it('is Available without a claim, Bound while claim and volume name each other, and Released after that', async () => {
    const { client, phase, create, createClaim } = setUp();
    create('free');
    assert.equal(await phase(`${volumes}/free`), 'Available');
    create('pv', { namespace: 'default', name: 'claim' });
    assert.equal(await phase(`${volumes}/pv`), 'Available');
    createClaim('claim', 'pv');
    assert.deepEqual([await phase(`${volumes}/pv`), await phase(`${claims}/claim`)], ['Bound', 'Bound']);
    const { uid } = child(client.get(`${claims}/claim`).body, 'metadata');
    client.patch(`${volumes}/pv`, { spec: { claimRef: { uid } } });
    assert.equal(await phase(`${volumes}/pv`), 'Bound');
    client.delete(`${claims}/claim`);
    assert.equal(await phase(`${volumes}/pv`), 'Released');
  });

  it('that is deleted goes as soon as it is not bound, and no finalizer of others holds it', async () => {
    const { client, isThere, phase, create, createClaim } = setUp();
    create('free');
    client.delete(`${volumes}/free`);
    assert.equal(await isThere(`${volumes}/free`), false);
    create('pv', { namespace: 'default', name: 'claim' });
    createClaim('claim', 'pv');
    assert.equal(await phase(`${volumes}/pv`), 'Bound');
    client.patch(`${volumes}/pv`, [{ op: 'add', path: '/metadata/finalizers/-', value: 'a.csi/held' }], 'json');
    client.delete(`${volumes}/pv`);
    assert.equal(await isThere(`${volumes}/pv`), true);
    client.delete(`${claims}/claim`);
    assert.equal(await isThere(`${volumes}/pv`), true);
    assert.deepEqual(child(client.get(`${volumes}/pv`).body, 'metadata').finalizers, ['a.csi/held']);
    client.patch(`${volumes}/pv`, { metadata: { finalizers: null } });
    assert.equal(await isThere(`${volumes}/pv`), false);
  });
});

describe('a claim that is deleted', () => {
  it('stays as long as a pod has it that has not ended', async () => {
    const { client, isThere, create, createClaim } = setUp();
    create('pv', { namespace: 'default', name: 'claim' });
    createClaim('claim', 'pv');
    const podVolumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'claim' } }];
    const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }], volumes: podVolumes } };
    assert.equal(client.create(pods, pod).status, 201);
    client.delete(`${claims}/claim`);
    assert.equal(await isThere(`${claims}/claim`), true);
    client.delete(`${pods}/p`);
    assert.equal(await isThere(`${claims}/claim`), false);
  });
});
