import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../src/csi/errors.ts';
import { attachmentsPath, inWorld, volumesPath, type World } from '../testing/support/world.ts';

const minute = 60_000;

/** Attachments `va1`, `va2`, … of volumes `pv1`, `pv2`, … on node n1. */
async function attachMany(world: World, count: number): Promise<void> {
  await world.addNode('n1');
  for (let i = 1; i <= count; i++) {
    await world.addVolume(`pv${i}`);
    await world.addAttachment(`va${i}`, `pv${i}`, 'n1');
  }
  await world.clock.advance(10);
  assert.equal(world.published.length, count);
}

function lists(world: World): number {
  return world.driver.journal.counts.calls.ListVolumes ?? 0;
}

test('a volume that somebody else detached is attached again after two lists in a row say so', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    world.driver.ledger.unpublish('h-pv1', 'id-n1');
    await world.clock.advance(minute);
    assert.equal(lists(world), 1);
    assert.deepEqual(world.published, [], 'one list is not enough');
    await world.clock.advance(minute);
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
    assert.equal(world.calls('ControllerPublishVolume'), 2);
    assert.deepEqual(await world.metric('csi_attacher_list_mismatches_total'), [
      'csi_attacher_list_mismatches_total 1',
    ]);
    const lines = world.log.filter((line) => line.includes('Attachments disagree with the volumes'));
    assert.equal(lines.length, 2, 'one line for each list, whatever the number of attachments');
    assert.match(lines[1] ?? '', /listed=1 compared=1 mismatched=1 redriven=1 skipped=0/);
  });
});

test('a list that disagrees only once changes nothing', async () => {
  await inWorld({ settings: { listStaleMs: 90_000 } }, async (world) => {
    // The picture of the first list is taken before the attach.
    await world.clock.advance(minute);
    await world.attachOne();
    await world.clock.advance(minute);
    await world.clock.advance(3 * minute);
    assert.ok(lists(world) >= 4);
    assert.equal(world.calls('ControllerPublishVolume'), 1);
  });
});

test('lists that agree repeat no call and write nothing', async () => {
  await inWorld({}, async (world) => {
    await attachMany(world, 5);
    world.writes.length = 0;
    await world.clock.advance(10 * minute);
    assert.equal(lists(world), 10);
    assert.equal(world.calls('ControllerPublishVolume'), 5);
    assert.deepEqual(world.writes, []);
  });
});

test('an attachment whose own write came back before its answer is compared like all others', async () => {
  await inWorld({}, async (world) => {
    world.fault = ({ method }) => (method === 'PATCH' ? { answerDelayMs: 100 } : undefined);
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(1_000);
    world.driver.ledger.unpublish('h-pv1', 'id-n1');
    await world.clock.advance(2 * minute + 1_000);
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
  });
});

test('what is in flight, or changed since the list began, is left to the next list', async () => {
  await inWorld({}, async (world) => {
    await attachMany(world, 2);
    world.driver.faults.set('ListVolumes', { delayMs: 20_000 });
    for (const volume of ['h-pv1', 'h-pv2']) world.driver.ledger.unpublish(volume, 'id-n1');
    // The first list makes both suspect. While the second one runs, one of them changes and one is marked for deletion.
    await world.clock.advance(2 * minute + 30_000);
    assert.equal(lists(world), 2);
    await world.merge(`${attachmentsPath}/va1`, {
      metadata: { annotations: { 'csi-attacher/volume-handle': 'h-pv1' } },
    });
    await world.merge(`${attachmentsPath}/va1`, { metadata: { labels: { changed: 'true' } } });
    await world.deleteAttachment('va2');
    await world.clock.advance(15_000);
    assert.equal(world.calls('ControllerPublishVolume'), 2);
    assert.deepEqual(world.published, []);
  });
});

test('a list of many pages is read with the size that was asked for', async () => {
  await inWorld({ flags: ['--max-entries=3'] }, async (world) => {
    await attachMany(world, 10);
    world.driver.ledger.unpublish('h-pv9', 'id-n1');
    await world.clock.advance(minute);
    assert.equal(lists(world), 4);
    await world.clock.advance(minute);
    assert.equal(world.calls('ControllerPublishVolume'), 11);
    assert.equal(world.published.length, 10);
  });
});

test('a page that fails gives the whole list up, and is counted', async () => {
  await inWorld({ flags: ['--max-entries=3'] }, async (world) => {
    await attachMany(world, 10);
    for (let i = 1; i <= 10; i++) world.driver.ledger.unpublish(`h-pv${i}`, 'id-n1');
    let page = 0;
    world.driver.journal.subscribe(({ method, phase }) => {
      if (method !== 'ListVolumes' || phase !== 'start' || ++page % 4 !== 2) return;
      world.driver.faults.next(1, { kind: 'error', code: Code.Internal }, { method: 'ListVolumes' });
    });
    await world.clock.advance(4 * minute);
    assert.equal(world.calls('ControllerPublishVolume'), 10, 'half a list must not be acted on');
    const rounds = await world.metric('csi_attacher_list_rounds_total');
    assert.ok(
      rounds.some((line) => /result="failed"\} [1-9]/.test(line)),
      rounds.join(),
    );
    assert.ok(world.log.some((line) => line.startsWith('E') && line.includes('this comparison is given up')));
  });
});

