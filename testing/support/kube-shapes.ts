/** What each decoded Kubernetes object must look like, member by member. */

import {
  type CSINode,
  type CsiSource,
  type InTreeSource,
  inTreePlugins,
  type Lease,
  type ObjectMeta,
  type ObjectReference,
  type PersistentVolume,
  type Secret,
  type SecretReference,
  type VolumeAttachment,
  type VolumeError,
  type VolumeSpec,
} from '../../src/kube/api/objects.ts';
import type { Resource } from '../../src/kube/codec/resources.ts';
import type { Status } from '../../src/kube/codec/status.ts';
import { anyOf, type Check, finite, listOf, oneOf, optional, recordOf, shape, text, time, truth } from './declared.ts';

const meta = {
  name: text,
  namespace: optional(text),
  uid: text,
  resourceVersion: text,
  creationMs: time,
  deletionMs: optional(time),
  finalizers: listOf(text),
};

const secretReference = shape<SecretReference>({ name: text, namespace: text });

const csiSource = shape<CsiSource>({
  driver: text,
  volumeHandle: text,
  readOnly: truth,
  fsType: text,
  volumeAttributes: recordOf(text),
  controllerPublishSecretRef: optional(secretReference),
});

const volumeSpec = shape<VolumeSpec>({
  accessModes: listOf(text),
  volumeMode: text,
  mountOptions: listOf(text),
  csi: optional(csiSource),
  inTree: optional(
    shape<InTreeSource>({
      plugin: oneOf(inTreePlugins),
      fields: recordOf(anyOf(text, finite, truth, secretReference)),
    }),
  ),
});

const volumeError = shape<VolumeError>({ message: text, timeMs: time, code: optional(finite) });

const objectReference = shape<ObjectReference>({
  kind: text,
  apiVersion: optional(text),
  name: text,
  namespace: optional(text),
  uid: optional(text),
});

const shapes: Readonly<Record<string, Check<never>>> = {
  VolumeAttachment: shape<VolumeAttachment>({
    ...meta,
    annotations: recordOf(text),
    attacher: text,
    nodeName: text,
    persistentVolumeName: optional(text),
    inlineVolumeSpec: optional(volumeSpec),
    attached: truth,
    attachmentMetadata: recordOf(text),
    attachError: optional(volumeError),
    detachError: optional(volumeError),
  }),
  PersistentVolume: shape<PersistentVolume>({
    ...meta,
    annotations: recordOf(text),
    labels: recordOf(text),
    spec: volumeSpec,
    claimRef: optional(objectReference),
  }),
  CSINode: shape<CSINode>({ ...meta, nodeIds: recordOf(text) }),
  Secret: shape<Secret>({ ...meta, data: recordOf(text) }),
  Lease: shape<Lease>({
    ...meta,
    labels: recordOf(text),
    holderIdentity: text,
    leaseDurationSeconds: finite,
    acquireTimeMs: optional(time),
    renewTimeMs: optional(time),
    leaseTransitions: finite,
    sent: shape<Lease['sent']>({ metadata: anything(), spec: anything() }),
  }),
};

/** What the server sent is passed on unread; it only has to be an object. */
function anything(): Check<never> {
  return recordOf(() => undefined);
}

/** What is wrong with an object of that kind, or undefined. */
export function misshapen<T extends ObjectMeta>(resource: Resource<T>, object: T): string | undefined {
  return shapes[resource.kind]?.(object as never);
}

export const statusShape = shape<Status>({
  message: text,
  reason: text,
  code: finite,
  retryAfterSeconds: finite,
  details: optional(
    shape<NonNullable<Status['details']>>({
      name: text,
      group: text,
      kind: text,
      uid: text,
      causes: listOf(shape({ reason: text, message: text, field: text })),
    }),
  ),
});
