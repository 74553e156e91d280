import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../apiserver/object.ts';
import { humanDuration } from './human-duration.ts';
import { tableOf } from './tables.ts';

const steps = JSON.parse(readFileSync(new URL('../../recordings/objects.json', import.meta.url), 'utf8')) as {
  name: string;
  response: { body: JsonObject };
}[];

function bodyOf(name: string): JsonObject {
  const step = steps.find((each) => each.name === name);
  assert.ok(step, name);
  return step.response.body;
}

const created = '2026-01-02T03:04:05Z';
const nowMs = Date.parse('2026-01-02T03:14:05Z');
const core = (plural: string): { group: string; plural: string } => ({ group: '', plural });
const storage = (plural: string): { group: string; plural: string } => ({ group: 'storage.k8s.io', plural });

/** The cells of one object by column, as they would be shown. */
function cellsOf(resource: { group: string; plural: string }, object: JsonObject): Record<string, unknown> {
  const metadata = { name: 'x', creationTimestamp: created, ...(object.metadata as JsonObject | undefined) };
  const table = tableOf(resource, [{ ...object, metadata }], {}, { nowMs });
  const names = (table.columnDefinitions as { name: string }[]).map((column) => column.name);
  const [row] = table.rows as { cells: unknown[] }[];
  return Object.fromEntries(names.map((name, index) => [name, row?.cells[index]]));
}

describe('the table of volumeattachments', () => {
  const recorded = bodyOf('list as a Table, as kubectl asks') as {
    metadata: JsonObject;
    columnDefinitions: { description: string }[];
    rows: JsonObject[];
  };
  const items = ['create a VolumeAttachment', 'create with status set: status is dropped'].map(bodyOf);
  const at = Date.parse(String((bodyOf('create a VolumeAttachment').metadata as JsonObject).creationTimestamp));
  const withoutDescriptions = (table: JsonObject): JsonObject => ({
    ...table,
    // The descriptions are in our own words.
    columnDefinitions: (table.columnDefinitions as JsonObject[]).map((each) => ({ ...each, description: '' })),
  });

  it('is the one that a real API server makes', () => {
    const table = tableOf(storage('volumeattachments'), items, recorded.metadata, { nowMs: at });
    assert.deepEqual(withoutDescriptions(table), withoutDescriptions(recorded as unknown as JsonObject));
  });

  it('holds the whole objects or none, if asked to', () => {
    const ask = (includeObject: 'None' | 'Object'): unknown[] => {
      const table = tableOf(storage('volumeattachments'), items, {}, { nowMs: at, includeObject });
      return (table.rows as { object: unknown }[]).map((row) => row.object);
    };
    assert.deepEqual(ask('Object'), items);
    assert.deepEqual(ask('None'), [null, null]);
  });

  it('has no columns after the first event of a watch', () => {
    const table = tableOf(storage('volumeattachments'), items, {}, { nowMs: at, headers: false });
    assert.equal(table.columnDefinitions, null);
    assert.equal((table.rows as unknown[]).length, 2);
  });
});

describe('the tables of volumes', () => {
  it('show a PersistentVolume and its claim', () => {
    const volume = {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace: 'ns', name: 'c' },
        storageClassName: 'fast',
        volumeMode: 'Block',
      },
      status: { phase: 'Bound' },
    };
    assert.deepEqual(cellsOf(core('persistentvolumes'), volume), {
      Name: 'x',
      Capacity: '1Gi',
      'Access Modes': 'RWO,RWX',
      'Reclaim Policy': 'Retain',
      Status: 'Bound',
      Claim: 'ns/c',
      StorageClass: 'fast',
      VolumeAttributesClass: '<unset>',
      Reason: '',
      Age: '10m',
      VolumeMode: 'Block',
    });
    const deleted = { ...volume, metadata: { deletionTimestamp: created } };
    assert.equal(cellsOf(core('persistentvolumes'), deleted).Status, 'Terminating');
  });

  it('show size and modes of a claim only once it is bound', () => {
    const status = { phase: 'Pending', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
    const pending = cellsOf(core('persistentvolumeclaims'), { spec: {}, status });
    assert.deepEqual([pending.Status, pending.Capacity, pending['Access Modes']], ['Pending', '', '']);
    const bound = cellsOf(core('persistentvolumeclaims'), { spec: { volumeName: 'pv' }, status });
    assert.deepEqual([bound.Volume, bound.Capacity, bound['Access Modes']], ['pv', '1Gi', 'RWO']);
  });

  it('show drivers, nodes’ drivers and classes with their defaults', () => {
    assert.equal(cellsOf(storage('csinodes'), { spec: { drivers: [{}, {}] } }).Drivers, 2);
    const driver = cellsOf(storage('csidrivers'), { spec: { volumeLifecycleModes: ['Persistent', 'Ephemeral'] } });
    assert.deepEqual(
      [driver.AttachRequired, driver.PodInfoOnMount, driver.TokenRequests, driver.Modes],
      [true, false, '<unset>', 'Persistent,Ephemeral'],
    );
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const storageClass = cellsOf(storage('storageclasses'), { provisioner: 'p', metadata: { annotations } });
    assert.deepEqual(
      [storageClass.Name, storageClass.Provisioner, storageClass.ReclaimPolicy, storageClass.VolumeBindingMode],
      ['x (default)', 'p', 'Delete', 'Immediate'],
    );
  });
});

