import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../../src/csi/errors.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { onEachFace, published, publishRequest, refused, unpublishRequest } from './conformance-faces.ts';
import { DriverCore } from './core.ts';
import { type Fate, Faults } from './faults.ts';

// Everything that can be made to go wrong, on both faces.

onEachFace('work takes the time that it was given', {}, async ({ driver, core, clock, moment }) => {
  core.faults.set('ControllerPublishVolume', { delayMs: 3_000 });
  const started = moment('start', 'ControllerPublishVolume');
  const call = driver.publish(publishRequest());
  await started;
  await clock.advance(2_999);
  assert.deepEqual(published(core), []);
  await clock.advance(1);
  await call;
  await clock.advance(1_000); // So long a volume is left alone after a call was given up.
  assert.deepEqual(published(core), ['v1 n1']);
});

onEachFace('work goes on after its deadline', {}, async ({ driver, core, clock, moment }) => {
  core.faults.next(1, { kind: 'slow', delayMs: 15_000 });
  const started = moment('start');
  const gaveUp = moment('given up');
  const call = refused(driver.publish(publishRequest()), Code.DeadlineExceeded);
  await started;
  await clock.advance(10_000);
  await call;
  await clock.advance(1_000); // So long a volume is left alone after a call was given up.
  await gaveUp;
  assert.deepEqual(published(core), []);
  await clock.advance(5_000);
  assert.deepEqual(published(core), ['v1 n1']);
});

onEachFace('work may stop with its deadline', { afterDeadline: 'stop' }, async ({ driver, core, clock, moment }) => {
  core.faults.next(1, { kind: 'slow', delayMs: 15_000 });
  const started = moment('start');
  const ended = moment('end');
  const call = refused(driver.publish(publishRequest()), Code.DeadlineExceeded);
  await started;
  await clock.advance(10_000);
  await call;
  await clock.advance(1_000); // So long a volume is left alone after a call was given up.
  assert.equal((await ended).code, 'Canceled');
  await clock.advance(10_000);
  assert.deepEqual(published(core), []);
});

onEachFace('work is done in the background of an error', {}, async ({ driver, core, clock, moment }) => {
  core.faults.next(1, { kind: 'background', code: Code.Aborted, delayMs: 5_000 });
  await refused(driver.publish(publishRequest()), Code.Aborted);
  await refused(driver.unpublish(unpublishRequest()), Code.Aborted);
  assert.deepEqual(published(core), []);
  const work = moment('work');
  await clock.advance(5_000);
  await work;
  assert.deepEqual(published(core), ['v1 n1']);
  await driver.unpublish(unpublishRequest());
  assert.deepEqual(published(core), []);
});

onEachFace('a restart ends what goes on in the background', {}, async ({ driver, core, clock }) => {
  core.faults.next(1, { kind: 'background', code: Code.Internal, delayMs: 5_000 });
  await refused(driver.publish(publishRequest()), Code.Internal);
  core.restart();
  await clock.advance(10_000);
  assert.deepEqual(published(core), []);
});

onEachFace(
  'a second operation on a volume is aborted while the first goes on',
  {},
  async ({ driver, core, clock, moment }) => {
    core.faults.next(1, { kind: 'slow', delayMs: 5_000 });
    const started = moment('start');
    const first = driver.publish(publishRequest());
    await started;
    await refused(driver.unpublish(unpublishRequest()), Code.Aborted);
    await driver.publish(publishRequest({ volumeId: 'other' }));
    await clock.advance(5_000);
    await first;
    await driver.unpublish(unpublishRequest());
    assert.equal(core.journal.counts.overlaps, 1);
    assert.equal(core.journal.counts.mostAtOnce, 2);
  },
);

onEachFace(
  'operations on a volume may be let through side by side',
  { abortWhilePending: false },
  async ({ driver, core, clock, moment }) => {
    core.faults.next(1, { kind: 'slow', delayMs: 5_000 });
    const started = moment('start');
    const first = driver.publish(publishRequest());
    await started;
    await driver.unpublish(unpublishRequest());
    await clock.advance(5_000);
    await first;
    assert.deepEqual(published(core), ['v1 n1']);
  },
);

onEachFace('the next calls fail as scripted, and no more', {}, async ({ driver, core }) => {
  const fault = { kind: 'error', code: Code.Internal, message: 'disk on fire' } as const;
  core.faults.next(2, fault, { method: 'ControllerPublishVolume', volumeId: 'v1' });
  await driver.publish(publishRequest({ volumeId: 'v2' }));
  await driver.unpublish(unpublishRequest());
  for (let times = 0; times < 2; times++) {
    const error = await refused(driver.publish(publishRequest()), Code.Internal);
    assert.equal(error.message, 'disk on fire');
  }
  await driver.publish(publishRequest());
});

onEachFace('an answer may be lost after the work was done', {}, async ({ driver, core }) => {
  core.faults.next(1, { kind: 'error after', code: Code.Unavailable });
  await refused(driver.publish(publishRequest()), Code.Unavailable);
  assert.deepEqual(published(core), ['v1 n1']);
});

onEachFace('an answer may never come though the work was done', {}, async ({ driver, core, clock, moment }) => {
  core.faults.next(1, { kind: 'hang after' });
  const done = moment('work');
  const call = refused(driver.publish(publishRequest()), Code.DeadlineExceeded);
  await done;
  await clock.advance(10_000);
  await call;
  await clock.advance(1_000); // So long a volume is left alone after a call was given up.
  assert.deepEqual(published(core), ['v1 n1']);
  await driver.publish(publishRequest());
});

