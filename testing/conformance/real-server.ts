/**
 * `make conformance KUBECONFIG=FILE`: a real API server is asked what the recorded one was asked, and an attacher works on
 * it. The server must have neither attachments nor volumes, and is left as it was.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isObject, type JsonObject } from '../apiserver/object.ts';
import { startDriver } from '../csi-driver/index.ts';
import { AttacherProcess } from '../support/attacher-process.ts';
import { attachmentName, csiNode, paths, persistentVolume, volumeAttachment } from '../support/cluster-objects.ts';
import { recordedSteps } from '../support/recordings.ts';
import { Correspondence } from './compare.ts';
import { realFace } from './real-face.ts';
import { files } from './script.ts';
import { clientOf, grantAttacher, replayStep } from './steps.ts';

const kubeconfig = process.env.KUBECONFIG ?? '';
const driverName = 'conformance.csi.example.com';
/** What came of a compaction and a restart can be seen only where one may be brought about. */
const replayed = files.filter((file) => file !== 'expired');
/** By file and step: what is answered depends on more than the request. */
const leftOut: Readonly<Record<string, string>> = {
  'access: what may I do': 'a cluster begins with roles that distributions add to',
  'lists-and-watches: watch from a version too old': 'how far back a server can go depends on what it did before',
  'lists-and-watches: watch from a version too old, as protobuf': 'the same',
};
const merge = 'application/merge-patch+json';

if (kubeconfig === '') throw new Error('no server is named: make conformance KUBECONFIG=FILE');
const face = realFace(kubeconfig);
const admin = clientOf(face);
after(() => face.close());

async function get(path: string): Promise<JsonObject> {
  const { status, body } = await face.send({ method: 'GET', path, as: 'admin', headers: {} });
  assert.ok(status < 300, `GET ${path}: ${status} ${body}`);
  return JSON.parse(body.toString()) as JsonObject;
}

async function itemsAt(path: string): Promise<JsonObject[]> {
  const { items } = await get(path);
  return Array.isArray(items) ? items.filter(isObject) : [];
}

function nameOf({ metadata }: JsonObject): string {
  return isObject(metadata) ? String(metadata.name) : '';
}

/** Everything at that path goes, whatever holds it. */
async function clear(path: string): Promise<void> {
  for (const name of (await itemsAt(path)).map(nameOf)) await remove(`${path}/${name}`);
}

async function remove(path: string): Promise<void> {
  const send = (method: string, body?: object): Promise<unknown> => {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return face.send({ method, path, as: 'admin', headers: { 'content-type': merge }, body: bytes });
  };
  await send('DELETE');
  await send('PATCH', { metadata: { finalizers: null } });
}

/** What steps have made besides attachments and volumes: what was created, by path. */
function createdBySteps(): string[] {
  const steps = replayed.flatMap(recordedSteps).filter(({ request, response }) => {
    return request.method === 'POST' && response.status === 201 && !request.path.includes('selfsubject');
  });
  return steps.map(({ request, response }) => {
    const { body } = response;
    return `${request.path.replace(/\?.*/, '')}/${isObject(body) ? nameOf(body) : ''}`;
  });
}

before(async () => {
  for (const path of [paths.attachments, paths.volumes]) {
    const names = (await itemsAt(path)).map(nameOf);
    assert.deepEqual(names, [], `this server is in use: it has objects at ${path}; take one of your own`);
  }
});

describe('the recordings', () => {
  const same = new Correspondence();
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  before(() => grantAttacher(admin));
  after(async () => {
    for (const path of createdBySteps()) await remove(path);
    for (const path of [paths.attachments, paths.volumes]) await clear(path);
    for (const kind of ['clusterrolebindings', 'clusterroles']) await remove(`${rbac}/${kind}/attacher`);
  });
  for (const file of replayed) {
    for (const step of recordedSteps(file).filter(({ name }) => !(`${file}: ${name}` in leftOut))) {
      it(`${file}: ${step.name}`, () => replayStep(face, same, `${file}: ${step.name}`, step));
    }
  }
});

describe('an attacher at work', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const attachment = { name: 'conformance-pv', handle: 'conformance-volume', nodeName: 'conformance-node' };
  const name = attachmentName(attachment.handle, driverName, attachment.nodeName);
  const path = `${paths.attachments}/${name}`;
  const lease =
    '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/external-attacher-leader-conformance-csi-example-com';
  after(async () => {
    rmSync(folder, { recursive: true });
    for (const each of [
      path,
      `${paths.volumes}/${attachment.name}`,
      `${paths.csiNodes}/${attachment.nodeName}`,
      lease,
    ]) {
      await remove(each);
    }
  });

  it('attaches and detaches a volume, and lets it go', { timeout: 60_000 }, async (context) => {
    const socketPath = join(folder, 'csi.sock');
    const driver = await startDriver({ socketPath, name: driverName });
    context.after(() => driver.close());
    const attacher = new AttacherProcess(context, {
      args: [`--csi-address=${socketPath}`, `--kubeconfig=${kubeconfig}`, '--http-endpoint=127.0.0.1:0'],
    });
    await admin('POST', paths.csiNodes, csiNode(attachment.nodeName, { [driverName]: 'node-id' }));
    await admin('POST', paths.volumes, persistentVolume({ ...attachment, driver: driverName }));
    await admin('POST', paths.attachments, volumeAttachment({ ...attachment, driver: driverName }));
    await until(
      async () => isObject((await get(path)).status) && ((await get(path)).status as JsonObject).attached === true,
    );
    assert.deepEqual(driver.core.ledger.nodesOf(attachment.handle), ['node-id']);
    await admin('DELETE', path);
    await until(async () => (await itemsAt(paths.attachments)).length === 0);
    assert.deepEqual(driver.core.ledger.nodesOf(attachment.handle), []);
    await admin('DELETE', `${paths.volumes}/${attachment.name}`);
    await until(async () => {
      const [volume] = await itemsAt(paths.volumes);
      const metadata = volume?.metadata as { finalizers?: string[] } | undefined;
      return !(metadata?.finalizers ?? []).some((finalizer) => finalizer.startsWith('external-attacher/'));
    });
    attacher.signal('SIGTERM');
    assert.equal(await attacher.ended, 0, attacher.output);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(200);
}