test('a page has a time limit of its own, which the limit of attaching does not shorten', async () => {
  await inWorld({ flags: ['--timeout=5s', '--reconcile-timeout=2m', '--max-entries=1'] }, async (world) => {
    await attachMany(world, 2);
    world.driver.faults.set('ListVolumes', { delayMs: 90_000 });
    world.driver.ledger.unpublish('h-pv1', 'id-n1');
    // Two lists of two pages each of 90 s, a minute before each.
    await world.clock.advance(2 * (minute + 2 * 90_000) + 1_000);
    assert.deepEqual(await world.metric('csi_attacher_list_rounds_total'), [
      'csi_attacher_list_rounds_total{result="ok"} 2',
    ]);
    assert.deepEqual(world.published, ['h-pv1@id-n1', 'h-pv2@id-n1']);
  });
});

test('a list that is slower than the interval is never begun twice', async () => {
  await inWorld({ flags: ['--reconcile-sync=10s'] }, async (world) => {
    await world.attachOne();
    let atOnce = 0;
    let mostAtOnce = 0;
    world.driver.journal.subscribe(({ method, phase }) => {
      if (method !== 'ListVolumes' || phase === 'work') return;
      atOnce += phase === 'start' ? 1 : -1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
    });
    world.driver.faults.set('ListVolumes', { delayMs: 45_000 });
    await world.clock.advance(5 * minute);
    assert.ok(lists(world) >= 4);
    assert.equal(mostAtOnce, 1);
  });
});

test('a driver that gives the same token again does not have us list for ever', async () => {
  await inWorld({ flags: ['--max-entries=1'] }, async (world) => {
    await attachMany(world, 3);
    const { service } = world.driver;
    service.listVolumes = () => ({
      entries: [{ volume: { volumeId: 'h-pv1' }, status: { publishedNodeIds: [] } }],
      nextToken: 'again',
    });
    await world.clock.advance(3 * minute);
    assert.ok(lists(world) <= 6, `${lists(world)} calls`);
    assert.ok(world.log.some((line) => /gave next_token .*again.* twice in one list/.test(line)));
    assert.equal(world.calls('ControllerPublishVolume'), 3);
  });
});

test('a list of 50,000 volumes on one page is compared', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    for (let i = 0; i < 50_000; i++) {
      world.driver.service.volumes.add(`projects/some-project/zones/some-zone/disks/volume-of-somebody-else-${i}`);
    }
    world.driver.ledger.unpublish('h-pv1', 'id-n1');
    await world.clock.advance(2 * minute);
    assert.deepEqual(world.published, ['h-pv1@id-n1']);
    assert.ok(world.log.some((line) => line.includes('listed=50001')));
  });
});

test('a driver that cannot list published nodes is never asked for lists', async () => {
  await inWorld({ settings: { capabilities: ['PUBLISH_UNPUBLISH_VOLUME', 'LIST_VOLUMES'] } }, async (world) => {
    await world.attachOne();
    await world.clock.advance(10 * minute);
    assert.equal(lists(world), 0);
  });
});

test('attachments of other drivers, and of volumes that are gone, are no mismatches', async () => {
  await inWorld({}, async (world) => {
    await world.attachOne();
    await world.storeAttachment({
      ...{ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: 'theirs' } },
      spec: { attacher: 'other.csi', nodeName: 'n1', source: { persistentVolumeName: 'pv1' } },
      status: { attached: true },
    });
    await world.request('DELETE', `${volumesPath}/pv1`);
    await world.merge(`${volumesPath}/pv1`, { metadata: { finalizers: null } });
    await world.clock.advance(3 * minute);
    assert.ok(world.log.some((line) => line.includes('listed=1 compared=0 mismatched=0 redriven=0 skipped=1')));
    assert.equal(world.calls('ControllerPublishVolume'), 1);
  });
});

test('an attachment that fails keeps its backoff, though lists say that its volume is published', async () => {
  await inWorld({}, async (world) => {
    world.driver.faults.next(
      1_000,
      { kind: 'error after', code: Code.Internal },
      { method: 'ControllerPublishVolume' },
    );
    await world.addNode('n1');
    await world.addVolume('pv1');
    await world.addAttachment('va1', 'pv1', 'n1');
    await world.clock.advance(40 * minute);
    assert.ok(lists(world) >= 39);
    const { entries } = world.driver.journal;
    const calls = entries.filter(({ method, phase }) => method === 'ControllerPublishVolume' && phase === 'start');
    const waitsMs = calls.slice(1).map(({ timeMs }, index) => timeMs - (calls[index]?.timeMs ?? 0));
    // 1, 2, 4 … 256 seconds, then five minutes, less what chance takes off.
    waitsMs.slice(0, 9).forEach((waitMs, failures) => void assert.ok(waitMs >= 1_000 * 2 ** failures, `${waitsMs}`));
    assert.ok(
      waitsMs.slice(9).every((waitMs) => waitMs >= 0.75 * 5 * minute),
      `${waitsMs}`,
    );
  });
});

test('a volume that is listed at either id of its node is published there', async () => {
  for (const listedAt of ['worker-1', 'uuid-1']) {
    await inWorld({}, async (world) => {
      await world.addNode('n1', 'worker-1');
      await world.addVolume('pv1');
      await world.addAttachment('va1', 'pv1', 'n1');
      await world.clock.advance(10);
      await world.renameNode('n1', 'uuid-1');
      const publication = world.driver.ledger.get('h-pv1', 'worker-1');
      assert.ok(publication);
      world.driver.ledger.unpublish('h-pv1', 'worker-1');
      world.driver.ledger.publish({ ...publication, nodeId: listedAt });
      await world.clock.advance(10 * minute);
      assert.ok(lists(world) >= 9);
      assert.equal(world.calls('ControllerPublishVolume') + world.calls('ControllerUnpublishVolume'), 1, listedAt);
    });
  }
});