onEachFace(
  'a call that hangs keeps its volume busy until the driver recovers',
  {},
  async ({ driver, core, clock, moment }) => {
    core.faults.next(1, { kind: 'hang' });
    const started = moment('start');
    const call = refused(driver.publish(publishRequest()), Code.DeadlineExceeded);
    await started;
    await clock.advance(10_000);
    await call;
    await clock.advance(1_000); // So long a volume is left alone after a call was given up.
    await refused(driver.publish(publishRequest()), Code.Aborted);
    core.heal();
    await clock.advance(0);
    await driver.publish(publishRequest());
  },
);

for (const [kind, after] of [
  ['cut', []],
  ['cut after', ['v1 n1']],
] as const) {
  onEachFace(`the connection may break: ${kind}`, {}, async ({ driver, core, clock, settled }) => {
    let disconnects = 0;
    const disconnected = new Promise<void>((resolve) => {
      driver.onDisconnect(() => {
        disconnects++;
        resolve();
      });
    });
    core.faults.next(1, { kind });
    const error = await refused(driver.publish(publishRequest()), Code.Unavailable);
    assert.equal(error.local, true);
    await disconnected;
    assert.deepEqual(published(core), after);
    await settled();
    await clock.advance(1_000); // As above.
    await driver.publish(publishRequest());
    assert.equal(disconnects, 1);
  });
}

onEachFace('a restart ends what was under way, and remembers', {}, async ({ driver, core, clock, moment, settled }) => {
  await driver.publish(publishRequest());
  core.faults.next(1, { kind: 'slow', delayMs: 5_000 });
  const started = moment('start');
  const call = refused(driver.publish(publishRequest({ volumeId: 'v2' })), Code.Unavailable);
  await started;
  core.restart({ downMs: 2_000 });
  await call;
  await clock.advance(1_000); // So long a volume is left alone after a call was given up.
  await settled();
  const down = await refused(driver.publish(publishRequest()), Code.Unavailable);
  assert.equal(down.sent, false);
  await clock.advance(2_000);
  await settled();
  await driver.publish(publishRequest({ volumeId: 'v3' }));
  await clock.advance(10_000);
  assert.deepEqual(published(core), ['v1 n1', 'v3 n1']);
});

onEachFace('a restart may forget everything', {}, async ({ driver, core, settled }) => {
  await driver.publish(publishRequest());
  core.restart({ forget: true });
  await settled();
  assert.deepEqual(published(core), []);
  await driver.publish(publishRequest({ nodeId: 'n2' }));
});

onEachFace('the journal tells each call from start to end', {}, async ({ driver, core }) => {
  core.faults.next(1, { kind: 'error', code: Code.Internal });
  await refused(driver.publish(publishRequest()), Code.Internal);
  await driver.publish(publishRequest());
  assert.deepEqual(
    core.journal.entries.map(({ call, phase, code, volumeId, nodeId }) => [call, phase, code, volumeId, nodeId]),
    [
      [1, 'start', undefined, 'v1', 'n1'],
      [1, 'end', 'Internal', 'v1', 'n1'],
      [2, 'start', undefined, 'v1', 'n1'],
      [2, 'work', undefined, 'v1', 'n1'],
      [2, 'end', 'OK', 'v1', 'n1'],
    ],
  );
  assert.deepEqual(core.journal.counts, {
    calls: { ControllerPublishVolume: 2 },
    codes: { ControllerPublishVolume: { Internal: 1, OK: 1 } },
    mostAtOnce: 1,
    overlaps: 0,
  });
});

test('the journal keeps the latest moments, and figures of all', async () => {
  const clock = new FakeClock();
  const core = new DriverCore({ clock, random: seededRandom(1), journalLimit: 10 });
  for (let times = 0; times < 100; times++) await core.unary('/csi.v1.Identity/Probe', new Uint8Array(0));
  assert.ok(core.journal.entries.length <= 20);
  assert.equal(core.journal.entries.at(-1)?.call, 100);
  assert.equal(core.journal.counts.calls.Probe, 100);
});

test('the same seed gives the same faults, another seed others', () => {
  function draw(seed: number): Fate[] {
    const faults = new Faults(seededRandom(seed));
    const codes = [Code.Internal, Code.Aborted];
    faults.set('ControllerPublishVolume', {
      delayMs: [0, 100],
      error: 0.3,
      codes,
      hangAfter: 0.2,
      slow: 0.1,
      slowMs: 9,
    });
    const subject = { method: 'ControllerPublishVolume', volumeId: 'v', nodeId: 'n' } as const;
    return Array.from({ length: 200 }, () => faults.draw(subject));
  }
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  const kinds = draw(1).map(({ fault }) => fault?.kind);
  const errors = kinds.filter((kind) => kind === 'error').length;
  assert.ok(errors > 40 && errors < 80, `${errors} of 200`);
});

test('rates are shares of all calls', () => {
  const faults = new Faults(seededRandom(3));
  faults.set('ListVolumes', { error: 1 });
  const list = { method: 'ListVolumes', volumeId: '', nodeId: '' } as const;
  for (let times = 0; times < 50; times++) assert.equal(faults.draw(list).fault?.kind, 'error');
  faults.heal();
  assert.deepEqual(faults.draw(list), { delayMs: 0, fault: undefined });
});
