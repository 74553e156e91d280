import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Code } from '../../src/csi/errors.ts';
import { type Meddling, meddle } from '../apiserver/writes/admission.ts';
import { type WrittenField, writtenFields } from '../support/attacher/written-fields.ts';
import { Rig, until } from './rig.ts';

const finalizer = 'external-attacher/wire-csi-example';
const hold = 'example.com/hold';
/** Tries at the beginning, and after backoffs of 1, 2 and 4 seconds. */
const watchedMs = 6_000;
const triesMost = 4;

/** One field, one thing that is done to it, and a volume of its own to see what comes of it. */
interface Case {
  readonly field: WrittenField;
  readonly how: Meddling;
  readonly volume: string;
  readonly attachment: string;
}

const isEarly = ({ field }: Case): boolean => field.by.startsWith('detach');
const isFailedBefore = ({ field }: Case): boolean => field.by === 'attach after failure';
const volumesOf = (cases: readonly Case[]): string[] => cases.map(({ volume }) => volume);

function addCases(rig: Rig): Case[] {
  rig.cluster.addNodes('n1');
  const cases = writtenFields(finalizer)
    .flatMap((field) => field.how.map((how) => ({ field, how })))
    .map((each, at) => ({ ...each, volume: `pv-${at}`, attachment: rig.cluster.attachmentOf(`pv-${at}`, 'n1') }));
  rig.cluster.addVolumes(cases.length);
  return cases;
}

/** Notes calls by volume, and publishes that reach the driver before finalizers and node id are stored. */
function watchCalls({ driver, cluster }: Rig, cases: readonly Case[]) {
  const calls = new Map<string, number>();
  const unprotected: string[] = [];
  driver.core.journal.subscribe(({ phase, method, volumeId }) => {
    const one = cases.find(({ volume }) => volumeId === `h-${volume}`);
    if (phase !== 'start' || one === undefined) return;
    calls.set(one.volume, (calls.get(one.volume) ?? 0) + 1);
    if (method !== 'ControllerPublishVolume') return;
    const metadata = cluster.attachment(one.attachment)?.metadata;
    const isSafe =
      metadata?.finalizers?.includes(finalizer) &&
      metadata.annotations?.['csi.alpha.kubernetes.io/node-id'] !== undefined &&
      cluster.volume(one.volume)?.metadata.finalizers?.includes(finalizer);
    if (!isSafe) unprotected.push(one.volume);
  });
  return { calls, unprotected };
}

/** Puts the webhook between the attacher and what is stored, and gives the way to take it out again. */
function startMeddling({ server }: Rig, cases: readonly Case[]): () => void {
  const byName = new Map(
    cases.map((one) => [one.field.kind === 'PersistentVolume' ? one.volume : one.attachment, one]),
  );
  server.admission = (object, old, user) => {
    const one = byName.get(object.metadata.name);
    if (one?.field.kind !== object.kind || !user.startsWith('attacher')) return object;
    return meddle(object, old, one.field, one.how);
  };
  return () => {
    server.admission = undefined;
  };
}

/** Has the driver fail where an error is to be written. */
function failCalls({ driver }: Rig, cases: readonly Case[]): void {
  const fault = { kind: 'error', code: Code.Internal, message: 'not now' } as const;
  for (const { field, volume } of cases) {
    if (!field.by.includes('fail')) continue;
    const method = field.by === 'detach failed' ? 'ControllerUnpublishVolume' : 'ControllerPublishVolume';
    driver.core.faults.next(100, fault, { method, volumeId: `h-${volume}` });
  }
}

test('whatever a webhook makes of a write, nothing is published unprotected, tried in a storm, or left untold', async (context) => {
  const rig = await Rig.start(context, { driver: {} });
  const { cluster } = rig;
  const cases = addCases(rig);
  const early = cases.filter(isEarly);
  const failed = cases.filter(isFailedBefore);
  const late = cases.filter((one) => !isEarly(one) && !isFailedBefore(one));
  const { calls, unprotected } = watchCalls(rig, cases);
  const attacher = rig.attacher({ flags: ['--retry-interval-start=1s', '--v=0'] });
  await attacher.until(/Became leader/);
  failCalls(rig, failed);
  cluster.attach(volumesOf([...early, ...failed]), 'n1');
  await until('the early ones attached', () => cluster.attached === early.length);
  const isShown = ({ attachment }: Case): boolean => cluster.attachment(attachment)?.status?.attachError !== undefined;
  await until('the others failed', () => failed.every(isShown));
  const held = early.filter(({ field }) => field.by === 'detach, kept');
  for (const { attachment } of held) cluster.hold(attachment, hold, true);

  calls.clear();
  const from = rig.requests.length;
  const stopMeddling = startMeddling(rig, cases);
  rig.driver.core.heal();
  failCalls(rig, [...early, ...late]);
  cluster.attach(volumesOf(late), 'n1');
  cluster.detach(volumesOf(early), 'n1');
  await delay(watchedMs);

  assert.deepEqual(unprotected, [], 'published without durable finalizers and node id');
  const patches = rig.requests.slice(from).filter(({ method }) => method === 'PATCH');
  for (const { field, how, volume, attachment } of cases) {
    const what = `${field.kind} ${field.path.join('.')} ${how}, ${field.by}`;
    const writes = patches.filter(({ path }) => path.endsWith(`/${attachment}`) || path.endsWith(`/${volume}`)).length;
    assert.ok(writes <= 2 * triesMost, `${what}: ${writes} writes`);
    assert.ok((calls.get(volume) ?? 0) <= triesMost, `${what}: ${calls.get(volume)} calls`);
    const status = cluster.attachment(attachment)?.status;
    const lines = attacher.output.split('\n').filter((line) => line.includes(attachment) || line.includes(volume));
    const texts = [...lines, status?.attachError?.message, status?.detachError?.message];
    const isTold = texts.some(
      (text) => text?.includes('did not keep it') && text.replaceAll('\\', '').includes(field.text),
    );
    assert.ok(isTold, `${what}: nothing tells of it\n${lines.join('\n')}`);
  }

  stopMeddling();
  rig.driver.core.heal();
  await until(
    'all attached that are wanted',
    () => cluster.attachments().length === late.length + failed.length + held.length,
    60_000,
  );
  await until('no other one shown as attached', () => cluster.attached === late.length + failed.length, 60_000);
  for (const { attachment } of held) cluster.hold(attachment, hold, false);
  cluster.detach(volumesOf([...late, ...failed]), 'n1');
  await until('all gone', () => cluster.attachments().length === 0, 60_000);
  rig.assertClean();
});
