import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rig, until } from './rig.ts';

const secret = 'SECRET-pa55word';
const attribute = 'ATTRIBUTE-of-the-volume';
/** What the embedded driver wants the node to know. */
const publishContext = '/dev/disk/by-id';

for (const format of ['text', 'json']) {
  test(`no secret, attribute or context is shown at any verbosity, in ${format} or over HTTP`, async (context) => {
    const rig = await Rig.start(context, { driver: { requiredSecret: { key: 'password', value: secret } } });
    const { cluster } = rig;
    const namespace = '/api/v1/namespaces/default/secrets';
    const data = { password: Buffer.from(secret).toString('base64') };
    cluster.create(namespace, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data });
    cluster.addNodes('n1');
    const reference = { controllerPublishSecretRef: { name: 's', namespace: 'default' } };
    const csi = { ...reference, volumeAttributes: { attribute } };
    const good = cluster.addVolumes(3, { csi });
    const missing = cluster.addVolumes(1, {
      prefix: 'missing',
      csi: { ...csi, controllerPublishSecretRef: { name: 'other', namespace: 'default' } },
    });
    const attacher = rig.attacher({ flags: ['--v=9', `--logging-format=${format}`, '--retry-interval-start=100ms'] });
    await attacher.until(/Became leader/);
    const failure = { kind: 'error after', code: 13, message: 'a failure that is told' } as const;
    rig.driver.core.faults.next(2, failure, { method: 'ControllerPublishVolume' });
    cluster.attach([...good, ...missing], 'n1');
    await until('all good ones attached', () => cluster.attached === 3);
    await attacher.until(/Attach failed.*missing-0|secret.*not found/);
    const pages = [
      await attacher.get('/metrics'),
      await attacher.get('/debug/attachments'),
      await attacher.get('/readyz?verbose'),
    ];
    rig.driver.core.faults.next(1, failure, { method: 'ControllerUnpublishVolume' });
    cluster.detach(good, 'n1');
    await until('all good ones gone', () => cluster.attachments().length === 1);
    attacher.signal('SIGTERM');
    await attacher.ended;

    const shown = [attacher.output, ...pages.map(({ text }) => text)].join('\n');
    assert.match(shown, /GRPC call/);
    assert.match(shown, /a failure that is told/);
    const hidden = [secret, data.password, attribute, 'attacher-1-secret-token', publishContext];
    for (const text of hidden) assert.ok(!shown.includes(text), `it shows ${text}: ${lineWith(shown, text)}`);
  });
}

function lineWith(shown: string, text: string): string {
  return shown.split('\n').find((line) => line.includes(text)) ?? '';
}
