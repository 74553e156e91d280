/** Objects as a real API server sends them, in both encodings: what fuzzing starts from. */
import { readFileSync } from 'node:fs';
import type { ObjectMeta } from '../../src/kube/api/objects.ts';
import type { Resource } from '../../src/kube/codec/resources.ts';
import { encodeProto } from '../apiserver/codec/proto.ts';
import type { JsonObject } from '../apiserver/object.ts';

export interface Sample {
  json: JsonObject;
  /** In its envelope. */
  protobuf: Buffer;
}

interface Recorded {
  object: JsonObject & { kind?: string; apiVersion?: string };
  protobuf: string;
}

const recorded = JSON.parse(
  readFileSync(new URL('../apiserver/codec/recordings/kinds.json', import.meta.url), 'utf8'),
) as Recorded[];

/** Every recorded object of that kind, and some that have more in them. */
export function samplesOf(resource: Resource<ObjectMeta>): Sample[] {
  const samples = recorded
    .filter(({ object }) => object.kind === resource.kind)
    .map(({ object, protobuf }) => ({ json: object, protobuf: Buffer.from(protobuf, 'base64') }));
  const more = resource.kind === 'VolumeAttachment' ? [failedInline] : [];
  return [...samples, ...more.map((json) => ({ json, protobuf: Buffer.from(encodeProto(json)) }))];
}

const failedInline: JsonObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'VolumeAttachment',
  metadata: {
    name: 'inline',
    uid: '0b1d8e8e-0000-4000-8000-000000000001',
    resourceVersion: '4711',
    creationTimestamp: '2026-01-02T03:04:05Z',
    deletionTimestamp: '2026-01-02T04:04:05Z',
    finalizers: ['external-attacher/test-csi-example', 'someone.else/holds'],
    annotations: { 'csi.alpha.kubernetes.io/node-id': 'id-n1', other: 'x' },
  },
  spec: {
    attacher: 'test.csi.example',
    nodeName: 'n1',
    source: {
      inlineVolumeSpec: {
        accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
        mountOptions: ['noatime'],
        volumeMode: 'Filesystem',
        csi: {
          driver: 'test.csi.example',
          volumeHandle: 'handle',
          fsType: 'xfs',
          volumeAttributes: { a: 'b' },
          controllerPublishSecretRef: { name: 's', namespace: 'ns' },
        },
      },
    },
  },
  status: {
    attached: true,
    attachmentMetadata: { device: '/dev/x' },
    attachError: { time: '2026-01-02T03:05:05Z', message: 'no', errorCode: 5 },
    detachError: { time: '2026-01-02T03:06:05Z', message: 'busy' },
  },
};

const codeOfStatus: JsonObject = {
  ...{ kind: 'Status', apiVersion: 'v1', metadata: { continue: 'token', resourceVersion: '9' }, status: 'Failure' },
  ...{ message: 'too old', reason: 'Expired', code: 410 },
  details: {
    ...{ name: 'n', group: 'g', kind: 'k', uid: 'u', retryAfterSeconds: 3 },
    causes: [{ reason: 'r', message: 'm', field: 'f' }],
  },
};

/** A Status with everything in it that can be. */
export const statusSample: Sample = { json: codeOfStatus, protobuf: Buffer.from(encodeProto(codeOfStatus)) };