describe('the tables of a cluster', () => {
  it('show whether a node is ready, and its roles', () => {
    const node = {
      metadata: { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/etcd': '' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
        nodeInfo: { kubeletVersion: 'v1.32.0', kernelVersion: '6.1', architecture: 'arm64' },
      },
    };
    const cells = cellsOf(core('nodes'), node);
    assert.equal(cells.Status, 'Ready,SchedulingDisabled');
    assert.equal(cells.Roles, 'etcd,worker');
    assert.equal(cells['Internal-IP'], '10.0.0.1');
    assert.equal(cells['External-IP'], '<none>');
    assert.equal(cells['Kernel-Version'], '6.1 (arm64)');
    assert.equal(cellsOf(core('nodes'), {}).Status, 'Unknown');
  });

  it('show an event alike in both of its groups', () => {
    const series = { count: 3, lastObservedTime: '2026-01-02T03:13:05.000000Z' };
    const shared = { type: 'Warning', reason: 'AttachFailed', eventTime: '2026-01-02T03:04:05.000000Z', series };
    const about = { kind: 'VolumeAttachment', name: 'va' };
    const newer = { ...shared, regarding: about, note: 'no', reportingController: 'c', deprecatedFirstTimestamp: null };
    const older = { ...shared, involvedObject: about, message: 'no', reportingComponent: 'c', firstTimestamp: null };
    const cells = cellsOf(core('events'), older);
    assert.deepEqual(cellsOf({ group: 'events.k8s.io', plural: 'events' }, newer), cells);
    assert.equal(cells['Last Seen'], '60s');
    assert.equal(cells['First Seen'], '10m');
    assert.equal(cells.Object, 'volumeattachment/va');
    assert.equal(cells.Message, 'no');
    assert.equal(cells.Count, 3);
    assert.equal(cells.Source, 'c');
  });

  it('show what keeps a pod from running', () => {
    const pod = (containerStatuses: JsonObject[], phase = 'Running'): JsonObject => ({
      spec: { containers: [{}, {}], nodeName: 'n' },
      status: { phase, containerStatuses },
    });
    const running = { ready: true, state: { running: {} } };
    const crashed = {
      restartCount: 2,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { finishedAt: '2026-01-02T03:13:35Z' } },
    };
    const cells = cellsOf(core('pods'), pod([running, crashed]));
    assert.deepEqual([cells.Ready, cells.Status, cells.Restarts], ['1/2', 'CrashLoopBackOff', '2 (30s ago)']);
    assert.equal(cells.Node, 'n');
    assert.equal(cellsOf(core('pods'), pod([])).Status, 'Running');
    const initContainers = [{ name: 's', restartPolicy: 'Always' }, { name: 'i' }];
    const withSidecar = { spec: { containers: [{}], initContainers }, status: {} };
    assert.equal(cellsOf(core('pods'), withSidecar).Ready, '0/2');
    const deleted = { ...pod([running]), metadata: { deletionTimestamp: created } };
    assert.equal(cellsOf(core('pods'), deleted).Status, 'Terminating');
  });

  it('show secrets without what is in them, leases with their holder, bindings with their subjects', () => {
    assert.equal(cellsOf(core('secrets'), { data: { a: '', b: '' } }).Data, 2);
    const leases = { group: 'coordination.k8s.io', plural: 'leases' };
    assert.equal(cellsOf(leases, { spec: { holderIdentity: 'me' } }).Holder, 'me');
    const bindings = { group: 'rbac.authorization.k8s.io', plural: 'rolebindings' };
    const subjects = [
      { kind: 'User', name: 'u' },
      { kind: 'ServiceAccount', namespace: 'ns', name: 's' },
    ];
    const binding = cellsOf(bindings, { roleRef: { kind: 'Role', name: 'r' }, subjects });
    assert.deepEqual([binding.Role, binding.Users, binding.ServiceAccounts], ['Role/r', 'u', 'ns/s']);
  });

  it('show name and time of creation where there is nothing better', () => {
    const roles = { group: 'rbac.authorization.k8s.io', plural: 'roles' };
    assert.deepEqual(cellsOf(roles, {}), { Name: 'x', 'Created At': created });
  });
});

describe('an age', () => {
  it('has two or three significant figures', () => {
    const second = 1000;
    const minute = 60 * second;
    const hour = 60 * minute;
    const day = 24 * hour;
    const cases: [number, string][] = [
      [-3 * second, '<invalid>'],
      [-second, '0s'],
      [0, '0s'],
      [119 * second, '119s'],
      [2 * minute, '2m'],
      [3 * minute + 20 * second, '3m20s'],
      [10 * minute + 5 * second, '10m'],
      [179 * minute, '179m'],
      [7 * hour + 5 * minute, '7h5m'],
      [8 * hour + 5 * minute, '8h'],
      [47 * hour, '47h'],
      [2 * day + 3 * hour, '2d3h'],
      [8 * day, '8d'],
      [400 * day, '400d'],
      [800 * day, '2y70d'],
      [9 * 365 * day, '9y'],
    ];
    for (const [ms, text] of cases) assert.equal(humanDuration(ms), text);
  });
});
