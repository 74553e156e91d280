import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../src/csi/errors.ts';
import { inWorld, type World } from '../testing/support/world.ts';

const unavailable = { kind: 'error', code: Code.Unavailable, message: 'not now' } as const;

async function attach(world: World): Promise<void> {
  await world.addNode('n1');
  await world.addVolume('pv1');
  await world.addAttachment('va1', 'pv1', 'n1');
}

/** When each publish arrived, in milliseconds after the first. */
function publishTimes(world: World): number[] {
  const calls = world.driver.journal.entries.filter(
    ({ phase, method }) => phase === 'start' && method === 'ControllerPublishVolume',
  );
  const first = calls[0]?.timeMs ?? 0;
  return calls.map(({ timeMs }) => timeMs - first);
}

test('--retry-interval-start is the wait after the first failure, and --retry-interval-max the longest', async () => {
  const flags = ['--retry-interval-start=10s', '--retry-interval-max=40s'];
  await inWorld({ flags }, async (world) => {
    world.driver.faults.next(1000, unavailable, { method: 'ControllerPublishVolume' });
    await attach(world);
    await world.clock.advance(300_000);
    const times = publishTimes(world);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const [first = 0, second = 0, ...others] = waits;
    // Each wait is longer by a fifth at most, by chance.
    assert.ok(first >= 10_000 && first <= 12_100, `${first}`);
    assert.ok(second >= 20_000 && second <= 24_100, `${second}`);
    assert.ok(others.length >= 5 && others.every((wait) => wait >= 32_000 && wait <= 40_100), `${others}`);
  });
});

test('the lease has the namespace, the labels and the duration that the flags of leader election give it', async () => {
  const flags = [
    ...['--leader-election', '--leader-election-namespace=kube-system', '--leader-election-labels=team:storage'],
    ...['--leader-election-lease-duration=37s', '--leader-election-renew-deadline=30s'],
    '--leader-election-retry-period=7s',
  ];
  await inWorld({ flags }, async (world) => {
    await world.clock.advance(1_000);
    const lease =
      '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/external-attacher-leader-test-csi-example';
    const before = world.peek(lease);
    assert.equal(before?.spec.leaseDurationSeconds, 37);
    assert.equal(before?.metadata.labels?.team, 'storage');
    // It is renewed once in each retry period.
    const renewals = (): number => world.writes.filter((write) => write.includes('leases/')).length;
    const sofar = renewals();
    await world.clock.advance(70_000);
    assert.ok(Math.abs(renewals() - sofar - 10) <= 1, `${renewals() - sofar} renewals in ten periods`);
  });
});

test('--leader-election-lease-name is the name of the lease, and no other lease is touched', async () => {
  const flags = ['--leader-election', '--leader-election-namespace=default', '--leader-election-lease-name=of-two'];
  await inWorld({ flags }, async (world) => {
    await world.clock.advance(1_000);
    assert.ok(world.peek('/apis/coordination.k8s.io/v1/namespaces/default/leases/of-two')?.spec.holderIdentity);
    assert.equal(world.writes.filter((write) => write.includes('external-attacher-leader')).length, 0);
  });
});

test('--leader-election-renew-deadline ends a term that cannot be renewed', async () => {
  const flags = ['--leader-election', '--leader-election-lease-duration=60s', '--leader-election-renew-deadline=20s'];
  await inWorld({ flags: [...flags, '--leader-election-namespace=default'] }, async (world) => {
    await world.clock.advance(1_000);
    const lost = (): boolean => world.log.some((line) => line.includes('No longer leader'));
    world.fault = ({ path }) => (path.includes('leases') ? { refuse: { kind: 'broken' } } : undefined);
    await world.clock.advance(15_000);
    assert.equal(lost(), false);
    await world.clock.advance(15_000);
    assert.equal(lost(), true);
  });
});

test('--kube-api-qps and --kube-api-burst set the pace of requests', async () => {
  await inWorld({ flags: ['--kube-api-qps=1', '--kube-api-burst=5'] }, async (world) => {
    await world.clock.advance(10_000);
    await world.addNode('n1');
    for (let index = 0; index < 20; index++) {
      await world.addVolume(`pv${index}`);
      await world.addAttachment(`va${index}`, `pv${index}`, 'n1');
    }
    const before = world.writes.length;
    await world.clock.advance(10_000);
    const written = world.writes.length - before;
    assert.ok(written >= 8 && written <= 16, `${written} writes in ten seconds`);
  });
});
